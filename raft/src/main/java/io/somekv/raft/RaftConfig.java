package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.Set;

/**
 * Settings of one replica. All bounds are in bytes, all durations in nanoseconds.
 *
 * @param electionTimeoutNanos the minimum; each wait is drawn from [minimum, 2 × minimum)
 * @param appendBytesMax payload of one AppendEntries, exceeded only by a single larger entry
 * @param inFlightBytesMax sent to one follower and not yet acknowledged
 * @param uncommittedBytesMax in the leader's log above the commit index; past it: Busy
 * @param cacheBytesMax entries kept in memory for followers, beyond those not yet applied
 * @param diskStallNanos a leader whose own persist takes longer steps down (KB-35)
 * @param diskLagNanosMax a leader that has its log durable later than its quorum, by more than this
 *     on average, hands over, and so does one whose persist takes half an election timeout; 0: only
 *     {@code diskStallNanos} counts
 * @param clockLeadMillisMax a leader whose log time runs further ahead of its quorum's median wall
 *     clock does not stamp, and yields
 * @param leaseNanos for how long a leader that a quorum has heard reads without asking again; 0: it
 *     always asks. See {@link #leased}
 * @param quiesceAfterNanos for how long a group must have nothing to do before it goes quiet; 0:
 *     never, for where nobody watches over the nodes. See {@link Input.Wake}
 * @param mutations bugs to put back, for the mutant table only
 */
public record RaftConfig(
        long electionTimeoutNanos,
        long heartbeatNanos,
        int appendBytesMax,
        int inFlightBytesMax,
        long uncommittedBytesMax,
        long cacheBytesMax,
        long diskStallNanos,
        long diskLagNanosMax,
        long clockLeadMillisMax,
        long leaseNanos,
        long quiesceAfterNanos,
        Set<Mutation> mutations) {
    /** Sane for a local network: elections after 1 to 2 s, heartbeats every 100 ms. */
    public static RaftConfig defaults() {
        return new RaftConfig(
                1_000_000_000L,
                100_000_000L,
                1 << 20,
                8 << 20,
                64L << 20,
                32L << 20,
                5_000_000_000L,
                200_000_000L,
                500,
                0,
                2_000_000_000L,
                java.util.Collections.emptySet());
    }

    /**
     * With a lease (thesis §6.4.1). It is safe as long as no two clocks of the group's replicas run
     * at rates that differ by more than the bound, and all of them have the same election timeout:
     * a voter gives its vote to nobody for that timeout by its own clock, which may be fast, and
     * the leader's may be slow.
     *
     * @param driftPermilleMax by how much the rate of any clock may be off, at most; below 1000.
     *     One that stands still while its machine is suspended breaks every bound
     */
    public RaftConfig leased(int driftPermilleMax) {
        Invariant.check(
                driftPermilleMax >= 0 && driftPermilleMax < 1000,
                "a clock drifts by less than its own rate");
        long lease = electionTimeoutNanos / (1000 + driftPermilleMax) * (1000 - driftPermilleMax);
        return new RaftConfig(
                electionTimeoutNanos,
                heartbeatNanos,
                appendBytesMax,
                inFlightBytesMax,
                uncommittedBytesMax,
                cacheBytesMax,
                diskStallNanos,
                diskLagNanosMax,
                clockLeadMillisMax,
                lease,
                quiesceAfterNanos,
                mutations);
    }
}
