package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.StoreReader;
import io.somekv.node.log.GroupRecord;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Ready;
import io.somekv.raft.StepDownCause;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Everything that a lane wants done. Effects may be carried out as soon as they are handed out, in
 * any order but for {@link Append}s, which keep theirs: whatever must wait for the disk is held
 * back inside.
 */
public sealed interface LaneEffect {
    /** Write the records to the shared log as one batch, sync, then answer with the marks. */
    record Append(List<GroupRecord> records, List<LaneInput.GroupMark> marks)
            implements LaneEffect {
        public Append {
            records = List.copyOf(records);
            marks = List.copyOf(marks);
        }
    }

    /** Send to a node, or drop it where there is no connection. */
    record Send(long nodeId, Frame frame) implements LaneEffect {}

    /**
     * To whoever asked with this token.
     *
     * @param logTime of the group that answered; 0 when no leader was reached
     */
    record Answer(long token, Outcome outcome, long logTime) implements LaneEffect {}

    record ToLane(int lane, LaneInput.Note note) implements LaneEffect {}

    /** Read entries back from the shared log; answered by {@link LaneInput.Fetched}. */
    record FetchEntries(long groupId, Ready.Fetch fetch) implements LaneEffect {}

    /**
     * There is something to apply or to scan: give the lane an {@link LaneInput.ApplyTurn} soon.
     */
    record WantsTurn() implements LaneEffect {}

    /**
     * A replica of this lane begins to lead its group, or has ceased to: for the operator's eyes.
     *
     * @param term in which it leads; after a leadership, the newest term it knows
     * @param ended why it leads no more; empty where it begins to
     */
    record LeadershipChanged(long groupId, long term, Optional<StepDownCause> ended)
            implements LaneEffect {}

    /** A replica goes on from a snapshot, as of this index: for the operator's eyes. */
    record SnapshotInstalled(long groupId, long index) implements LaneEffect {}

    /**
     * What came of a shard is not what its source has of it, as the rows of this replica, which
     * leads its group, have it: for the operator's eyes.
     */
    record ShardDiffers(long groupId, int shard, long sourceGroup) implements LaneEffect {}

    /**
     * A shard that is copied stays where it is for now, since log time of the group that is to have
     * it is so many milliseconds behind: for the operator's eyes.
     */
    record ShardAwaitsTime(long groupId, int shard, long sourceGroup, long behindMillis)
            implements LaneEffect {}

    /** A replica was removed from its group: for the operator's eyes. */
    record ReplicaRemoved(long groupId, long replicaId) implements LaneEffect {}

    /**
     * Read a piece of a snapshot, on a thread that has time; answered by {@link
     * LaneInput.SnapshotRead} in any case: the pin waits for it.
     */
    record ReadSnapshot(
            long groupId,
            long replicaId,
            Engine.Pin pin,
            long storeId,
            StoreReader.Cursor from,
            long part)
            implements LaneEffect {
        public StoreReader.Piece piece() {
            return StoreReader.read(pin, storeId, from, SnapshotBudget.PIECE_SIZE_MAX);
        }
    }

    /**
     * Keep a piece of a snapshot, in the order of these effects and on a thread that has time;
     * answered by {@link LaneInput.RowsStaged}.
     *
     * @param end with the last piece: the whole is to be finished
     */
    record StageRows(
            long groupId, Engine.Staging staging, long storeId, Bytes rows, Optional<End> end)
            implements LaneEffect {
        /**
         * @param appliedIndex of the whole
         * @param machine reads back what it needs in memory, which takes its time
         */
        record End(long appliedIndex, Supplier<StateMachine> machine) {}

        /** Returns the answer. */
        public LaneInput.RowsStaged carryOut() {
            StoreReader.add(rows, storeId, staging);
            return new LaneInput.RowsStaged(groupId, storeId, end.map(this::finish));
        }

        private StateMachine finish(End last) {
            staging.finish(last.appliedIndex);
            return last.machine.get();
        }
    }

    /** Nobody wants what was staged any more; behind all {@link StageRows} before. */
    record AbandonStaging(Engine.Staging staging, long storeId) implements LaneEffect {}

    /** Nothing refers to this store any more, durably: drop its rows. */
    record DropStore(long storeId) implements LaneEffect {}

    /** A newer map: keep it for the next start, know the nodes' addresses from it. */
    record MapChanged(ClusterMap map) implements LaneEffect {}
}
