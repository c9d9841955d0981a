package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;

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
    private final ReadRounds reads;
    private final QuorumClock clocks = new QuorumClock();
    private final long stallNanos;

    /** This leader's wall clock: its lead over the monotonic clock, fixed when it won. */
    private long clockOffset;

    /** The first entry of this term; MAX_VALUE while there is none. */
    private long firstOwnIndex = Long.MAX_VALUE;

    /** Weight of this leader's own entries above the commit index. */
    private long uncommittedBytes;

    private long heartbeatAtNanos;

    /** Set once this leader's clock was refused: it appends nothing more, and is gone by then. */
    private long yieldingUntilNanos = Long.MAX_VALUE;

    Leader(Core core) {
        this.core = core;
        this.replication = new Replication(core);
        this.reads = new ReadRounds(core);
        // Jitter, lest one slow disk under a thousand groups topples all their leaders at once.
        long stall = core.config().diskStallNanos();
        this.stallNanos = stall + core.electionWaitNanos() % Math.max(1, stall / 4);
        this.clockOffset = QuorumClock.offset(core.now().wallMillis(), core.now().nanos());
        this.heartbeatAtNanos = core.now().nanos();
    }

    /**
     * Begins the term with an entry of its own, for only with one can it commit those of its
     * predecessors (Raft §5.4.2, §8).
     */
    void begin(boolean vouched) {
        if (vouched) {
            firstOwnIndex = core.log().last().index() + 1;
            // The entry is the first heartbeat.
            heartbeatAtNanos = core.now().nanos() + core.config().heartbeatNanos();
            append(EntryKind.NOOP, Bytes.EMPTY);
        } else {
            yieldForClock();
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

    /** What this leader would stamp now: never back, whatever its clock says. */
    long logTime(Now now) {
        long clock = QuorumClock.wallMillis(clockOffset, now.nanos());
        return Math.max(core.log().lastLogTime(), clock);
    }

    long uncommittedBytes() {
        return uncommittedBytes;
    }

    @Override
    public long nextDeadlineNanos() {
        long oldest = core.persists().oldestSinceNanos();
        long stalled = oldest == Long.MAX_VALUE ? oldest : oldest + stallNanos;
        long quorumLost = replication.quorumHeardNanos() + core.config().electionTimeoutNanos();
        return Math.min(heartbeatAtNanos, Math.min(stalled, quorumLost));
    }

    // Time

    @Override
    public void onTick() {
        long now = core.now().nanos();
        if (now - replication.quorumHeardNanos() >= core.config().electionTimeoutNanos()) {
            core.becomeFollower(core.term(), 0);
        } else if (isOutpacedByPeers(now)) {
            core.becomeFollower(core.term(), 0);
        } else if (now >= heartbeatAtNanos) {
            maybeYieldForClock();
        }
        maybeLeaveToBetterClock();
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

    private void maybeYieldForClock() {
        if (yieldingUntilNanos == Long.MAX_VALUE && !isClockVouched()) {
            yieldForClock();
        }
    }

    private boolean isClockVouched() {
        Now now = core.now();
        long own = QuorumClock.offset(now.wallMillis(), now.nanos());
        if (core.isOnlyVoter()) {
            // Nobody to yield to: time stands still until the clock has caught up.
            clockOffset = Math.min(clockOffset, own + core.config().clockLeadMillisMax());
            return true;
        }
        clocks.clear();
        clocks.add(own);
        replication.addClocks(clocks, now.nanos() - core.config().electionTimeoutNanos());
        return clocks.count() < core.membership().quorum()
                || clocks.vouchesFor(clockOffset, core.config().clockLeadMillisMax());
    }

    /**
     * A clock that its quorum does not vouch for stamps nothing more (KB-50). Its replica leads on
     * until some voter has all of its log, and only then steps down; else the others could not be
     * elected:
     *
     * <ol>
     *   <li>of three replicas C is down, A's clock is ahead and A's log is longer than B's,
     *   <li>A steps down at once; B's log is behind, so A must refuse it its vote,
     *   <li>A is elected again, steps down again: no leader for ever.
     * </ol>
     */
    private void yieldForClock() {
        yieldingUntilNanos = core.now().nanos() + 2 * core.config().electionTimeoutNanos();
        reads.refuseAll(0);
        maybeLeaveToBetterClock();
    }

    private void maybeLeaveToBetterClock() {
        if (isYielding()
                && core.role() == this
                && (core.now().nanos() >= yieldingUntilNanos
                        || replication.hasVoterBeyond(core.log().last().index() - 1))) {
            core.becomeFollowerOfBetterClock();
        }
    }

    private boolean isYielding() {
        return yieldingUntilNanos != Long.MAX_VALUE;
    }

    // Appending

    @Override
    public void onPropose(Core sameCore, Input.Propose propose) {
        Invariant.check(
                propose.kind() == EntryKind.COMMANDS || propose.kind() == EntryKind.TIME,
                "commands and time are what can be proposed");
        if (isYielding()) {
            core.effects().answer(new ProposalResult.NotLeader(propose.token(), 0));
        } else if (uncommittedBytes > 0
                && uncommittedBytes + Entry.weightOf(propose.payload())
                        > core.config().uncommittedBytesMax()) {
            core.effects().answer(new ProposalResult.Busy(propose.token()));
        } else {
            EntryId id = append(propose.kind(), propose.payload());
            core.effects().answer(new ProposalResult.Appended(propose.token(), id));
        }
    }

    private EntryId append(EntryKind kind, Bytes payload) {
        EntryId id = new EntryId(core.term(), core.log().last().index() + 1);
        Entry entry = new Entry(id, kind, logTime(core.now()), payload);
        core.log().append(entry);
        uncommittedBytes += entry.weight();
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
        if (progress.onAccepted(message.matchIndex())) {
            maybeCommit();
            maybeLeaveToBetterClock();
        }
    }

    @Override
    public void onAppendRejected(Message.AppendRejected message) {
        Progress progress = replication.find(message.from());
        if (progress != null) {
            onHeard(progress, message.round(), message.wallMillis());
            replication.onRejected(progress, message.rejected(), message.hint());
        }
    }

    private void onHeard(Progress progress, long round, long wallMillis) {
        progress.onHeard(round, core.now().nanos());
        if (reads.isDated(round)) {
            progress.onClock(QuorumClock.offset(wallMillis, reads.startNanos(round)));
        }
        if (reads.isRunning()) {
            reads.onConfirmed(replication.quorumRound(reads.round()));
        }
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
        for (long i = Math.max(log.commit() + 1, firstOwnIndex); i <= index; i++) {
            Entry entry = log.cached(i);
            Invariant.check(entry != null, "what is not committed is in the cache");
            uncommittedBytes -= entry == null ? 0 : entry.weight();
        }
        log.commitTo(index);
    }

    // Reading

    @Override
    public void onRead(Core sameCore, Input.Read read) {
        if (isYielding()) {
            core.effects().answer(new ReadResult.NotLeader(read.token(), 0));
        } else {
            reads.add(read.token());
        }
    }

    /**
     * Whether the commit index is as high as any leader's before it ever was: true once an entry of
     * its own term is committed (Raft §8, KB-31).
     */
    private boolean isCommitCurrent() {
        return core.log().commit() >= firstOwnIndex || core.has(Mutation.READ_BEFORE_OWN_TERM);
    }

    // Sending

    @Override
    public void flush() {
        long now = core.now().nanos();
        boolean isHeartbeatDue = now >= heartbeatAtNanos;
        if (isHeartbeatDue || (reads.wantsRound() && isCommitCurrent())) {
            reads.begin(isCommitCurrent());
            if (core.membership().quorum() == 1) {
                reads.onConfirmed(replication.quorumRound(reads.round()));
            }
        }
        if (isHeartbeatDue) {
            heartbeatAtNanos = now + core.config().heartbeatNanos();
        }
        replication.send(reads.round(), isHeartbeatDue);
    }

    @Override
    public void onFetched(Input.Fetched fetched) {
        replication.onFetched(fetched, reads.round());
    }

    @Override
    public void onAppendEntries(Message.AppendEntries message) {
        Invariant.check(false, "one leader a term", core.self(), message.from());
    }

    @Override
    public void onLeave() {
        reads.refuseAll(0);
    }
}
