package io.somekv.protocol.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.RandomRecords;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Commands, outcomes and batches: what goes in comes out, and nothing else does harm. */
class CommandCodecTest {
    @Test
    void everyCommandComesBackAsItWas() {
        RandomRecords records = new RandomRecords(1);
        for (Class<?> type : RandomRecords.recordsOf(Command.class)) {
            for (int round = 0; round < 50; round++) {
                Command command = (Command) records.any(type);
                ByteWriter out = new ByteWriter();
                CommandCodec.write(out, command);
                ByteReader in = out.toBytes().reader();
                assertEquals(command, CommandCodec.read(in));
                in.end();
            }
        }
    }

    @Test
    void everyOutcomeComesBackAsItWas() {
        RandomRecords records = new RandomRecords(2);
        for (Class<?> type : RandomRecords.recordsOf(Outcome.class)) {
            for (int round = 0; round < 50; round++) {
                Outcome outcome = (Outcome) records.any(type);
                ByteWriter out = new ByteWriter();
                OutcomeCodec.write(out, outcome);
                ByteReader in = out.toBytes().reader();
                assertEquals(outcome, OutcomeCodec.read(in));
                in.end();
            }
        }
    }

    @Test
    void aBatchKeepsItsRequestsAndTheirOrder() {
        RandomRecords records = new RandomRecords(3);
        for (int size = 0; size < 100; size++) {
            List<Request> requests = batch(records, size);
            assertEquals(requests, BatchCodec.decode(BatchCodec.encode(requests)));
        }
    }

    @Test
    void anotherVersionIsRefusedBeforeAnythingElseIsRead() {
        byte[] batch = BatchCodec.encode(batch(new RandomRecords(4), 3)).toArray();
        batch[0]++;
        MalformedException refusal =
                assertThrows(MalformedException.class, () -> BatchCodec.decode(Bytes.wrap(batch)));
        assertEquals("a batch of version 2; this program reads 1", refusal.getMessage());
    }

    @Test
    void aBatchThatEndsEarlyIsMalformed() {
        Bytes whole = BatchCodec.encode(batch(new RandomRecords(5), 3));
        for (int size = 0; size < whole.size(); size++) {
            Bytes cut = whole.slice(0, size);
            assertThrows(MalformedException.class, () -> BatchCodec.decode(cut));
        }
    }

    @Test
    void randomAndMutatedBytesAreReadOrRefusedAndNothingElse() {
        Random random = new Random(6);
        RandomRecords records = new RandomRecords(6);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes;
            if (random.nextBoolean()) {
                bytes = new byte[random.nextInt(64)];
                random.nextBytes(bytes);
                if (bytes.length > 0) {
                    bytes[0] = BatchCodec.VERSION;
                }
            } else {
                bytes = BatchCodec.encode(batch(records, 1 + random.nextInt(3))).toArray();
                for (int hits = 1 + random.nextInt(4); hits > 0; hits--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            try {
                BatchCodec.encode(BatchCodec.decode(Bytes.wrap(bytes)));
            } catch (MalformedException expected) {
                // Refused, as it may be.
            }
        }
    }

    private static List<Request> batch(RandomRecords records, int size) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            requests.add(records.any(Request.class));
        }
        return requests;
    }
}
