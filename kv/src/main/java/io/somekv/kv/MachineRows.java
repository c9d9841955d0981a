package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import java.util.Set;

/**
 * What every state machine keeps beside its own rows: how far it has applied, the log time there,
 * and the duplicate table. Frames the applying of an entry: {@link #begin}, the commands, {@link
 * #finish}.
 */
public final class MachineRows {
    private final Engine engine;
    private final long storeId;
    private final Bytes logTimeKey;
    private final DuplicateTable duplicates;
    private long appliedIndex;
    private long appliedLogTime;

    public MachineRows(Engine engine, long storeId, Set<Mutation> mutations) {
        this.engine = engine;
        this.storeId = storeId;
        this.logTimeKey = EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.LOG_TIME);
        this.duplicates = new DuplicateTable(engine, storeId, mutations);
        this.appliedIndex = engine.applied(storeId);
        this.appliedLogTime = engine.get(logTimeKey).map(row -> row.reader().i64()).orElse(0L);
    }

    public DuplicateTable duplicates() {
        return duplicates;
    }

    public long appliedIndex() {
        return appliedIndex;
    }

    public long appliedLogTime() {
        return appliedLogTime;
    }

    /** Entries come in order, none twice, and log time never goes back. */
    public EntryWrites begin(AppliedEntry entry) {
        Invariant.check(
                entry.index() == appliedIndex + 1,
                "entries are applied in order",
                entry.index(),
                appliedIndex);
        Invariant.check(
                entry.logTime() >= appliedLogTime,
                "log time does not go back",
                entry.logTime(),
                appliedLogTime);
        EntryWrites writes = new EntryWrites(engine, storeId, entry.index(), entry.logTime());
        writes.put(logTimeKey, new ByteWriter(8).i64(entry.logTime()).toBytes());
        duplicates.begin(writes);
        return writes;
    }

    /** Writes everything, with the applied index, as one. */
    public void finish(EntryWrites writes) {
        duplicates.finish(writes);
        writes.commit();
        appliedIndex = writes.index();
        appliedLogTime = writes.logTime();
    }
}
