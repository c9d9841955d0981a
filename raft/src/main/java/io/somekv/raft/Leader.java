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
    private final Successors successors;
    private final DiskWatch disk;
    private final OwnEntries entries;
    private long heartbeatAtNanos;

    /**
     * When this leader looks at its clock, its succession and its members next: under load, too.
     */
    private long reviewAtNanos;

    /** Under way; null when this leader wants to stay. */
    private @Nullable Succession succession;

    Leader(Core core) {
        this.core = core;
        this.replication = new Replication(core);
        this.members = new Reconfiguration(core, replication);
        this.clock = new LeaderClock(core, replication);
        this.rounds = new ReadRounds(core, () -> clock.logTime(core.now()));
        this.successors = new Successors(core, replication);
        this.disk = new DiskWatch(core, replication, successors);
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
        reviewAtNanos = heartbeatAtNanos;
    }

    @Override
    public ReplicaStatus.Role role() {
        return ReplicaStatus.Role.LEADER;
    }

    @Override
    public long leaderId() {
        return core.self();
    }

    LeaderClock clock() {
        return clock;
    }

    OwnEntries entries() {
        return entries;
    }

    @Override
    public long nextDeadlineNanos() {
        long due = Math.min(heartbeatAtNanos, disk.nextNanos());
        return isQuiet() ? due : Math.min(due, Math.min(reviewAtNanos, quorumLostNanos()));
    }

    private long quorumLostNanos() {
        return replication.quorumHeardNanos() + core.config().electionTimeoutNanos();
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
        if (!isQuiet() && now >= quorumLostNanos()) {
            core.stepDown(StepDownCause.QUORUM_LOST);
        } else if (disk.isStalled()) {
            core.stepDown(StepDownCause.DISK_STALLED);
        } else {
            maybeHandOver();
            if (now >= reviewAtNanos) {
                reviewAtNanos = now + core.config().heartbeatNanos();
                review();
            }
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

    /** Not with the heartbeats: those go out with whatever comes between two ticks. */
    private void review() {
        if (succession != null && succession.isOver()) {
            succession = null;
        }
        judgeClock();
        if (clock.mustLeave()) {
            core.stepDownForBetterClock();
        } else {
            maybeGoOnChanging();
        }
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
        EntryId id = entries.append(kind, clock.logTime(core.now()), payload);
        if (core.has(Mutation.ACKNOWLEDGE_BEFORE_DURABLE)) {
            maybeCommit();
        }
        return id;
    }

    // Committing

    @Override
    public void onPersisted() {
        maybeCommit();
        disk.onProgress();
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
            progress.onClock(wallMillis, rounds.startNanos(round), core.now().nanos());
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
        disk.onProgress();
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
        clock.onChange(next);
        EntryId id = append(EntryKind.MEMBERSHIP, MembershipCodec.encode(next));
        replication.adopt(next);
        return id;
    }

    /** It was removed, and has led until that was committed (Raft §6). */
    private void leaveGroup() {
        successors.haveBestCampaign();
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
    @Override
    public void onTransfer(Input.TransferLeadership transfer) {
        wake(0);
        Progress successor = succession == null ? successors.wished(transfer.replicaId()) : null;
        if (successor != null) {
            handOver(successor, StepDownCause.NEWER_TERM);
        }
    }

    /** To a better disk, if there is one. */
    private void maybeHandOver() {
        Progress successor = succession == null ? disk.successor() : null;
        if (successor != null) {
            core.onHandOver();
            handOver(successor, StepDownCause.DISK_STALLED);
        }
    }

    private void handOver(Progress successor, StepDownCause cause) {
        reads.giveUpLease();
        succession = new Succession(core, successor, cause);
    }

    /** Why it leads no more, when a newer term ends its own. */
    StepDownCause causeOfNewerTerm() {
        return succession == null ? StepDownCause.NEWER_TERM : succession.cause();
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
