package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.kv.RowKind;
import io.somekv.kv.ShardStatus;
import io.somekv.kv.ShardView;
import io.somekv.kv.StoreView;
import io.somekv.kv.duplicates.Executed;
import io.somekv.kv.duplicates.MovedRecord;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.protocol.command.CopyCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;

/**
 * The rows of one group as of the last entry that any of its replicas has applied: that entry is
 * committed, and so this is the group's state, whatever becomes of the replica.
 */
final class GroupRows {
    /** What one entry made of a group. */
    record Step(
            GroupRows group,
            long index,
            ShardView before,
            ShardView after,
            List<Executed> executed,
            List<WriteBatch.Change> changes) {
        /** Whether records of a shard came from elsewhere with this entry, or may have. */
        boolean takesRecords(int shard) {
            return before.incoming().stream()
                    .anyMatch(move ->
                            move.shard() == shard
                                    && !move.isOwned()
                                    && move.cursor().part() != CopyCursor.Part.END
                                    && mayHaveRecords(shard, move.config()));
        }

        /**
         * Of a copy that is gone nobody can tell: the entry may have dropped it behind a piece.
         * (Its id is its source's own: another shard's, or one from another group, may have the
         * same.)
         */
        private boolean mayHaveRecords(int shard, long config) {
            return after.incoming().stream()
                    .filter(move -> move.shard() == shard && move.config() == config)
                    .allMatch(move ->
                            move.cursor().part() == CopyCursor.Part.OUTCOMES
                                    || move.cursor().part() == CopyCursor.Part.END);
        }
    }

    private final long groupId;
    private final long storeId;
    private final MemoryEngine engine = new MemoryEngine();
    private final StoreView view;
    private long applied;
    private ShardView shards = ShardView.EMPTY;

    GroupRows(long groupId) {
        this.groupId = groupId;
        this.storeId = groupId + 1;
        this.view = new StoreView(engine, storeId);
    }

    long groupId() {
        return groupId;
    }

    ShardView shards() {
        return shards;
    }

    Optional<ShardStatus> shard(int shard) {
        return find(shards, shard);
    }

    static Optional<ShardStatus> find(ShardView view, int shard) {
        return view.states().stream().filter(state -> state.shard() == shard).findFirst();
    }

    long logTime() {
        return view.logTime();
    }

    NavigableMap<Bytes, Bytes> keys(int shard, long generation, long logTime) {
        return view.keys(shard, generation, logTime);
    }

    List<MovedRecord> records(int shard) {
        return view.records(shard);
    }

    /** Takes the changes of the next entry; empty where another replica came first with it. */
    Optional<Step> take(WriteBatch batch) {
        if (batch.appliedIndex() <= applied) {
            return Optional.empty();
        }
        applied = batch.appliedIndex();
        WriteBatch own = new WriteBatch(storeId, applied);
        List<WriteBatch.Change> changes = new ArrayList<>();
        boolean ofShards = false;
        for (WriteBatch.Change change : batch.changes()) {
            ofShards |= add(change, own);
            changes.add(own.changes().getLast());
        }
        engine.apply(own);
        engine.flush();
        ShardView before = shards;
        if (ofShards) {
            shards = view.shards();
        }
        return Optional.of(
                new Step(this, applied, before, shards, view.executed(applied), changes));
    }

    /** Says whether it may be about what the group knows of shards. */
    private boolean add(WriteBatch.Change change, WriteBatch own) {
        return switch (change) {
            case WriteBatch.Change.Put put -> {
                own.put(ours(put.key()), put.value());
                yield isOfShards(put.key());
            }
            case WriteBatch.Change.Delete delete -> {
                own.delete(ours(delete.key()));
                yield isOfShards(delete.key());
            }
            case WriteBatch.Change.DeleteRange range -> {
                own.deleteRange(ours(range.from()), ours(range.to()));
                yield false;
            }
        };
    }

    private static boolean isOfShards(Bytes key) {
        int kind = EngineKey.kind(key);
        return EngineKey.shard(key) == EngineKey.GROUP
                && (kind == RowKind.SHARD || kind == RowKind.OUTGOING || kind == RowKind.INCOMING);
    }

    private Bytes ours(Bytes key) {
        return EngineKey.inStore(storeId, EngineKey.withoutStore(key));
    }

    /** Whether a change drops all rows of a generation. */
    boolean drops(WriteBatch.Change change, int shard, long generation) {
        Bytes first = EngineKey.firstOfGeneration(storeId, shard, generation);
        return change instanceof WriteBatch.Change.DeleteRange range
                && range.from().compareTo(first) <= 0
                && range.to().compareTo(first) > 0;
    }
}
