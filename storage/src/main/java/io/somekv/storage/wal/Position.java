package io.somekv.storage.wal;

/**
 * Where something stands in the log, as one number that grows along it: segment number (32 bits) ‖
 * byte offset in the segment (32 bits). 0 stands for nowhere: segments count from 1.
 */
final class Position {
    static final long NONE = 0;

    private Position() {}

    static long of(long segment, long offset) {
        return segment << 32 | offset;
    }

    static long segment(long position) {
        return position >>> 32;
    }

    static int offset(long position) {
        return (int) position;
    }
}
