package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.StateMachine;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.BatchCodec;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Entry;
import io.somekv.raft.Input;
import io.somekv.raft.Membership;
import io.somekv.raft.Message;
import io.somekv.raft.Now;
import io.somekv.raft.ProposalResult;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.ReadResult;
import io.somekv.raft.Ready;
import io.somekv.raft.ReplicaStatus;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/**
 * One group on this node: its Raft replica, its state machine, its log on disk, and what brings it
 * to others. Who waits for it is in {@link GroupClients}.
 */
final class GroupHost {
    /** Entries applied in one turn, so that a long backlog does not hold up heartbeats. */
    private static final int TURN_ENTRIES_MAX = 64;

    private final long groupId;
    private final long replicaId;
    private long storeId;
    private final RaftReplica replica;
    private StateMachine machine;
    private final Outbox outbox;
    private final Snapshots snapshots;

    private final MemberNodes nodes;
    private final GroupClients clients;
    private final HandOver handOver;
    private final ArrayDeque<Entry> committed = new ArrayDeque<>();

    /** Persists handed out and not yet durable; the next batch is proposed when there is none. */
    private long persistsInFlight;

    private final OldStores oldStores;

    /** What the engine had kept at the flush before. */
    private long keptBefore;

    private boolean wasLeading;
    private boolean isKnownQuiet;

    /** The replica's next deadline, as of when this last settled: only a step can change it. */
    private long dueNanos;

    /** Told by others to be no member any more. */
    private boolean isToldGone;

    /** Whether it stands in {@link Places}' queue of groups to settle, and of groups to apply. */
    boolean isTouched;

    boolean isInBacklog;

    /** Whom the other lanes were told to be its leader's node. */
    long toldLeaderNode;

    /** Whether it stands among those that {@link Places} has looked at each tick. */
    boolean isRestless;

    GroupHost(
            long groupId,
            long replicaId,
            long storeId,
            RaftReplica replica,
            Nursery nursery,
            Snapshots snapshots) {
        this.groupId = groupId;
        this.replicaId = replicaId;
        this.storeId = storeId;
        this.replica = replica;
        this.outbox = nursery.outbox();
        this.snapshots = snapshots;
        this.oldStores = new OldStores(outbox);
        this.machine = nursery.machine(groupId, storeId);
        this.nodes = new MemberNodes(replica);
        this.dueNanos = replica.nextDeadlineNanos();
        this.clients = new GroupClients(replica, nodes, machine, nursery.rooms());
        this.handOver = new HandOver(replica);
    }

    long groupId() {
        return groupId;
    }

    long replicaId() {
        return replicaId;
    }

    long storeId() {
        return storeId;
    }

    StateMachine machine() {
        return machine;
    }

    Membership membership() {
        return replica.membership();
    }

    ReplicaStatus status(Now now) {
        return replica.status(now);
    }

    boolean leads() {
        return replica.leads();
    }

    /** Node of the leader this replica follows; 0 when it knows none. */
    long leaderNode() {
        return nodes.nodeOf(replica.leaderId());
    }

    /** See {@link RaftReplica#isQuiet}. */
    boolean isQuiet() {
        return replica.isQuiet();
    }

    /** Whether it is quiet, and was not when last asked. */
    boolean hasGoneQuiet() {
        boolean wasQuiet = isKnownQuiet;
        isKnownQuiet = isQuiet();
        return isKnownQuiet && !wasQuiet;
    }

    /** Whether a tick at {@code now} would do anything. */
    boolean isDue(Now now) {
        return now.nanos() - dueNanos >= 0;
    }

    /** Whether nothing here goes by time but the replica's next deadline, which is far. */
    boolean isAtRest() {
        return isQuiet() && snapshots.sender.isIdle() && snapshots.receiver.isIdle();
    }

    void step(Now now, Input input) {
        if (input instanceof Input.Persisted persisted) {
            persistsInFlight--;
            oldStores.onDurable(persisted.mark().number());
        }
        replica.step(now, input);
    }

