package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.StateMachine;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.BatchCodec;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryKind;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
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
 * One group on this node: its Raft replica, its state machine, and the clients that wait for
 * either. Writes that arrive while the leader's last batch is on its way to the disk gather into
 * the next one, so that the size of a batch follows the depth of the queue and no timer.
 */
final class GroupHost {
    /** Entries applied in one turn, so that a long backlog does not hold up heartbeats. */
    private static final int TURN_ENTRIES_MAX = 64;

    private static final int RETRY_AFTER_MILLIS = 10;

    private final long groupId;
    private final long replicaId;
    private long storeId;
    private final RaftReplica replica;
    private StateMachine machine;
    private final Nursery nursery;
    private final Outbox outbox;
    private final Snapshots snapshots;

    private final WriteQueue writes = new WriteQueue();
    private final ReadQueue reads;
    private final MemberChanges changes = new MemberChanges();
    private final MemberNodes nodes;
    private final ArrayDeque<Entry> committed = new ArrayDeque<>();

    /** Persists handed out and not yet durable; the next batch is proposed when there is none. */
    private long persistsInFlight;

    private final OldStores oldStores;
    private boolean wasLeading;

    /** Told by others to be no member any more. */
    private boolean isToldGone;

    private long nextToken = 1;

    /** Whether it stands in {@link Places}' queue of groups to settle, and of groups to apply. */
    boolean isTouched;

    boolean isInBacklog;

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
        this.nursery = nursery;
        this.outbox = nursery.outbox();
        this.snapshots = snapshots;
        this.oldStores = new OldStores(outbox);
        this.machine = nursery.machine(groupId, storeId);
        this.reads = new ReadQueue(machine);
        this.nodes = new MemberNodes(replica);
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

