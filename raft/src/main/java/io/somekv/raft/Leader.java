package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Leads its term (Raft §5.3, §8): appends, replicates, commits, and makes sure all the while that a
 * quorum still hears it (check-quorum, thesis §6.2).
 *
 * <p>Messages are built in {@link #flush}: all that was proposed since the last time goes out
 * together, before this replica's own sync of it (DESIGN §3, rule 2; thesis §10.2.1).
 */
final class Leader implements RoleState {
    private final Core core;
    private final Replication replication;
    private final Reconfiguration members;
    private final ReadRounds rounds;
    private final LeaderReads reads;
    private final LeaderClock clock;
    private final Quiescence quiescence;
    private final long stallNanos;

    private final OwnEntries entries;

    private long heartbeatAtNanos;

    /** Under way; null when this leader wants to stay. */
    private @Nullable Succession succession;

    Leader(Core core) {
        this.core = core;
        this.replication = new Replication(core);
        this.members = new Reconfiguration(core, replication);
        this.rounds = new ReadRounds(core, () -> logTime(core.now()));
        // Jitter, lest one slow disk under a thousand groups topples all their leaders at once.
        long stall = core.config().diskStallNanos();
        this.stallNanos = stall + core.electionWaitNanos() % Math.max(1, stall / 4);
        this.clock = new LeaderClock(core, replication);
        this.entries = new OwnEntries(core);
        this.reads = new LeaderReads(core, replication, clock, entries, rounds);
        this.quiescence = new Quiescence(core, replication);
        this.heartbeatAtNanos = core.now().nanos();
    }

    /**
     * Begins the term with an entry of its own, for only with one can it commit those of its
     * predecessors (Raft §5.4.2, §8).
     */
    void begin(boolean vouched) {
        if (vouched) {
            // The entry is the first heartbeat.
            heartbeatAtNanos = core.now().nanos() + core.config().heartbeatNanos();
            append(EntryKind.NOOP, Bytes.EMPTY);
        } else {
            clock.refuse();
        }
    }

    @Override
    public ReplicaStatus.Role role() {
        return ReplicaStatus.Role.LEADER;
    }

    @Override
    public long leaderId() {
        return core.self();
    }

    /** What this leader would stamp now: never back, and no further by a clock not vouched for. */
    long logTime(Now now) {
        long last = core.log().lastLogTime();
        return clock.isRefused() ? last : Math.max(last, clock.wallMillis(now));
    }

    long uncommittedBytes() {
        return entries.uncommittedBytes();
    }

    @Override
    public long nextDeadlineNanos() {
        long oldest = core.persists().oldestSinceNanos();
        long stalled = oldest == Long.MAX_VALUE ? oldest : oldest + stallNanos;
        long due = Math.min(heartbeatAtNanos, stalled);
        return isQuiet()
                ? due
                : Math.min(
                        due, replication.quorumHeardNanos() + core.config().electionTimeoutNanos());
    }

    // Quiet times

    @Override
    public boolean isQuiet() {
        return quiescence.isQuiet();
    }

    @Override
    public void wake(long missedNode) {
        if (missedNode != 0 && !replication.hasMemberOn(missedNode)) {
            return;
        }
        if (quiescence.wake()) {
            replication.onWoken(missedNode);
            heartbeatAtNanos = core.now().nanos();
            judgeClock();
        }
    }

    private boolean isIdle() {
        return succession == null
                && !clock.isRefused()
                && !rounds.isBusy()
                && !members.isUnderWay()
                && core.persists().oldestSinceNanos() == Long.MAX_VALUE
                && entries.isFirstCommitted();
    }

    // Time

    @Override
    public void onTick() {
        long now = core.now().nanos();
        boolean isQuorumLost =
                now - replication.quorumHeardNanos() >= core.config().electionTimeoutNanos();
        if (isQuorumLost && !isQuiet()) {
            core.stepDown(StepDownCause.QUORUM_LOST);
        } else if (isOutpacedByPeers(now)) {
            core.stepDown(StepDownCause.DISK_STALLED);
        } else if (now >= heartbeatAtNanos) {
            if (succession != null && succession.isOver()) {
                succession = null;
            }
            onHeartbeatDue();
        }
    }

    private void judgeClock() {
        boolean wasRefused = clock.isRefused();
        clock.judge();
        if (clock.isRefused() && !wasRefused) {
            rounds.refuseAll();
        } else if (wasRefused && !clock.isRefused() && entries.isEmpty()) {
            append(EntryKind.NOOP, Bytes.EMPTY);
        }
    }

    private void onHeartbeatDue() {
        judgeClock();
        if (clock.mustLeave()) {
            core.stepDownForBetterClock();
        } else {
            maybeGoOnChanging();
        }
    }

    /**
     * Rule 5: this replica's disk is stuck, and some voter's is not. Where all are stuck alike, as
     * on one shared disk, a new leader would be no better.
     */
    private boolean isOutpacedByPeers(long now) {
        long since = core.persists().oldestSinceNanos();
        return since != Long.MAX_VALUE
                && now - since >= stallNanos
                && replication.hasVoterBeyond(core.log().durable());
    }

    // Appending

    void onPropose(Input.Propose propose) {
        wake(0);
        Invariant.check(
                propose.kind() == EntryKind.COMMANDS || propose.kind() == EntryKind.TIME,
                "commands and time are what can be proposed");
        if (clock.isRefused()) {
            core.effects().answer(new ProposalResult.NotLeader(propose.token(), 0));
        } else if (succession != null) {
            long successor = succession.successorId();
            core.effects().answer(new ProposalResult.NotLeader(propose.token(), successor));
        } else if (!entries.hasRoomFor(propose.payload())) {
            core.effects().answer(new ProposalResult.Busy(propose.token()));
        } else {
            EntryId id = append(propose.kind(), propose.payload());
            core.effects().answer(new ProposalResult.Appended(propose.token(), id));
        }
    }

    private EntryId append(EntryKind kind, Bytes payload) {
        EntryId id = entries.append(kind, logTime(core.now()), payload);
        if (core.has(Mutation.ACKNOWLEDGE_BEFORE_DURABLE)) {
            maybeCommit();
        }
        return id;
    }

    // Committing

    @Override
    public void onPersisted() {
        maybeCommit();
    }

    @Override
    public void onAppendAccepted(Message.AppendAccepted message) {
        Progress progress = replication.find(message.from());
        if (progress == null) {
            return;
        }
        Invariant.check(
                message.matchIndex() <= core.log().last().index(),
                "nobody acknowledges what was never sent",
                message.matchIndex(),
                core.log().last().index());
        onHeard(progress, message.round(), message.wallMillis());
        boolean isNews = progress.onAccepted(message.matchIndex());
        if (progress.isInstalling() && progress.matchIndex() >= core.log().base().index()) {
            progress.rewindTo(progress.matchIndex() + 1, true, rounds.round());
        }
        if (isNews) {
            maybeCommit();
        }
    }

    @Override
    public void onAppendRejected(Message.AppendRejected message) {
        Progress progress = replication.find(message.from());
        if (progress != null) {
            onHeard(progress, message.round(), message.wallMillis());
            replication.onRejected(progress, message, rounds.round());
        }
    }

    private void onHeard(Progress progress, long round, long wallMillis) {
        progress.onHeard(round, core.now().nanos());
        if (rounds.isDated(round)) {
            progress.onClock(QuorumClock.offset(wallMillis, rounds.startNanos(round)));
        }
        reads.onHeard();
    }

    /**
     * Raft §5.4.2: counting replicas commits entries of this term only. Those before it come along,
     * by Log Matching; counted by themselves they could still be overwritten (figure 8, KB-1).
     */
    private void maybeCommit() {
        RaftLog log = core.log();
        long index = replication.quorumMatch();
        boolean isOwnTerm = log.termAt(index) == core.term() || core.has(Mutation.COMMIT_OLD_TERM);
        if (index <= log.commit() || !isOwnTerm) {
            return;
        }
        entries.onCommit(index);
        log.commitTo(index);
        onCommitted();
    }

    private void onCommitted() {
        boolean isOut =
                core.memberships().index() <= core.log().commit()
                        && !core.membership().isVoter(core.self());
        if (isOut) {
            leaveGroup();
        } else {
            maybeGoOnChanging();
        }
    }

    // Members

    void onChange(Input.ChangeMembership input) {
        wake(0);
        if (clock.isRefused() || succession != null) {
            core.effects().answer(new ProposalResult.NotLeader(input.token(), 0));
            return;
        }
        Optional<String> refusal =
                members.obstacle(entries.firstIndex()).or(() -> members.objection(input.change()));
        core.effects()
                .answer(
                        refusal.isPresent()
                                ? new ProposalResult.Refused(input.token(), refusal.get())
                                : new ProposalResult.Appended(
                                        input.token(), change(members.next(input.change()))));
    }

    private void maybeGoOnChanging() {
        if (!clock.isRefused() && succession == null) {
            members.due(entries.firstIndex()).ifPresent(this::change);
        }
    }

    private EntryId change(Membership next) {
        EntryId id = append(EntryKind.MEMBERSHIP, MembershipCodec.encode(next));
        replication.adopt(next);
        return id;
    }

    /**
     * It was removed, and has led until that was committed (Raft §6). The one with most of the log
     * need not wait for its election timeout.
     */
    private void leaveGroup() {
        Progress successor = replication.bestVoter();
        if (successor != null) {
            core.effects().send(new Message.TimeoutNow(core.self(), successor.id(), core.term()));
        }
        core.stepDown(StepDownCause.REMOVED);
    }

    Replication replication() {
        return replication;
    }

    // Reading

    void onRead(Input.Read read) {
        wake(0);
        reads.onRead(read);
    }

    @Override
    public void onReadIndex(Message.ReadIndex message) {
        reads.onReadIndex(message);
    }

    // Leaving

    boolean isTransferring() {
        return succession != null;
    }

    /** A wish while another is being granted changes nothing. */
    void onTransfer(Input.TransferLeadership transfer) {
        wake(0);
        if (succession != null) {
            return;
        }
        Progress successor =
                transfer.replicaId() == 0
                        ? replication.bestVoter()
                        : replication.findThere(transfer.replicaId());
        if (successor != null && isVoterToStay(successor)) {
            reads.giveUpLease();
            succession = new Succession(core, successor);
        }
    }

    private boolean isVoterToStay(Progress progress) {
        return core.membership().voters().stream()
                .anyMatch(voter -> voter.replicaId() == progress.id());
    }

    // Sending

    @Override
    public void flush() {
        long now = core.now().nanos();
        boolean isHeartbeatDue = now >= heartbeatAtNanos;
        reads.maybeBegin(isHeartbeatDue);
        if (isHeartbeatDue) {
            boolean wasQuiet = isQuiet();
            quiescence.onHeartbeat(isIdle(), rounds.round());
            if (wasQuiet && !isQuiet()) {
                replication.onWoken(0);
            }
            heartbeatAtNanos = now + quiescence.heartbeatNanos();
            members.onHeartbeat();
        }
        if (isHeartbeatDue && isQuiet()) {
            replication.sendQuiesce(rounds.round());
        } else {
            replication.send(rounds.round(), isHeartbeatDue);
        }
        if (succession != null) {
            succession.maybeAsk(isHeartbeatDue);
        }
    }

    @Override
    public void onFetched(Input.Fetched fetched) {
        replication.onFetched(fetched, rounds.round());
    }

    @Override
    public void onAppendEntries(Message.AppendEntries message) {
        Invariant.check(false, "one leader a term", core.self(), message.from());
    }

    @Override
    public void onInstallSnapshot(Message.InstallSnapshot message) {
        Invariant.check(false, "one leader a term", core.self(), message.from());
    }

    @Override
    public void onLeave() {
        rounds.refuseAll();
    }
}
