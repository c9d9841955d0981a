package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.List;
import java.util.Optional;

/**
 * One replica of one group: {@link Input} in, {@link Ready} out. It owns no thread, clock, disk or
 * socket; called with the same inputs it does the same, in every JVM.
 *
 * <p>{@link #step} any number of inputs, then take one {@link #ready}: what collected meanwhile
 * shares one write and as few messages as possible.
 *
 * <p>What peers send is checked here once: a message that is not for this replica, from one that
 * was removed, or not well-formed is dropped, as a network may lose any. Whether the sender is a
 * member is not asked: this replica may not have heard of it yet (Raft §6). What only a bug could
 * bring about (two leaders in one term, a conflict with what is committed) fails an {@link
 * io.somekv.base.Invariant} instead, and stops the node.
 */
public final class RaftReplica {
    private final Core core;
    private final Voting voting;

    /**
     * @param self replica id of this replica
     * @param seed for its election timeouts
     */
    public RaftReplica(
            RaftConfig config, long self, Recovered recovered, long seed, Now startedAt) {
        this.core = new Core(config, self, recovered, seed, startedAt);
        this.voting = new Voting(core);
    }

    /**
     * Takes one input; what it calls for collects in {@link #ready}.
     *
     * @param now not before that of any earlier step
     */
    public void step(Now now, Input input) {
        core.advance(now);
        switch (input) {
            case Input.Tick _ -> core.role().onTick();
            case Input.Received received -> onReceived(received.message());
            case Input.Wake wake -> {
                if (!core.has(Mutation.QUIET_NOT_WOKEN)) {
                    core.role().wake(wake.nodeId());
                }
            }
            case Input.Propose propose -> onPropose(propose);
            case Input.Read read -> onRead(read);
            case Input.TransferLeadership transfer -> core.role().onTransfer(transfer);
            case Input.AdvanceTime advance -> {
                if (core.role() instanceof Leader leader) {
                    // Of a quiet group's clocks nothing is heard.
                    leader.wake(0);
                    leader.clock().advanceTo(advance.logTime());
                }
            }
            case Input.Persisted persisted -> onPersisted(persisted.mark());
            case Input.ChangeMembership change -> onChange(change);
            case Input.Compact compact -> core.compactTo(compact.index(), compact.logTime());
            case Input.Evict evict -> core.log().evictTo(evict.index());
            case Input.Install install -> onInstall(install.snapshot());
            case Input.NearlyFull full -> core.nearlyFull(full.nodeIds());
            case Input.Applied applied -> core.feed().onApplied(applied.index());
            case Input.Fetched fetched -> onFetched(fetched);
        }
    }

    /** What is to be done since the last call. */
    public Ready ready() {
        core.role().flush();
        core.feed().collect();
        Ready.Persist persist =
                core.persists().isDue()
                        ? core.persists().take(core.now(), core.hardState(), core.memberships())
                        : null;
        return core.effects().take(persist);
    }

    /**
     * When the next {@link Input.Tick} can matter, on the clock of {@link Now#nanos}: until then a
     * replica without other inputs need not be stepped. Changes with every other input.
     */
    public long nextDeadlineNanos() {
        return core.role().nextDeadlineNanos();
    }

    /** Whether this replica leads, as far as it knows. */
    public boolean leads() {
        return core.role() instanceof Leader;
    }

    /** Whether it leads, and has applied all that it, or one before it, committed (Raft §8). */
    public boolean hasAppliedAll() {
        return core.role() instanceof Leader leader
                && leader.entries().isFirstCommitted()
                && core.log().applied() == core.log().commit();
    }

    /** Whether it leads, and another is to lead in its place. */
    public boolean isTransferring() {
        return core.role() instanceof Leader leader && leader.isTransferring();
    }

    /** Why this replica's latest leadership ended; empty where it never led. */
    public Optional<StepDownCause> stepDownCause() {
        return Optional.ofNullable(core.stepDownCause());
    }

    /** Replica id of the leader it follows, its own when it leads, 0 when it knows none. */
    public long leaderId() {
        return core.role().leaderId();
    }

    /** What a leader would stamp now; elsewhere the latest that is known here. */
    public long logTime(Now now) {
        return core.role() instanceof Leader leader ? leader.clock().logTime(now) : core.logTime();
    }

