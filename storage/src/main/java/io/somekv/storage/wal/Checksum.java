package io.somekv.storage.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC32C (Castagnoli), which processors compute at memory speed. */
final class Checksum {
    private Checksum() {}

    static int of(byte[] bytes, int offset, int size) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, size);
        return (int) crc.getValue();
    }

    static int of(ByteBuffer written, int offset, int size) {
        return of(written.array(), written.arrayOffset() + offset, size);
    }

    /** Whether all bytes of a range are zero, as padding is. */
    static boolean isZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
