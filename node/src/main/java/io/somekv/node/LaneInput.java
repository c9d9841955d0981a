package io.somekv.node;

import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.StoreReader;
import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.protocol.caretaker.Steering;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Entry;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Message;
import io.somekv.raft.PersistMark;
import io.somekv.raft.Ready;
import java.util.List;
import java.util.Optional;

/** Everything that can happen to a lane. The rim queues these and hands them over in batches. */
public sealed interface LaneInput {
    /** Time went on. Wanted every few milliseconds, whatever else happens. */
    record Tick() implements LaneInput {}

    /**
     * A door of this node asks for a client; answered by a {@link LaneEffect.Answer} with this
     * token. A write without a stamp gets one of the lane's own, so that the lane may send it
     * again.
     *
     * @param token chosen by the rim, unique among what this lane has not yet answered
     */
    record Ask(long token, Wish wish) implements LaneInput {}

    /**
     * A frame from another node, whose handshake has shown who it is. All frames of one connection
     * go to the same lane.
     *
     * @param incarnation which life of that node sent it: the one of the handshake
     */
    record FromPeer(long nodeId, long incarnation, Frame frame) implements LaneInput {}

    /** The connection to a node is up, or gone: what was sent may be lost, what is awaited too. */
    record PeerUp(long nodeId, boolean up) implements LaneInput {}

    /**
     * A {@link LaneEffect.Append} is durable; appends complete in the order they were handed out.
     */
    record Appended(List<GroupMark> marks) implements LaneInput {
        public Appended {
            marks = List.copyOf(marks);
        }
    }

    /** Answer to a {@link LaneEffect.FetchEntries}. */
    record Fetched(long groupId, Ready.Fetch fetch, List<Entry> entries) implements LaneInput {
        public Fetched {
            entries = List.copyOf(entries);
        }
    }

    /** Answer to a {@link LaneEffect.ReadSnapshot}. */
    record SnapshotRead(
            long groupId, long replicaId, Engine.Pin pin, long part, StoreReader.Piece piece)
            implements LaneInput {}

    /**
     * Answer to a {@link LaneEffect.StageRows}.
     *
     * @param machine on the rows, once all are there
     */
    record RowsStaged(long groupId, long storeId, Optional<StateMachine> machine)
            implements LaneInput {}

    /**
     * The engine has flushed: logs may be dropped up to what survives a crash.
     *
     * @param isPressing the log takes too much room: also what slow followers still lack
     */
    record Flushed(boolean isPressing) implements LaneInput {}

    /** Answer to {@link LaneEffect.WantsTurn}: apply a bounded run of committed entries. */
    record ApplyTurn() implements LaneInput {}

    /**
     * Create a replica of a group on this node ("node join" of the group's Raft cluster). Answered
     * like an {@link Ask}: Ok, also where it exists already with that membership, or Invalid with
     * the reason.
     */
    record CreateReplica(long token, long groupId, long replicaId, Membership membership)
            implements LaneInput {}

    /**
     * Have another node lead a group that this lane leads. Answered like an {@link Ask}: Ok once
     * that has begun (who leads in the end shows in the status), NotLeader, or Invalid with the
     * reason.
     *
     * @param toNode 0 for the one that has most of the log
     */
    record TransferLeadership(long token, long groupId, long toNode) implements LaneInput {}

    /**
     * Have a member join or leave a group that this lane leads. Answered like an {@link Ask}: Ok
     * once that is committed (who joins then still has to get the log before it votes), NotLeader,
     * Invalid with the reason, or Unknown where the leader changed meanwhile.
     */
    record ChangeMembers(long token, long groupId, MembershipChange change) implements LaneInput {}

    /** How the node's disk stands; to be told again and again. */
    record Disk(DiskRoom room) implements LaneInput {}

    /** The node is about to stop: others are to lead what this lane leads, where they can. */
    record LeaveLeadership() implements LaneInput {}

    /** From another lane of this node. */
    record FromLane(int lane, Note note) implements LaneInput {}

    /** The rim knows a cluster map that this lane may not: of a cluster just started or joined. */
    record Learned(ClusterMap map) implements LaneInput {}

    /** What lanes of one node tell each other. */
    sealed interface Note {
        /** Serve this for me, if your replica may; answered by {@link Served}. */
        record Serve(long token, long groupId, Request request, ReadMode mode) implements Note {}

        record Served(long token, Outcome outcome, long logTime) implements Note {}

        /** Consensus messages that arrived at a lane which does not host their group. */
        record Deliver(long fromNode, long groupId, Message message) implements Note {}

        /** A lane of another node lives. */
        record Pulsed(long node, long incarnation, Frame.Pulse pulse) implements Note {}

        /**
         * My replica of that group follows another leader now.
         *
         * @param leaderNode 0 when it knows none, -1 when I have no replica any more
         */
        record Led(long groupId, long leaderNode) implements Note {}

        /** What a lane of some node does, for the lane that hosts the shard master. */
        record Loaded(long fromNode, LoadReport report) implements Note {}

        /** For a group of the other lane. */
        record Steered(long groupId, Steering steering) implements Note {}

        /** A newer cluster map. */
        record NewerMap(ClusterMap map) implements Note {}
    }

    /**
     * One group's part of a {@link LaneEffect.Append}.
     *
     * @param replicaId whose it was: another replica of the group may be here by now
     */
    record GroupMark(long groupId, long replicaId, PersistMark mark) {}
}