    /** Whether {@link #logTime} is of now, by a clock that is vouched for; else it may be old. */
    public boolean stampsTime() {
        return core.role() instanceof Leader leader && !leader.clock().isRefused();
    }

    /**
     * Whether its group is quiet, as far as it knows: it counts on being told ({@link Input.Wake})
     * when one of the group's nodes is missed, its leader's above all.
     */
    public boolean isQuiet() {
        return core.role().isQuiet();
    }

    /** Where the group's log may grow, as far as this leader knows; HERE elsewhere. */
    public Room room() {
        return core.role() instanceof Leader leader
                ? leader.replication().sparing().room()
                : Room.HERE;
    }

    public ReplicaStatus status(Now now) {
        RaftLog log = core.log();
        return new ReplicaStatus(
                core.self(),
                core.role().role(),
                core.term(),
                leaderId(),
                log.last(),
                log.commit(),
                log.applied(),
                logTime(now),
                core.role() instanceof Leader leader ? leader.entries().uncommittedBytes() : 0,
                core.heartbeatGap().maxNanos(now.nanos()));
    }

    public Membership membership() {
        return core.membership();
    }

    public MembershipState memberships() {
        return core.memberships();
    }

    /** The log begins behind this entry. */
    public EntryId base() {
        return core.log().base();
    }

    /** Index of the entry that brought {@link #membership}; 0 for a group's first. */
    public long membershipIndex() {
        return core.memberships().index();
    }

    /** Whether a replica was a member, is none any more, and that is committed. */
    public boolean isGone(long replicaId) {
        return core.committedMembership().isGone(replicaId);
    }

    /** Whether another change of the members would be refused because one is under way. */
    public boolean isChanging() {
        return core.memberships().index() > core.log().commit() || core.membership().isJoint();
    }

    // Snapshots

    /**
     * Replica ids of those whom this leader can bring on only by a snapshot, that answer, and whose
     * disks have room for it; empty elsewhere.
     */
    public List<Long> wantingSnapshot() {
        return core.role() instanceof Leader leader
                ? leader.replication().wantingSnapshot()
                : List.of();
    }

    /** Whether this replica leads, and that one needs a snapshot and has room, if it is there. */
    public boolean wantsSnapshot(long replicaId) {
        return core.role() instanceof Leader leader
                && leader.replication().wantsSnapshot(replicaId);
    }

    /**
     * The id and membership of what the state machine holds at {@code applied}, which is not before
     * the log's base.
     */
    public Snapshot snapshotAt(long applied, long logTime) {
        return new Snapshot(core.log().idAt(applied), logTime, core.memberships().at(applied));
    }

    /**
     * Whether this replica needs {@code snapshot}: never an older one over newer state (KB-27), and
     * never one that ends with an entry of its log. What follows that entry may have been
     * acknowledged, and counts towards a quorum (Raft §7); a log that lacks the entry, or has
     * another in its place, holds nothing behind it that can be committed.
     */
    public boolean takes(Snapshot snapshot) {
        RaftLog log = core.log();
        boolean isNewer = snapshot.base().index() > log.commit();
        return (isNewer || core.has(Mutation.OLDER_SNAPSHOT_INSTALLED))
                && !log.holds(snapshot.base());
    }

    /**
     * How far the log may be dropped, given what the state machine has kept for good: a leader
     * keeps what those who answer still lack.
     */
    public long compactable(long keptIndex) {
        return core.role() instanceof Leader leader
                ? Math.min(keptIndex, leader.replication().leastMatch())
                : keptIndex;
    }

    private void onPropose(Input.Propose propose) {
        if (core.role() instanceof Leader leader) {
            leader.onPropose(propose);
        } else {
            long hint = core.role().leaderId();
            core.effects().answer(new ProposalResult.NotLeader(propose.token(), hint));
        }
    }

    private void onRead(Input.Read read) {
        if (core.freshness().isWithin(read.ageNanosMax(), core.now().nanos())) {
            long index = core.freshness().index();
            core.effects().answer(new ReadResult.Confirmed(read.token(), index));
            return;
        }
        switch (core.role()) {
            case Leader leader -> leader.onRead(read);
            case Follower follower -> follower.onRead(read);
            case PreCandidate _, Candidate _ ->
                    core.effects().answer(new ReadResult.NotLeader(read.token(), 0));
        }
    }