    /** Whether a tick at {@code now} would do anything. */
    boolean isDue(Now now) {
        return now.nanos() - replica.nextDeadlineNanos() >= 0;
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

    /** Drops the log up to what the engine has kept, but for what somebody still needs. */
    void compact(Now now, long kept, boolean isPressing) {
        long droppable = isPressing ? kept : replica.compactable(kept);
        long index = Math.min(droppable, snapshots.sender.keptFrom());
        if (index > replica.base().index()) {
            replica.step(now, new Input.Compact(index, machine.appliedLogTime()));
        }
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
        long term = replica.status(now).term();
        snapshots.sender.onRead(now, read, term, nodes.nodeOf(read.replicaId()));
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
        machine = nursery.machine(groupId, storeId);
        reads.use(machine);
        replica.step(now, new Input.Install(complete.snapshot()));
        outbox.add(new LaneEffect.SnapshotInstalled(groupId, complete.snapshot().base().index()));
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
        Outcome refusal = new Outcome.NotLeader(leaderNode());
        writes.abandon(now, refusal);
        reads.abandon(now, refusal);
        changes.abandon(now);
        committed.clear();
        snapshots.sender.endAll();
        snapshots.receiver.abandon();
    }

    /** Has a member join or leave, if this replica leads; the answer comes when that is applied. */
    void change(Now now, MembershipChange change, Waiter waiter) {
        long token = nextToken++;
        changes.ask(token, waiter);
        replica.step(now, new Input.ChangeMembership(token, change));
    }

    /** Serves a client's request if this replica leads; the answer comes once it is decided. */
    void serve(Now now, Request request, Waiter waiter) {
        long logTime = replica.logTime(now);
        Optional<Outcome> refusal =
                replica.leads()
                        ? RequestCheck.refusal(request, logTime)
                        : Optional.of(new Outcome.NotLeader(leaderNode()));
        if (refusal.isPresent()) {
            waiter.done(now, refusal.get(), logTime);
            return;
        }
        boolean taken =
                request.command() instanceof Command.Read read
                        ? reads.add(request, read, waiter)
                        : writes.add(request, waiter);
        if (!taken) {
            waiter.done(now, new Outcome.Busy(RETRY_AFTER_MILLIS), logTime);
        }
    }

    /** Begins to hand the group over to the replica on a node; 0 for the best one. */
    Outcome transfer(Now now, long toNode) {
        if (!replica.leads()) {
            return new Outcome.NotLeader(leaderNode());
        }
        if (toNode == leaderNode()) {
            return new Outcome.Ok();
        }
        Optional<Member> successor =
                membership().voters().stream().filter(m -> m.nodeId() == toNode).findFirst();
        if (toNode != 0 && successor.isEmpty()) {
            return new Outcome.Invalid(
                    "node " + toNode + " has no replica of group " + groupId + " that votes");
        }
        long replicaId = successor.map(Member::replicaId).orElse(0L);
        replica.step(now, new Input.TransferLeadership(replicaId));
        return replica.isTransferring()
                ? new Outcome.Ok()
                : new Outcome.Invalid("no other replica of group " + groupId + " answers");
    }

    boolean isTransferring() {
        return replica.isTransferring();
    }

    /** Nobody waits for anything here. */
    boolean isIdle() {
        return writes.isIdle()
                && reads.isIdle()
                && changes.isIdle()
                && snapshots.sender.isIdle()
                && snapshots.receiver.isIdle();
    }

    /** Ends a batch of inputs: proposes what gathered, and carries out what the core calls for. */
    void settle(Now now) {
        noticeLeadership(now);
        while (true) {
            if (writes.hasGathered() && persistsInFlight == 0) {
                long token = nextToken++;
                Bytes payload = writes.propose(token);
                replica.step(now, new Input.Propose(token, EntryKind.COMMANDS, payload));
            }
            if (reads.hasGathered()) {
                long token = nextToken++;
                reads.ask(token);
                replica.step(now, new Input.Read(token));
            }
            Ready ready = replica.ready();
            if (ready.isEmpty()) {
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
        if (!leads) {
            Outcome refusal = new Outcome.NotLeader(leaderNode());
            writes.abandon(now, refusal);
            reads.abandon(now, refusal);
            changes.abandon(now);
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
            onProposal(now, result);
        }
        for (ReadResult result : ready.reads()) {
            onRead(now, result);
        }
    }

    private void onProposal(Now now, ProposalResult result) {
        long logTime = replica.logTime(now);
        switch (result) {
            case ProposalResult.Appended appended -> {
                if (changes.appended(appended.token(), appended.id())
                        || writes.appended(appended.token(), appended.id())) {
                    return;
                }
                if (replica.leads()) {
                    reads.timeAppended(appended.id().index());
                } else {
                    reads.timeRefused(now, new Outcome.NotLeader(leaderNode()), logTime);
                }
            }
            case ProposalResult.NotLeader notLeader ->
                    refuse(
                            now,
                            notLeader.token(),
                            new Outcome.NotLeader(nodes.nodeOf(notLeader.leaderHint())),
                            logTime);
            case ProposalResult.Busy busy ->
                    refuse(now, busy.token(), new Outcome.Busy(RETRY_AFTER_MILLIS), logTime);
            case ProposalResult.Refused refused ->
                    refuse(now, refused.token(), new Outcome.Invalid(refused.reason()), logTime);
        }
    }

    private void refuse(Now now, long token, Outcome outcome, long logTime) {
        if (!changes.refused(now, token, outcome, logTime)
                && !writes.refused(now, token, outcome, logTime)) {
            reads.timeRefused(now, outcome, logTime);
        }
    }

    private void onRead(Now now, ReadResult result) {
        switch (result) {
            case ReadResult.Confirmed confirmed -> {
                reads.confirmed(confirmed.token(), confirmed.index());
                answerReads(now);
            }
            case ReadResult.NotLeader notLeader ->
                    reads.refused(
                            now,
                            notLeader.token(),
                            new Outcome.NotLeader(nodes.nodeOf(notLeader.leaderHint())),
                            replica.logTime(now));
        }
    }

    boolean hasBacklog() {
        return !committed.isEmpty() || reads.hasScans();
    }

    /** Applies a bounded run of committed entries, answers who waited for them, and one scan. */
    void applyTurn(Now now) {
        long applied = 0;
        long logTime = replica.logTime(now);
        for (int i = 0; i < TURN_ENTRIES_MAX && !committed.isEmpty(); i++) {
            Entry entry = committed.removeFirst();
            applied = entry.index();
            if (applied > machine.appliedIndex()) {
                apply(now, entry, logTime);
            }
        }
        if (applied > 0) {
            replica.step(now, new Input.Applied(applied));
            answerReads(now);
        }
        reads.answerScan(now, logTime);
    }

    private void apply(Now now, Entry entry, long logTime) {
        Optional<WriteQueue.InFlight> own = writes.takeApplied(entry.id());
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
        changes.applied(now, entry.id(), logTime);
        if (own.isPresent()) {
            List<Waiter> waiters = own.get().waiters();
            for (int i = 0; i < waiters.size(); i++) {
                Outcome outcome = Weights.sendable(requests.get(i).command(), outcomes.get(i));
                waiters.get(i).done(now, outcome, logTime);
            }
        }
    }

    private void answerReads(Now now) {
        long logTime = replica.logTime(now);
        if (reads.answer(now, logTime)) {
            long token = nextToken++;
            replica.step(now, new Input.Propose(token, EntryKind.TIME, Bytes.EMPTY));
        }
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
