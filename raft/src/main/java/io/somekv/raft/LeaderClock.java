package io.somekv.raft;

import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * The wall clock that a leader stamps log time with, for as long as its quorum vouches for it
 * (DESIGN §3, log time). It is fixed as an offset to the monotonic clock when the leader is
 * elected, so that within a term log time runs by the monotonic clock.
 */
final class LeaderClock {
    private final Core core;
    private final Replication replication;
    private final QuorumClock clocks = new QuorumClock();

    /** This leader's wall clock: its lead over the monotonic clock, as it was when it won. */
    private long offset;

    /** Since when no quorum vouches for it: nothing is appended; MAX_VALUE: never. */
    private long refusedSinceNanos = Long.MAX_VALUE;

    LeaderClock(Core core, Replication replication) {
        this.core = core;
        this.replication = replication;
        this.offset = own(core.now());
    }

    /** What this leader would stamp now: never back, and no further by a clock not vouched for. */
    long logTime(Now now) {
        long last = core.log().lastLogTime();
        return isRefused() ? last : Math.max(last, wallMillis(now));
    }

    /**
     * The only voter has nobody to yield to, and no others to be judged by: by its own clock as it
     * is now, whatever it was, and whenever it was last looked at, log time is not too far ahead.
     */
    private long wallMillis(Now now) {
        return QuorumClock.wallMillis(core.isOnlyVoter() ? bounded(now) : offset, now.nanos());
    }

    private long bounded(Now now) {
        return Math.min(offset, own(now) + core.config().clockLeadMillisMax());
    }

    /** The only voter keeps to that bound when there are others, until they have been heard. */
    void onChange(Membership next) {
        if (core.isOnlyVoter() && !next.isOnlyVoter(core.self())) {
            offset = bounded(core.now());
        }
    }

    boolean isRefused() {
        return refusedSinceNanos != Long.MAX_VALUE;
    }

    void refuse() {
        refusedSinceNanos = core.now().nanos();
    }

    /**
     * Compares this leader's clock with those of the voters heard lately. Being vouched for counts
     * from then on: the votes that came first may have been those of slow clocks, or too late to
     * tell.
     */
    void judge() {
        if (core.isOnlyVoter()) {
            return;
        }
        if (isRefused() && isVouchedFor(offset, this::hasClock)) {
            refusedSinceNanos = Long.MAX_VALUE;
        } else if (!isRefused() && isConvicted()) {
            refuse();
        }
    }

    /**
     * Goes on from {@code millis}, which another group's log time has reached, if that is ahead of
     * this clock and the quorum vouches for it. A leader with a slow clock would else keep its
     * group behind for as long as it leads, and no shard could come to it (DESIGN §7). What the
     * voters' clocks were before a quiet time vouches for nothing: they may have been wrong then,
     * and log time never goes back.
     */
    void advanceTo(long millis) {
        long wanted = QuorumClock.offset(millis, core.now().nanos());
        long since = replication.recently();
        if (!isRefused() && isVouchedFor(wanted, follower -> follower.hasClockSince(since))) {
            offset = Math.max(offset, wanted);
        }
    }

    private boolean isVouchedFor(long wanted, Predicate<Progress> counts) {
        return takeClocks(counts, Progress::clockAtLeast)
                && clocks.vouchesFor(wanted, core.config().clockLeadMillisMax());
    }

    private boolean isConvicted() {
        return takeClocks(this::hasClock, Progress::clockAtMost)
                && !clocks.vouchesFor(offset, core.config().clockLeadMillisMax());
    }

    private static long own(Now now) {
        return QuorumClock.offset(now.wallMillis(), now.nanos());
    }

    /** Reads those that count. Returns whether they are, with this replica's own, a quorum. */
    private boolean takeClocks(Predicate<Progress> counts, ToLongFunction<Progress> reading) {
        clocks.clear();
        clocks.add(own(core.now()));
        for (Progress follower : replication.followers()) {
            if (core.membership().isVoter(follower.id()) && counts.test(follower)) {
                clocks.add(reading.applyAsLong(follower));
            }
        }
        return core.membership()
                .hasQuorum(id -> {
                    Progress follower = replication.find(id);
                    return follower == null || counts.test(follower);
                });
    }

    /** Of one that is watched over in a quiet time, what was heard last counts. */
    private boolean hasClock(Progress follower) {
        return follower.hasClock() && replication.isNotSilent(follower);
    }

    /**
     * A clock that its quorum does not vouch for stamps nothing more (KB-50). Its replica leads on
     * until it is convicted, all had time to speak, and some voter has all of its log; only then it
     * steps down. Else the others could not be elected:
     *
     * <ol>
     *   <li>of three replicas C is down, A's clock is ahead and A's log is longer than B's,
     *   <li>A steps down at once; B's log is behind, so A must refuse it its vote,
     *   <li>A is elected again, steps down again: no leader for ever.
     * </ol>
     *
     * Where answers are so slow that they tell nothing either way, another gets its turn later.
     */
    boolean mustLeave() {
        if (!isRefused()) {
            return false;
        }
        long waited = core.now().nanos() - refusedSinceNanos;
        boolean isReplaceable =
                waited >= 2 * core.config().heartbeatNanos()
                        && isConvicted()
                        && replication.hasVoterBeyond(core.log().last().index() - 1);
        return isReplaceable || waited >= 2 * core.config().electionTimeoutNanos();
    }
}
