package io.somekv.server.cli;

import io.somekv.server.control.ControlException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a write takes: a key, and a value from the command line, a file or the standard input. */
final class KeyAndValue {
    /** In place of the name of a file: the standard input or output. */
    static final String STANDARD = "-";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "The value, or what to add to it. It may begin with a dash.")
    private @Nullable String value;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description =
                    "Take the value from a file, byte for byte; from the standard input for '-'.")
    private @Nullable String file;

    byte[] key() {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    byte[] value() throws IOException {
        String text = value;
        String name = file;
        if ((text == null) == (name == null)) {
            throw new ParameterException(
                    spec.commandLine(),
                    text == null
                            ? "a value is missing: name it after the key, or a file with --file"
                            : "either a VALUE or a --file, not both");
        }
        if (text != null) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        return name == null || name.equals(STANDARD) ? System.in.readAllBytes() : read(name);
    }

    private static byte[] read(String name) throws IOException {
        try {
            return Files.readAllBytes(Path.of(name));
        } catch (NoSuchFileException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "there is no file '" + name + "'");
        }
    }
}
