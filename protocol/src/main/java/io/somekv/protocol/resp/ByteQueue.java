package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Bytes that arrived and were not yet read. It grows by what has arrived, never by what a length
 * announces, and gives a large array back once it is empty.
 */
final class ByteQueue {
    private static final int KEPT_SIZE_MAX = 64 << 10;

    private byte[] array = new byte[1024];
    private int start;
    private int end;

    /** From where {@link #findLine} goes on, so that a line coming in pieces is scanned once. */
    private int scanned;

    int size() {
        return end - start;
    }

    void add(ByteBuffer chunk) {
        int more = chunk.remaining();
        if (more > array.length - end) {
            makeRoom(more);
        }
        chunk.get(array, end, more);
        end += more;
    }

    byte at(int index) {
        return array[start + index];
    }

    /** How many bytes the first line has before its LF; -1 if none has come. */
    int findLine() {
        for (int i = Math.max(start, scanned); i < end; i++) {
            if (array[i] == '\n') {
                scanned = i;
                return i - start;
            }
        }
        scanned = end;
        return -1;
    }

    /** A copy of {@code size} bytes, {@code from} bytes behind the front. */
    Bytes copy(int from, int size) {
        return Bytes.wrap(Arrays.copyOfRange(array, start + from, start + from + size));
    }

    void skip(int size) {
        start += size;
        if (start == end) {
            start = 0;
            end = 0;
            scanned = 0;
            if (array.length > KEPT_SIZE_MAX) {
                array = new byte[1024];
            }
        }
    }

    private void makeRoom(int more) {
        int size = size();
        byte[] target =
                size + (long) more <= array.length / 2
                        ? array
                        : new byte[(int) Math.max(size + (long) more, array.length * 2L)];
        System.arraycopy(array, start, target, 0, size);
        array = target;
        scanned = Math.max(0, scanned - start);
        start = 0;
        end = size;
    }
}
