package io.somekv.storage.rocks;

import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RateLimiter;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * How fast RocksDB writes its buffers out and compacts. Left alone it does so in bursts, each of
 * which takes a core and the disk for up to a second, and whoever asks meanwhile waits. So what it
 * writes is held to an even pace for as long as it keeps up; once it falls behind it has all there
 * is, long before writes would have to wait for it. What it only reads, and drops, is not held, nor
 * are the files of {@link RocksStaging}.
 */
final class CompactionPace implements AutoCloseable {
    /** A shard that is copied among clients brings a third of it, compactions counted in. */
    static final long EVEN_BYTES_PER_SECOND = 24L << 20;

    /**
     * More than two threads write. No higher: what one refill gives is used up first, however low
     * the limit is by then.
     */
    static final long FREE_BYTES_PER_SECOND = 1L << 30;

    /** Gives room for a slice and a half: what a refill gives is used up without a rest. */
    private static final long REFILL_MICROS = 2_000;

    /**
     * What is written at once. The pace holds whoever writes: to sort, and build, a slice takes a
     * core for a third of a millisecond; the 1 MiB that RocksDB collects by itself took ten.
     */
    static final long SLICE_BYTES = 32 << 10;

    /** One in so many times a compaction comes before a buffer that is written out. */
    private static final int FAIRNESS = 10;

    /** Looked at after so much was written: far less than a buffer holds. */
    private static final long LOOK_BYTES = 1 << 20;

    /**
     * Of three buffers: while one is written out evenly, a shard that is copied does not fill this
     * much of the next. Where values are so large that few fill a buffer, the pace is free at once.
     */
    private static final double FILLED_BUFFERS_MAX = 1.75;

    /** Twice what begins a compaction; writes are slowed down from 20 on. */
    private static final int LEVEL_0_FILES_BEHIND = 8;

    /** What begins a compaction: with no more it has caught up. */
    private static final int LEVEL_0_FILES_CAUGHT_UP = 4;

    /** What is to be compacted below level 0; writes are slowed down from 64 GiB on. */
    private static final long DEBT_BYTES_MAX = 4L << 30;

    private final long filledBytesMax;
    private final RateLimiter limiter =
            new RateLimiter(EVEN_BYTES_PER_SECOND, REFILL_MICROS, FAIRNESS);
    private final AtomicLong unseenBytes = new AtomicLong();
    private boolean keepsUp = true;
    private int waiting;

    /** Somebody who waits for buffers to be written out: until it is closed, there is no pace. */
    interface Hurry extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * @param writeBufferSize of one of the three buffers that take writes, in bytes
     */
    CompactionPace(long writeBufferSize) {
        filledBytesMax = (long) (FILLED_BUFFERS_MAX * writeBufferSize);
    }

    RateLimiter limiter() {
        return limiter;
    }

    synchronized boolean isEven() {
        return keepsUp && waiting == 0;
    }

    /** So many bytes more were written into the buffers. */
    void wrote(RocksDB database, long bytes) throws RocksDBException {
        if (unseenBytes.addAndGet(bytes) >= LOOK_BYTES) {
            // What others count just now is lost to it: a look comes a little later.
            unseenBytes.set(0);
            look(
                    database.getLongProperty("rocksdb.cur-size-all-mem-tables"),
                    Integer.parseInt(database.getProperty("rocksdb.num-files-at-level0")),
                    database.getLongProperty("rocksdb.estimate-pending-compaction-bytes"));
        }
    }

    synchronized void look(long filledBytes, int level0Files, long debtBytes) {
        boolean isFew =
                keepsUp
                        ? level0Files < LEVEL_0_FILES_BEHIND
                        : level0Files <= LEVEL_0_FILES_CAUGHT_UP;
        keepsUp = isFew && filledBytes <= filledBytesMax && debtBytes <= DEBT_BYTES_MAX;
        limit();
    }

    synchronized Hurry hurry() {
        waiting++;
        limit();
        return this::endHurry;
    }

    private synchronized void endHurry() {
        waiting--;
        limit();
    }

    private void limit() {
        limiter.setBytesPerSecond(isEven() ? EVEN_BYTES_PER_SECOND : FREE_BYTES_PER_SECOND);
    }

    @Override
    public void close() {
        limiter.close();
    }
}