    /**
     * Takes a message from another node, if that node hosts the replica that it claims to be from.
     * A replica that was removed is told: else it would ask for votes for ever (KB-7).
     */
    void receive(Now now, long fromNode, Message message) {
        if (message.to() != replicaId) {
            return;
        }
        if (replica.isGone(message.from())) {
            long term = replica.status(now).term();
            outbox.message(
                    fromNode,
                    new Envelope(groupId, new Message.Gone(replicaId, message.from(), term)));
        } else if (nodes.isPlausible(fromNode, message)) {
            isToldGone |= message instanceof Message.Gone;
            if (message instanceof Message.SnapshotAccepted accepted) {
                snapshots.sender.onAccepted(now, accepted);
            }
            replica.step(now, new Input.Received(message));
        }
    }

    /** This replica is no member any more: nothing is to be expected of it. */
    boolean isRemoved() {
        return isToldGone || replica.isGone(replicaId);
    }

    // ---- snapshots, and what they make superfluous

    /** Both ways. */
    record Snapshots(SnapshotSender sender, SnapshotReceiver receiver) {}

    /**
     * Drops the log up to what the engine has kept, but for what somebody still needs; in memory
     * not even that stays, past the next flush: a follower that just keeps up is not to wait for
     * reads from disk after each.
     */
    void compact(Now now, long kept, boolean isPressing) {
        long droppable = isPressing ? kept : replica.compactable(kept);
        long index = Math.min(droppable, snapshots.sender.keptFrom());
        if (index > replica.base().index()) {
            replica.step(now, new Input.Compact(index, machine.appliedLogTime()));
        }
        replica.step(now, new Input.Evict(Math.min(keptBefore, kept)));
        keptBefore = kept;
    }

    /** Returns whether there is anything on its way out. */
    boolean tendSnapshots(Now now) {
        snapshots.receiver.tick(now);
        if (replica.leads()) {
            snapshots.sender.tick(now, storeId, machine.appliedIndex(), machine.appliedLogTime());
        }
        return !snapshots.sender.isIdle();
    }

    void onSnapshotRead(Now now, LaneInput.SnapshotRead read) {
        snapshots.sender.onRead(now, read, nodes.nodeOf(read.replicaId()));
    }

    void onStaged(Now now, LaneInput.RowsStaged staged) {
        long node = nodes.nodeOf(snapshots.receiver.leaderId());
        snapshots
                .receiver
                .onStaged(staged, replica.status(now).term(), node)
                .ifPresent(complete -> install(now, complete));
    }

    /**
     * The state that was put together takes the place of the one at hand, unless that has gone as
     * far meanwhile. The record of it names the new store; the old one goes once that is durable.
     */
    private void install(Now now, SnapshotReceiver.Complete complete) {
        if (!replica.takes(complete.snapshot())) {
            outbox.add(new LaneEffect.DropStore(complete.storeId()));
            return;
        }
        committed.clear();
        oldStores.replaced(storeId);
        storeId = complete.storeId();
        machine = complete.machine();
        clients.use(machine);
        replica.step(now, new Input.Install(complete.snapshot()));
        outbox.add(new LaneEffect.SnapshotInstalled(groupId, complete.snapshot().base().index()));
    }

    /** Who waits for this group here, and how it is asked. */
    GroupClients clients() {
        return clients;
    }

    /** Whether its members are about to be others. */
    boolean isChanging() {
        return replica.isChanging();
    }

    /** Index of the entry that brought the membership of now. */
    long membershipIndex() {
        return replica.membershipIndex();
    }

    /** Nobody is to wait for a replica that was removed. */
    void abandonAll(Now now) {
        clients.abandon(now);
        committed.clear();
        snapshots.sender.endAll();
        snapshots.receiver.abandon();
    }

    /** Begins to hand the group over to the replica on a node; 0 for the best one. */
    Outcome transfer(Now now, long toNode) {
        return replica.leads()
                ? handOver.begin(now, groupId, toNode)
                : new Outcome.NotLeader(leaderNode());
    }

