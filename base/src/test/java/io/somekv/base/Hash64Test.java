package io.somekv.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class Hash64Test {
    /** As the hash is defined: words of eight bytes, the rest as a word, the length. */
    private static long byteByByte(Bytes bytes) {
        Hash64 hash = new Hash64();
        long word = 0;
        for (int i = 0; i < bytes.size(); i++) {
            word = word << 8 | (bytes.at(i) & 0xff);
            if (i % 8 == 7) {
                hash.add(word);
                word = 0;
            }
        }
        return hash.add(word).add(bytes.size()).value();
    }

    @Test
    void bytesAreHashedByWordsWhereverTheyLie() {
        byte[] array = new byte[100];
        new Random(1).nextBytes(array);
        Bytes all = Bytes.wrap(array);
        for (int from = 0; from < 9; from++) {
            for (int size = 0; size <= 40; size++) {
                Bytes bytes = all.slice(from, size);
                assertEquals(byteByByte(bytes), new Hash64().add(bytes).value());
            }
        }
    }

    @Test
    void eachByteCounts() {
        byte[] array = new byte[27];
        long before = new Hash64().add(Bytes.wrap(array)).value();
        for (int i = 0; i < array.length; i++) {
            byte[] other = array.clone();
            other[i] = 1;
            assertNotEquals(before, new Hash64().add(Bytes.wrap(other)).value());
        }
    }
}
