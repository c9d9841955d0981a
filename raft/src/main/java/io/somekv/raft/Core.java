package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a replica keeps whatever its role: identity, term and vote, the log, and what is on its way
 * out. Roles change here and nowhere else (Raft figure 4).
 */
final class Core {
    /** For so many election timeouts one whose clock nobody vouched for leaves it to others. */
    private static final int CLOCK_PENALTY_TIMEOUTS = 4;

    /** Once in so many election timeouts, at most, a leader hands over because of its disk. */
    private static final int HAND_OVER_TIMEOUTS = 60;

    private final RaftConfig config;
    private final long self;
    private final SplittableRandom random;
    private final Effects effects = new Effects();
    private final RaftLog log;
    private final PersistQueue persists;
    private final CommittedFeed feed;

    private final Freshness freshness = new Freshness();
    private final HeartbeatGap heartbeatGap;

    private final long incarnation;
    private long questions;

    /** The latest that a leader told; it may be ahead of the log. */
    private long heardLogTime;

    private MembershipState memberships;
    private long term;

    /**
     * Replica id this replica voted for in {@code term}; 0 for none. Cleared by a new term only.
     */
    private long votedFor;

    private RoleState role;
    private Now now;

    /** See {@link Input.NearlyFull}. */
    private List<Long> nearlyFull = List.of();

    /** Of the latest leadership that ended here; null where none has. */
    private @Nullable StepDownCause stepDownCause;

    /**
     * Until then votes are refused: the minimum election timeout since the process started, and
     * since a leader was heard (DESIGN §3, rule 6). The start counts because this replica may have
     * heard a leader, and so have been part of its lease, just before it crashed.
     */
    private long votesRefusedUntilNanos;

    private long campaignsNotBeforeNanos;
    private long handsOverNotBeforeNanos;

    /** Since when the persist is under way that this replica handed over for. */
    private long stuckSinceNanos = Long.MAX_VALUE;

    Core(RaftConfig config, long self, Recovered recovered, long seed, Now startedAt) {
        this.config = config;
        this.self = self;
        this.memberships = recovered.memberships();
        this.random = new SplittableRandom(seed);
        this.log = new RaftLog(config, recovered);
        this.persists = new PersistQueue(config, log, recovered.incarnation());
        this.feed = new CommittedFeed(self, log, effects);
        this.incarnation = recovered.incarnation();
        this.term = recovered.hardState().term();
        this.votedFor = recovered.hardState().votedFor();
        this.now = startedAt;
        this.heartbeatGap = new HeartbeatGap(startedAt.nanos());
        this.votesRefusedUntilNanos = startedAt.nanos() + config.electionTimeoutNanos();
        this.campaignsNotBeforeNanos = startedAt.nanos();
        this.handsOverNotBeforeNanos = startedAt.nanos();
        Invariant.check(term >= log.last().term(), "term covers the log");
        long wait = isOnlyVoter() ? 0 : electionWaitNanos();
        this.role = new Follower(this, 0, startedAt.nanos() + wait);
    }

    RaftConfig config() {
        return config;
    }

    long self() {
        return self;
    }

    /** The one that counts: the newest in the log, committed or not (Raft §6). */
    Membership membership() {
        return memberships.current();
    }

    MembershipState memberships() {
        return memberships;
    }

    /** The newest that is committed. */
    Membership committedMembership() {
        return memberships.at(log.commit());
    }

    Effects effects() {
        return effects;
    }

    RaftLog log() {
        return log;
    }

    PersistQueue persists() {
        return persists;
    }

    CommittedFeed feed() {
        return feed;
    }

    long term() {
        return term;
    }

    RoleState role() {
        return role;
    }

    Now now() {
        return now;
    }

    @Nullable StepDownCause stepDownCause() {
        return stepDownCause;
    }

    void advance(Now later) {
        Invariant.check(later.nanos() >= now.nanos(), "time goes on", later.nanos(), now.nanos());
        now = later;
    }

    boolean has(Mutation mutation) {
        return config.mutations().contains(mutation);
    }

    void nearlyFull(List<Long> nodeIds) {
        nearlyFull = nodeIds;
    }

    boolean isAnyNearlyFull() {
        return !nearlyFull.isEmpty();
    }

    boolean isNearlyFull(long nodeId) {
        return nearlyFull.contains(nodeId);
    }

    HardState hardState() {
        return new HardState(term, votedFor, log.commit());
    }

    boolean isOnlyVoter() {
        return membership().isOnlyVoter(self);
    }

    // The log, and the membership that follows it

    /**
     * Tells a leader that its entries do not follow this log, or that its term is over, whatever it
     * sent.
     *
     * @param previous the entry that was to be here
     * @param hint where the logs may agree; {@link EntryId#ZERO} where that is not the question
     * @param round that this answers; 0 for none
     */
    void reject(long leaderId, EntryId previous, EntryId hint, long round) {
        effects.send(
                new Message.AppendRejected(
                        self, leaderId, term(), previous, hint, round, now.wallMillis()));
    }

    void append(Entry entry) {
        log.append(entry);
        if (entry.kind() == EntryKind.MEMBERSHIP) {
            Membership next = MembershipCodec.decode(entry.payload().reader());
            memberships = memberships.appended(entry.index(), next);
        }
    }

    /** Cuts the log: the entry at {@code index} and all behind it are gone. */
    void truncateFrom(long index) {
        log.truncateFrom(index);
        persists.onTruncated(index);
        memberships = memberships.truncatedFrom(index);
    }

