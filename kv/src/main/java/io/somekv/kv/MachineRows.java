package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What every state machine keeps beside its own rows: how far it has applied, the log time there,
 * and the duplicate table. Frames the applying of an entry, and the executing of a request that may
 * be a copy of an earlier one.
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

    /**
     * Applies one entry: everything that comes of it is written, with the applied index, as one.
     *
     * @param before what an entry does before its requests
     * @return an outcome for each request, in order
     */
    public List<Outcome> apply(
            AppliedEntry entry,
            Consumer<EntryWrites> before,
            BiFunction<Request, EntryWrites, Outcome> execution) {
        EntryWrites writes = begin(entry);
        before.accept(writes);
        List<Outcome> outcomes = new ArrayList<>(entry.requests().size());
        for (Request request : entry.requests()) {
            outcomes.add(execution.apply(request, writes));
        }
        finish(writes);
        return outcomes;
    }

    /**
     * Executes a request unless it was executed before, or may not be any more; remembers its
     * result. Ownership must be settled: a wrong-group answer consumes no sequence (DESIGN §6).
     */
    public Outcome executeOnce(
            int shard,
            RequestStamp stamp,
            EntryWrites writes,
            DuplicateTable.Limits limits,
            Supplier<Outcome> execution) {
        Optional<Outcome> answered = duplicates.judge(shard, stamp, writes.logTime(), limits);
        if (answered.isPresent()) {
            return answered.get();
        }
        Outcome outcome = execution.get();
        if (outcome instanceof Outcome.Result result) {
            duplicates.record(shard, stamp, writes.logTime(), result);
        }
        return outcome;
    }

    /** Over rows and memory: a table that memory holds otherwise than its rows say shows here. */
    public long digest() {
        return new Hash64().add(StoreDigest.of(engine, storeId)).add(duplicates.digest()).value();
    }

    /** Entries come in order, none twice, and log time never goes back. */
    private EntryWrites begin(AppliedEntry entry) {
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

    private void finish(EntryWrites writes) {
        duplicates.finish(writes);
        writes.commit();
        appliedIndex = writes.index();
        appliedLogTime = writes.logTime();
    }
}
