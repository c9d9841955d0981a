package io.somekv.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must be done after a {@link RaftReplica#step}. The order of effects is inside the core:
 * whatever stands here may be done at once, in any order among the fields, because messages that
 * must wait for durability are held back until {@link Input.Persisted} names the persist they wait
 * for. Persists themselves are carried out one after the other, in the order they were handed out.
 *
 * @param persist to write and sync; null for nothing
 * @param messages to send now
 * @param committed to apply, in order; committed <b>and</b> locally durable
 * @param pieces of a snapshot that would bring this replica on; {@link Input.Install} once they are
 *     all there
 * @param fetches entries wanted back from disk, answered by {@link Input.Fetched}
 */
public record Ready(
        @Nullable Persist persist,
        List<Message> messages,
        List<Entry> committed,
        List<Fetch> fetches,
        List<ProposalResult> proposals,
        List<ReadResult> reads,
        List<Message.InstallSnapshot> pieces) {
    /**
     * One write to the log, made durable as a whole: first cut, then drop what lies before {@code
     * base}, then append, with the state that holds afterwards.
     *
     * @param base the log begins behind this entry. Where the log on disk, cut, does not hold it, a
     *     snapshot has taken the place of that log: nothing of it remains
     * @param baseLogTime no entry up to {@code base} has a later log time
     * @param truncateFrom drop what the log holds at this index and behind it; 0 for nothing. When
     *     {@code entries} is not empty its first index is {@code truncateFrom}, or follows the log
     */
    public record Persist(
            PersistMark mark,
            HardState hardState,
            MembershipState memberships,
            EntryId base,
            long baseLogTime,
            long truncateFrom,
            List<Entry> entries) {
        public Persist {
            entries = List.copyOf(entries);
        }
    }

    /**
     * Entries {@code from..to} (inclusive) are wanted from disk, up to {@code sizeMax} bytes but at
     * least one.
     *
     * @param replicaId the follower they are for; own id where they are to be applied
     */
    public record Fetch(long replicaId, long from, long to, int sizeMax) {}

    public Ready {
        messages = List.copyOf(messages);
        committed = List.copyOf(committed);
        fetches = List.copyOf(fetches);
        proposals = List.copyOf(proposals);
        reads = List.copyOf(reads);
        pieces = List.copyOf(pieces);
    }

    public boolean isEmpty() {
        return persist == null
                && messages.isEmpty()
                && committed.isEmpty()
                && fetches.isEmpty()
                && proposals.isEmpty()
                && reads.isEmpty()
                && pieces.isEmpty();
    }
}