    void compactTo(long index, long logTime) {
        if (index > log.base().index()) {
            log.compactTo(index, logTime);
            persists.onCompacted();
        }
    }

    void restore(Snapshot snapshot) {
        log.restore(snapshot);
        persists.onRestored();
        feed.onRestored(snapshot.base().index());
        boolean isKept = has(Mutation.SNAPSHOT_WITHOUT_MEMBERSHIP);
        Membership next = isKept ? memberships.current() : snapshot.membership();
        memberships = MembershipState.settledAt(next, snapshot.base().index());
    }

    // Reads

    Freshness freshness() {
        return freshness;
    }

    HeartbeatGap heartbeatGap() {
        return heartbeatGap;
    }

    Message.Question nextQuestion() {
        return new Message.Question(incarnation, ++questions);
    }

    void onLogTime(long heard) {
        heardLogTime = Math.max(heardLogTime, heard);
    }

    long logTime() {
        return Math.max(log.lastLogTime(), heardLogTime);
    }

    // Elections

    /** A wait drawn from [minimum, 2 × minimum): Raft §5.2 against split votes. */
    long electionWaitNanos() {
        return config.electionTimeoutNanos() + random.nextLong(config.electionTimeoutNanos());
    }

    /**
     * Whether this replica may try to lead now. One whose disk is stuck could not even persist its
     * vote (rule 5); one whose clock was refused gives the others time to elect one of them.
     *
     * <p>One that leaves its group may be needed until that is committed (thesis §4.2.2): it alone
     * may have the entry that says so, and who has less of the log cannot be elected.
     */
    boolean mayCampaign() {
        return (membership().isVoter(self) || committedMembership().isVoter(self))
                && now.nanos() >= campaignsNotBeforeNanos
                && !isDiskStalled();
    }

    private boolean isDiskStalled() {
        long since = persists.oldestSinceNanos();
        return since != Long.MAX_VALUE
                && (since == stuckSinceNanos || now.nanos() - since >= config.diskStallNanos());
    }

    boolean refusesVotes() {
        return now.nanos() < votesRefusedUntilNanos || role instanceof Leader;
    }

    void onLeaderContact() {
        votesRefusedUntilNanos =
                Math.max(votesRefusedUntilNanos, now.nanos() + config.electionTimeoutNanos());
    }

    /**
     * Whether {@code candidateId} can have this term's vote (Raft §5.2: first come, one a term).
     */
    boolean isVoteFreeFor(long candidateId) {
        return votedFor == 0 || votedFor == candidateId;
    }

    void voteFor(long candidateId) {
        Invariant.check(isVoteFreeFor(candidateId), "one vote a term", votedFor, candidateId);
        if (votedFor != candidateId) {
            votedFor = candidateId;
            persists.onStateChanged();
        }
    }

    // Changes of role

    /** Follows {@code leaderId} (0 for none known yet) in {@code newTerm}. */
    void becomeFollower(long newTerm, long leaderId) {
        if (newTerm > term && role instanceof Leader leader) {
            stepDownCause = leader.causeOfNewerTerm();
        }
        adoptTerm(newTerm);
        become(new Follower(this, leaderId, now.nanos() + electionWaitNanos()));
    }

    void becomePreCandidate() {
        PreCandidate preCandidate = new PreCandidate(this, now.nanos() + electionWaitNanos());
        become(preCandidate);
        preCandidate.campaign();
    }

    /**
     * @param byTransfer at the wish of the leader of the term before
     */
    void becomeCandidate(boolean byTransfer) {
        adoptTerm(term + 1);
        voteFor(self);
        Candidate candidate = new Candidate(this, now.nanos() + electionWaitNanos(), byTransfer);
        become(candidate);
        candidate.campaign();
    }

    /**
     * @param vouched whether the clocks of the quorum bear out this replica's own
     */
    void becomeLeader(boolean vouched) {
        Invariant.check(role instanceof Candidate, "only a candidate becomes leader");
        Leader leader = new Leader(this);
        become(leader);
        leader.begin(vouched);
    }

    /** A leader that gives up its term by itself. */
    void stepDown(StepDownCause cause) {
        stepDownCause = cause;
        becomeFollower(term, 0);
    }

    /** Yields for the sake of its clock, and lets the others elect one of them. */
    void stepDownForBetterClock() {
        campaignsNotBeforeNanos =
                now.nanos() + CLOCK_PENALTY_TIMEOUTS * config.electionTimeoutNanos();
        stepDown(StepDownCause.CLOCK_AHEAD);
    }

    /**
     * Whether a slow disk is reason to hand over: not again soon. Disks that are slow in turns
     * would send leadership round and round.
     */
    boolean mayHandOver() {
        return now.nanos() >= handsOverNotBeforeNanos;
    }

    /** A leader hands over because of its disk. */
    void onHandOver() {
        stuckSinceNanos = persists.oldestSinceNanos();
        handsOverNotBeforeNanos = now.nanos() + HAND_OVER_TIMEOUTS * config.electionTimeoutNanos();
    }

    private void become(RoleState next) {
        role.onLeave();
        role = next;
    }

    /** A vote stands as long as its term: stepping down within a term keeps it (KB-9). */
    private void adoptTerm(long newTerm) {
        Invariant.check(newTerm >= term, "terms never go back", newTerm, term);
        if (newTerm > term) {
            term = newTerm;
            votedFor = 0;
            persists.onStateChanged();
        }
    }
}
