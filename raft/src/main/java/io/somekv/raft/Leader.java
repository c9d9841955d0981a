package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
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

    /** Under way; null when this leader wants to stay. */
    private @Nullable Succession succession;

    /**
     * Since when no quorum vouches for this leader's clock: it appends nothing; MAX_VALUE: never.
     */
    private long yieldingSinceNanos = Long.MAX_VALUE;

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
            // The entry is the first heartbeat.
            heartbeatAtNanos = core.now().nanos() + core.config().heartbeatNanos();
            appendFirst();
        } else {
            beginYielding();
        }
    }

    private void appendFirst() {
        firstOwnIndex = core.log().last().index() + 1;
        append(EntryKind.NOOP, Bytes.EMPTY);
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
        return isYielding()
                ? last
                : Math.max(last, QuorumClock.wallMillis(clockOffset, now.nanos()));
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
            core.stepDown(StepDownCause.QUORUM_LOST);
        } else if (isOutpacedByPeers(now)) {
            core.stepDown(StepDownCause.DISK_STALLED);
        } else if (now >= heartbeatAtNanos) {
            if (succession != null && succession.isOver()) {
                succession = null;
            }
            judgeClock();
            maybeLeaveToBetterClock();
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

    /**
     * Compares this leader's clock with those of the voters heard lately. Being vouched for counts
     * from then on: the votes that came first may have been those of slow clocks.
     */
    private void judgeClock() {
        Now now = core.now();
        long own = QuorumClock.offset(now.wallMillis(), now.nanos());
        long leadMillisMax = core.config().clockLeadMillisMax();
        if (core.isOnlyVoter()) {
            // Nobody to yield to: time stands still until the clock has caught up.
            clockOffset = Math.min(clockOffset, own + leadMillisMax);
            return;
        }
        clocks.clear();
        clocks.add(own);
        replication.addClocks(clocks, now.nanos() - core.config().electionTimeoutNanos());
        if (clocks.count() < core.membership().quorum()) {
            return;
        }
        boolean isVouched = clocks.vouchesFor(clockOffset, leadMillisMax);
        if (isVouched && isYielding()) {
            yieldingSinceNanos = Long.MAX_VALUE;
            if (firstOwnIndex == Long.MAX_VALUE) {
                appendFirst();
            }
        } else if (!isVouched && !isYielding()) {
            beginYielding();
        }
    }

    private void beginYielding() {
        yieldingSinceNanos = core.now().nanos();
        reads.refuseAll(0);
    }

    /**
     * A clock that its quorum does not vouch for stamps nothing more (KB-50). Its replica leads on
     * until all had time to speak, and some voter has all of its log; only then it steps down. Else
     * the others could not be elected:
     *
     * <ol>
     *   <li>of three replicas C is down, A's clock is ahead and A's log is longer than B's,
     *   <li>A steps down at once; B's log is behind, so A must refuse it its vote,
     *   <li>A is elected again, steps down again: no leader for ever.
     * </ol>
     */
    private void maybeLeaveToBetterClock() {
        if (!isYielding()) {
            return;
        }
        long waited = core.now().nanos() - yieldingSinceNanos;
        boolean isReplaceable =
                waited >= 2 * core.config().heartbeatNanos()
                        && replication.hasVoterBeyond(core.log().last().index() - 1);
        if (isReplaceable || waited >= 2 * core.config().electionTimeoutNanos()) {
            core.stepDownForBetterClock();
        }
    }

    private boolean isYielding() {
        return yieldingSinceNanos != Long.MAX_VALUE;
    }

    // Appending

    void onPropose(Input.Propose propose) {
        Invariant.check(
                propose.kind() == EntryKind.COMMANDS || propose.kind() == EntryKind.TIME,
                "commands and time are what can be proposed");
        if (isYielding()) {
            core.effects().answer(new ProposalResult.NotLeader(propose.token(), 0));
        } else if (succession != null) {
            long successor = succession.successorId();
            core.effects().answer(new ProposalResult.NotLeader(propose.token(), successor));
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
        }
    }

    @Override
    public void onAppendRejected(Message.AppendRejected message) {
        Progress progress = replication.find(message.from());
        if (progress != null) {
            onHeard(progress, message.round(), message.wallMillis());
            replication.onRejected(progress, message, reads.round());
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

    void onRead(Input.Read read) {
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

    // Leaving

    boolean isTransferring() {
        return succession != null;
    }

    /** A wish while another is being granted changes nothing. */
    void onTransfer(Input.TransferLeadership transfer) {
        if (succession != null) {
            return;
        }
        long recently = core.now().nanos() - core.config().electionTimeoutNanos();
        Progress successor =
                transfer.replicaId() == 0
                        ? replication.bestVoter(recently)
                        : replication.find(transfer.replicaId());
        if (successor != null && successor.isVoter()) {
            succession = new Succession(core, successor);
        }
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
        if (succession != null) {
            succession.maybeAsk(isHeartbeatDue);
        }
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
