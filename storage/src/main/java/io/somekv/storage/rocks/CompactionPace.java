package io.somekv.storage.rocks;

import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RateLimiter;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * How fast RocksDB writes its buffers out and compacts. Left alone it does so in bursts, each of
 * which takes a core and the disk for up to a second, and whoever asks meanwhile waits. So it is
 * held to an even pace for as long as it keeps up; once it falls behind it has all there is, long
 * before writes would have to wait for it.
 */
final class CompactionPace implements AutoCloseable {
    /** What a shard that moves among clients brings takes two thirds of it. */
    static final long EVEN_BYTES_PER_SECOND = 24L << 20;

    /** More than a disk gives. */
    static final long FREE_BYTES_PER_SECOND = 16L << 30;

    private static final long REFILL_MICROS = 10_000;

    /**
     * What is written at once. The pace holds whoever writes: to sort, and build, a slice takes a
     * core for a millisecond; the 1 MiB that RocksDB collects by itself took ten.
     */
    static final long SLICE_BYTES = 128 << 10;

    /** One in so many times a compaction comes before a buffer that is written out. */
    private static final int FAIRNESS = 10;

    /** Looked at after so much was written: far less than a buffer holds. */
    private static final long LOOK_BYTES = 1 << 20;

    /**
     * Of three buffers. One that waits to be written out, and the next half filled, is what a flush
     * at an even pace comes to; beyond that writes come faster.
     */
    private static final double FILLED_BUFFERS_MAX = 1.75;

    /** Twice what begins a compaction; writes are slowed down from 20 on. */
    private static final int LEVEL_0_FILES_MAX = 8;

    /** What begins a compaction: with no more it has caught up. */
    private static final int LEVEL_0_FILES_CAUGHT_UP = 4;

    private final long filledBytesMax;
    private final RateLimiter limiter =
            new RateLimiter(EVEN_BYTES_PER_SECOND, REFILL_MICROS, FAIRNESS);
    private final AtomicLong unseenBytes = new AtomicLong();
    private volatile boolean isEven = true;

    /**
     * @param writeBufferSize of one of the three buffers that take writes, in bytes
     */
    CompactionPace(long writeBufferSize) {
        filledBytesMax = (long) (FILLED_BUFFERS_MAX * writeBufferSize);
    }

    RateLimiter limiter() {
        return limiter;
    }

    boolean isEven() {
        return isEven;
    }

    /** So many bytes more were written into the buffers. */
    void wrote(RocksDB database, long bytes) throws RocksDBException {
        if (unseenBytes.addAndGet(bytes) >= LOOK_BYTES) {
            unseenBytes.set(0);
            look(
                    database.getLongProperty("rocksdb.cur-size-all-mem-tables"),
                    Integer.parseInt(database.getProperty("rocksdb.num-files-at-level0")));
        }
    }

    synchronized void look(long filledBytes, int level0Files) {
        int filesMax = isEven ? LEVEL_0_FILES_MAX - 1 : LEVEL_0_FILES_CAUGHT_UP;
        set(filledBytes <= filledBytesMax && level0Files <= filesMax);
    }

    /** Somebody waits for the buffers to be written out: no pace until it is looked at next. */
    synchronized void hurry() {
        set(false);
    }

    private void set(boolean even) {
        if (even != isEven) {
            isEven = even;
            limiter.setBytesPerSecond(even ? EVEN_BYTES_PER_SECOND : FREE_BYTES_PER_SECOND);
        }
    }

    @Override
    public void close() {
        limiter.close();
    }
}