    private void onChange(Input.ChangeMembership change) {
        if (core.role() instanceof Leader leader) {
            leader.onChange(change);
        } else {
            long hint = core.role().leaderId();
            core.effects().answer(new ProposalResult.NotLeader(change.token(), hint));
        }
    }

    private void onInstall(Snapshot snapshot) {
        Invariant.check(takes(snapshot), "only a snapshot that is needed takes the log's place");
        if (snapshot.base().term() > core.term()) {
            core.becomeFollower(snapshot.base().term(), 0);
        }
        core.restore(snapshot);
        if (core.role() instanceof Follower follower) {
            follower.onRestored();
        }
    }

    private void onPersisted(PersistMark mark) {
        if (core.persists().onPersisted(mark)) {
            core.persists().release(core.effects(), core.now());
            core.role().onPersisted();
        }
    }

    private void onFetched(Input.Fetched fetched) {
        if (fetched.fetch().replicaId() == core.self()) {
            core.feed().onFetched(fetched);
        } else {
            core.role().onFetched(fetched);
        }
    }

    private void onReceived(Message message) {
        if (!isForThisReplica(message)) {
            return;
        }
        if (!(message instanceof Message.Quiesce || message instanceof Message.AppendAccepted)) {
            core.role().wake(0);
        }
        switch (message) {
            case Message.PreVote m -> voting.onPreVote(m);
            case Message.RequestVote m -> voting.onRequestVote(m);
            case Message.PreVoteReply m -> core.role().onPreVoteReply(m);
            case Message.RequestVoteReply m -> {
                if (isOfThisTerm(m) || core.has(Mutation.COUNT_MESSAGES_AS_VOTES)) {
                    core.role().onRequestVoteReply(m);
                }
            }
            case Message.AppendEntries m -> onAppendEntries(m);
            case Message.Quiesce m -> onQuiesce(m);
            case Message.TimeoutNow m -> {
                if (m.term() == core.term()) {
                    core.role().onTimeoutNow(m);
                }
            }
            case Message.InstallSnapshot m -> onInstallSnapshot(m);
            // For whoever hosts the replica.
            case Message.Introduce _,
                    Message.Inquiry _,
                    Message.Gone _,
                    Message.SnapshotAccepted _ -> {}
            case Message.ReadIndex m -> {
                if (isOfThisTerm(m)) {
                    core.role().onReadIndex(m);
                }
            }
            case Message.ReadIndexReply m -> {
                if (isOfThisTerm(m)) {
                    core.role().onReadIndexReply(m);
                }
            }
            case Message.AppendAccepted m -> {
                if (isOfThisTerm(m)) {
                    core.role().onAppendAccepted(m);
                }
            }
            case Message.AppendRejected m -> {
                if (isOfThisTerm(m)) {
                    core.role().onAppendRejected(m);
                }
            }
        }
    }

    private boolean isForThisReplica(Message message) {
        return message.to() == core.self()
                && message.from() != core.self()
                && message.term() > 0
                && !isGone(message.from())
                && MessageCheck.isWellFormed(message);
    }

    /**
     * Raft §5.1: a reply of an older term is late, one of a newer term ends whatever this replica
     * was in its own.
     */
    private boolean isOfThisTerm(Message reply) {
        if (reply.term() > core.term()) {
            core.becomeFollower(reply.term(), 0);
            return false;
        }
        return reply.term() == core.term();
    }

    /**
     * A leader of an older term is told the newer one, even where it could not win a vote here:
     * else a replica that campaigned alone, and its group, would ignore each other for ever (KB-8,
     * KB-12).
     */
    private void onAppendEntries(Message.AppendEntries message) {
        if (isOfALeaderOfNow(message, message.previous())) {
            core.role().onAppendEntries(message);
        }
    }

    private void onQuiesce(Message.Quiesce message) {
        if (isOfALeaderOfNow(message, message.last())) {
            core.role().onAppendEntries(message.heartbeat());
            core.role().onQuiesce(message);
        }
    }

    private void onInstallSnapshot(Message.InstallSnapshot message) {
        if (isOfALeaderOfNow(message, message.snapshot().base())) {
            core.role().onInstallSnapshot(message);
        }
    }

    private boolean isOfALeaderOfNow(Message message, EntryId at) {
        if (message.term() < core.term()) {
            core.reject(message.from(), at, EntryId.ZERO, 0);
            return false;
        }
        if (message.term() > core.term()) {
            core.becomeFollower(message.term(), message.from());
        }
        return true;
    }
}
