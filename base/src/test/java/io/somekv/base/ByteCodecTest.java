package io.somekv.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteCodecTest {
    @Test
    void everyNumberComesBackAsItWas() {
        Random random = new Random(1);
        for (int round = 0; round < 10_000; round++) {
            long value = random.nextLong() >> random.nextInt(64);
            ByteReader reader =
                    new ByteWriter()
                            .varLong(value)
                            .signedVarLong(value)
                            .i64(value)
                            .i32((int) value)
                            .toBytes()
                            .reader();
            assertEquals(value, reader.varLong());
            assertEquals(value, reader.signedVarLong());
            assertEquals(value, reader.i64());
            assertEquals((int) value, reader.i32());
            reader.end();
        }
    }

    @Test
    void bytesThatEndEarlyAreMalformed() {
        Bytes whole = new ByteWriter().bytes(Bytes.utf8("hello")).i64(7).toBytes();
        for (int size = 0; size < whole.size(); size++) {
            ByteReader reader = whole.slice(0, size).reader();
            assertThrows(
                    MalformedException.class,
                    () -> {
                        reader.bytes(100);
                        reader.i64();
                    });
        }
    }

    @Test
    void aLengthPastItsLimitIsRefusedBeforeItIsAllocated() {
        ByteReader reader = new ByteWriter().varLong(Long.MAX_VALUE).toBytes().reader();
        assertThrows(MalformedException.class, () -> reader.bytes(1 << 20));
        ByteReader eleven =
                Bytes.wrap(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}).reader();
        assertThrows(MalformedException.class, eleven::varLong);
    }

    @Test
    void bytesCompareByContentAndUnsigned() {
        Bytes shared = Bytes.utf8("xabcx").slice(1, 3);
        assertEquals(Bytes.utf8("abc"), shared);
        assertEquals(Bytes.utf8("abc").hashCode(), shared.hashCode());
        assertEquals(1, Integer.signum(Bytes.wrap(new byte[] {-1}).compareTo(Bytes.utf8("a"))));
        assertEquals(Bytes.utf8("abcabc"), shared.concat(shared));
        assertEquals(new Hash64().add(shared).value(), new Hash64().add(Bytes.utf8("abc")).value());
    }
}
