package io.somekv.kv.engine;

import io.somekv.base.Bytes;
import java.util.Optional;

/**
 * The ordered rows of all groups of a node. There is no log of its own behind it: the Raft log is
 * the log. What was applied and not flushed is lost in a crash, together and in order: after it,
 * the engine holds exactly some prefix of the batches it was given, and {@link #applied} says which
 * for each store.
 *
 * <p>Used by the thread of the lanes; {@link #flush} and {@link Pin}s may be used by another one.
 */
public interface Engine extends AutoCloseable {
    /** Writes all of {@code batch}, and that its store has applied up to its index, as one. */
    void apply(WriteBatch batch);

    Optional<Bytes> get(Bytes key);

    /** Walks the rows with {@code from <= key < to} in order until {@code visitor} has enough. */
    void scan(Bytes from, Bytes to, RowVisitor visitor);

    /**
     * What the latest state, flushed or not, says a store has applied; 0 for a store never written.
     */
    long applied(long storeId);

    /** What would still be there after a crash now: the Raft log may be dropped up to here. */
    long flushedApplied(long storeId);

    /** Makes everything applied so far survive a crash. */
    void flush();

    /** A view of this moment that later writes do not change. */
    Pin pin();

    @Override
    void close();

    /** Gets rows one by one. */
    interface RowVisitor {
        /** Takes a row; false to stop. */
        boolean visit(Bytes key, Bytes value);
    }

    /** See {@link Engine#pin}; holds resources until closed. */
    interface Pin extends AutoCloseable {
        Optional<Bytes> get(Bytes key);

        void scan(Bytes from, Bytes to, RowVisitor visitor);

        @Override
        void close();
    }
}
