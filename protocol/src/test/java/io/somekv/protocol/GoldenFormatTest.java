package io.somekv.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CommandCodec;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.OutcomeCodec;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/**
 * The bytes of one sample of every record, as they were when the format was fixed: a change that
 * reads what it writes, but not what is on disks already, fails here. {@code -Dcases.rewrite=true}
 * rewrites the file; a changed line then means a new version, an added one does not.
 */
class GoldenFormatTest {
    private static final Path FILE = Path.of("src/test/resources/cases/formats.txt");

    @Test
    void theFormatIsAsItWas() throws IOException {
        StringBuilder text =
                new StringBuilder("# One sample of every record, drawn by its name.\n");
        for (Class<?> type : RandomRecords.recordsOf(Command.class)) {
            ByteWriter out = new ByteWriter();
            CommandCodec.write(out, (Command) sample(type));
            line(text, "command", type, out.toBytes());
        }
        for (Class<?> type : RandomRecords.recordsOf(Outcome.class)) {
            ByteWriter out = new ByteWriter();
            OutcomeCodec.write(out, (Outcome) sample(type));
            line(text, "outcome", type, out.toBytes());
        }
        for (Class<?> type : RandomRecords.recordsOf(Frame.class)) {
            line(text, "frame", type, FrameCodec.encode((Frame) sample(type)));
        }
        text.append("# Constants, by position.\n");
        text.append(Arrays.toString(Command.Condition.values())).append('\n');
        text.append(Arrays.toString(Command.Expiry.Kind.values())).append('\n');
        text.append(Arrays.toString(Outcome.Reason.values())).append('\n');
        if (Boolean.getBoolean("cases.rewrite")) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, text);
        }
        assertEquals(Files.readString(FILE), text.toString());
    }

    private static Object sample(Class<?> type) {
        return new RandomRecords(type.getSimpleName().hashCode()).any(type);
    }

    private static void line(StringBuilder text, String kind, Class<?> type, Bytes bytes) {
        text.append(kind).append(' ').append(type.getSimpleName()).append(' ');
        text.append(HexFormat.of().formatHex(bytes.toArray())).append('\n');
    }
}