    boolean isTransferring() {
        return replica.isTransferring();
    }

    /** Nobody waits for anything here. */
    boolean isIdle() {
        return clients.isIdle() && snapshots.sender.isIdle() && snapshots.receiver.isIdle();
    }

    /** Ends a batch of inputs: proposes what gathered, and carries out what the core calls for. */
    void settle(Now now) {
        noticeLeadership(now);
        handOver.maybeBegin(now);
        while (true) {
            clients.propose(now, persistsInFlight == 0);
            Ready ready = replica.ready();
            if (ready.isEmpty()) {
                dueNanos = replica.nextDeadlineNanos();
                return;
            }
            carryOut(now, ready);
        }
    }

    private void noticeLeadership(Now now) {
        boolean leads = replica.leads();
        if (leads == wasLeading) {
            return;
        }
        wasLeading = leads;
        if (leads) {
            handOver.onLeading(now);
        } else {
            clients.abandon(now);
            snapshots.sender.endAll();
        }
        outbox.add(
                new LaneEffect.LeadershipChanged(
                        groupId,
                        replica.status(now).term(),
                        leads ? Optional.empty() : replica.stepDownCause()));
    }

    private void carryOut(Now now, Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist != null) {
            persistsInFlight++;
            oldStores.onPersist(persist.mark().number());
            outbox.persist(record(persist), persist.mark());
        }
        for (Message message : ready.messages()) {
            long node = nodes.nodeOf(message.to());
            if (node != 0) {
                outbox.message(node, new Envelope(groupId, message));
            }
        }
        for (Ready.Fetch fetch : ready.fetches()) {
            outbox.add(new LaneEffect.FetchEntries(groupId, fetch));
        }
        for (Message.InstallSnapshot piece : ready.pieces()) {
            snapshots.receiver.onPiece(now, piece, nodes.nodeOf(piece.from()));
        }
        committed.addAll(ready.committed());
        for (ProposalResult result : ready.proposals()) {
            clients.onProposal(now, result);
        }
        for (ReadResult result : ready.reads()) {
            clients.onRead(now, result);
        }
    }

    boolean hasBacklog() {
        return !committed.isEmpty() || clients.hasScans();
    }

    /** Applies a bounded run of committed entries, answers who waited for them, and one scan. */
    void applyTurn(Now now) {
        long applied = 0;
        for (int i = 0; i < TURN_ENTRIES_MAX && !committed.isEmpty(); i++) {
            Entry entry = committed.removeFirst();
            applied = entry.index();
            if (applied > machine.appliedIndex()) {
                apply(now, entry);
            }
        }
        if (applied > 0) {
            replica.step(now, new Input.Applied(applied));
            clients.answerReads(now);
        }
        clients.answerScan(now);
    }

    private void apply(Now now, Entry entry) {
        Optional<WriteQueue.InFlight> own = clients.takeApplied(entry);
        List<Request> requests =
                switch (entry.kind()) {
                    case COMMANDS ->
                            own.map(WriteQueue.InFlight::requests)
                                    .orElseGet(() -> BatchCodec.decode(entry.payload()));
                    case NOOP, TIME, MEMBERSHIP -> List.of();
                };
        List<Outcome> outcomes =
                machine.apply(new AppliedEntry(entry.index(), entry.logTime(), requests));
        Invariant.check(outcomes.size() == requests.size(), "an outcome for each request");
        clients.onApplied(now, entry, own, outcomes);
    }

    private GroupRecord record(Ready.Persist persist) {
        return new GroupRecord(
                groupId,
                replicaId,
                storeId,
                persist.hardState(),
                persist.memberships(),
                persist.base(),
                persist.baseLogTime(),
                persist.truncateFrom(),
                persist.entries());
    }

    /** The record that this replica is no more. */
    GroupRecord farewell() {
        return GroupRecord.farewell(groupId, replicaId, replica.memberships(), replica.base());
    }
}
