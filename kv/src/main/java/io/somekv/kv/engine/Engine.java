package io.somekv.kv.engine;

import io.somekv.base.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * The ordered rows of all groups of a node. There is no log of its own behind it: the Raft log is
 * the log. What was applied and not flushed is lost in a crash, together and in order: after it,
 * the engine holds exactly some prefix of the batches it was given, and {@link #applied} says which
 * for each store.
 *
 * <p>Used by the thread of the lanes; {@link #flush}, {@link #unflushedBytes}, {@link #drop},
 * {@link Staging}s and {@link Pin}s may be used by another one, and what reads as well, of a store
 * that no lane uses yet.
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

    /** What a flush now would write to the disk, roughly; rather too much than too little. */
    long unflushedBytes();

    /** What the rows with {@code from <= key < to} take, in bytes, roughly. */
    long roughSize(Bytes from, Bytes to);

    /** Ids of the stores that have rows, ascending. */
    List<Long> stores();

    /**
     * Removes all rows of a store that nothing refers to any more. After a crash they may be there
     * again. May be repeated, and may be called by another thread.
     */
    void drop(long storeId);

    /**
     * Begins to fill a store that never had a row. Nothing of it is to be seen before {@link
     * Staging#finish}; a crash before that leaves nothing, or rows of a store that nothing refers
     * to. For another thread, too.
     */
    Staging stage(long storeId);

    /** A view of this moment that later writes do not change. */
    Pin pin();

    @Override
    void close();

    /** {@link Engine#scan} or {@link Pin#scan}. */
    interface RowScan {
        void scan(Bytes from, Bytes to, RowVisitor visitor);
    }

    /** Gets rows one by one. */
    interface RowVisitor {
        /** Takes a row; false to stop. */
        boolean visit(Bytes key, Bytes value);
    }

    /** See {@link Engine#stage}; holds resources until it is finished or abandoned. */
    interface Staging {
        /** Takes a row; they come in the order of their keys. */
        void add(Bytes key, Bytes value);

        /** The rows are all there: they, and the applied index, survive a crash from now on. */
        void finish(long appliedIndex);

        void abandon();
    }

    /** See {@link Engine#pin}; holds resources until closed. */
    interface Pin extends AutoCloseable {
        Optional<Bytes> get(Bytes key);

        void scan(Bytes from, Bytes to, RowVisitor visitor);

        @Override
        void close();
    }
}
