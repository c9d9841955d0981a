package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import java.util.List;

/** Everything that can happen to a replica. */
public sealed interface Input {
    /** Time went on: drives elections, heartbeats, check-quorum, and the stall watch. */
    record Tick() implements Input {}

    record Received(Message message) implements Input {}

    /**
     * A node is not heard any more, or was started anew, or may have been: if this replica's group
     * is quiet and a member lives there, it misses that member. To be given for every node of a
     * group that {@link RaftReplica#isQuiet}; more often than needed does no harm.
     */
    record Wake(long nodeId) implements Input {}

    /**
     * Append one entry, if this replica leads; answered by a {@link ProposalResult} with the same
     * token in the next {@link Ready}.
     *
     * @param kind COMMANDS or TIME
     */
    record Propose(long token, EntryKind kind, Bytes payload) implements Input {}

    /**
     * Asks for an index that a read must wait for (thesis §6.4); of the leader's lease, of a round
     * among its followers, or of the leader. A replica that follows nobody refuses.
     *
     * <p>The time of the step that takes this must have been read after the read came in: a lease
     * is looked at then, so that a pause between the two cannot make the read a stale one.
     *
     * @param ageNanosMax how old what the read sees may be: everything acknowledged longer ago is
     *     in it. 0 for a linearizable read; MAX_VALUE for whatever is there
     */
    record Read(long token, long ageNanosMax) implements Input {
        public Read {
            Invariant.check(ageNanosMax >= 0, "an age is not negative");
        }
    }

    /**
     * Let another voter lead (thesis §3.10), if this replica does: it stops taking proposals, waits
     * until the other has all of its log, and has it elected. Where that does not happen within an
     * election timeout it leads on. There is no answer: whoever leads then shows.
     *
     * @param replicaId the voter to lead; 0 for the one that has most of the log
     */
    record TransferLeadership(long replicaId) implements Input {}

    /**
     * Have one member more or less, if this replica leads; answered like a {@link Propose}, or
     * refused with the reason. Done once that entry is applied, and the membership settled.
     */
    record ChangeMembership(long token, MembershipChange change) implements Input {}

    /**
     * Another group's log time was {@code logTime}, and this group is to go on from what was judged
     * by it. A leader whose own clock is behind advances to there, as far as the clocks of its
     * quorum, heard lately, bear that out; others do nothing. A group that its leader let go quiet
     * wakes, for its clocks to be heard, and stays awake for as long as this is asked.
     */
    record AdvanceTime(long logTime) implements Input {}

    /**
     * The state machine has kept everything up to {@code index} for good: the log may be dropped up
     * to there. An index that the log begins behind already changes nothing.
     *
     * @param logTime no earlier than that of any entry up to there
     */
    record Compact(long index, long logTime) implements Input {}

    /**
     * The state machine has kept everything up to {@code index} for good: the entries up to there
     * need not be in memory, also where the log must not be dropped yet. Who still lacks one has it
     * fetched ({@link Ready.Fetch}).
     *
     * <p>{@link RaftConfig#cacheBytesMax} bounds one replica. A node has many, and one follower
     * that is slow may keep the logs of all of them: what they hold in memory is bounded together
     * by what was written since the index that the last of these names.
     */
    record Evict(long index) implements Input {}

    /**
     * The state machine has been set to {@code snapshot}, if {@link RaftReplica#takes} says so: it
     * takes the place of the log.
     */
    record Install(Snapshot snapshot) implements Input {}

    /**
     * The disks of these nodes are nearly full, as far as is known here; this replica's own may be
     * among them. A leader spares their replicas: it sends them no more of its log than a quorum
     * needs ({@link RaftReplica#room}). Counts until the next one.
     */
    record NearlyFull(List<Long> nodeIds) implements Input {
        public NearlyFull {
            nodeIds = List.copyOf(nodeIds);
        }
    }

    /** A {@link Ready.Persist} is durable. Persists complete in the order they were handed out. */
    record Persisted(PersistMark mark) implements Input {}

    /** The state machine has applied everything up to {@code index}. */
    record Applied(long index) implements Input {}

    /**
     * What a {@link Ready.Fetch} asked for: entries from its first index on, at least one, as many
     * as its bound allowed. Empty where the log no longer has them because it was truncated
     * meanwhile.
     */
    record Fetched(Ready.Fetch fetch, List<Entry> entries) implements Input {
        public Fetched {
            entries = List.copyOf(entries);
        }
    }
}
