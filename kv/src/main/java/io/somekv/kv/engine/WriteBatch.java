package io.somekv.kv.engine;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Row changes of one store that become visible, and durable, together with the applied index. The
 * order counts: a later change of a row wins over an earlier one.
 */
public final class WriteBatch {
    /** One change. */
    public sealed interface Change {
        record Put(Bytes key, Bytes value) implements Change {}

        record Delete(Bytes key) implements Change {}

        /** Drops the rows with {@code from <= key < to}. */
        record DeleteRange(Bytes from, Bytes to) implements Change {}
    }

    private final long storeId;
    private final long appliedIndex;
    private final List<Change> changes = new ArrayList<>();

    /**
     * @param appliedIndex of the last entry whose effects the batch holds
     */
    public WriteBatch(long storeId, long appliedIndex) {
        this.storeId = storeId;
        this.appliedIndex = appliedIndex;
    }

    public WriteBatch put(Bytes key, Bytes value) {
        changes.add(new Change.Put(key, value));
        return this;
    }

    public WriteBatch delete(Bytes key) {
        changes.add(new Change.Delete(key));
        return this;
    }

    public WriteBatch deleteRange(Bytes from, Bytes to) {
        changes.add(new Change.DeleteRange(from, to));
        return this;
    }

    public long storeId() {
        return storeId;
    }

    public long appliedIndex() {
        return appliedIndex;
    }

    public List<Change> changes() {
        return Collections.unmodifiableList(changes);
    }
}
