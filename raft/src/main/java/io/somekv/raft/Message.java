package io.somekv.raft;

import io.somekv.base.Bytes;
import java.util.List;

/**
 * Everything replicas of one group say to each other: the RPCs of Raft (figure 2, thesis §9.6 for
 * pre-vote) as one-way messages. {@code from} and {@code to} are replica ids; {@code term} is the
 * sender's, except in a pre-vote, where it is the term the sender would campaign in.
 */
public sealed interface Message {
    long from();

    long to();

    long term();

    /** Would you vote for me? Changes nothing at either side (thesis §9.6). */
    record PreVote(long from, long to, long term, EntryId last) implements Message {}

    /**
     * Echoes the term of the {@link PreVote}, so that a late reply is recognised; {@code voterTerm}
     * is the voter's own: a refused candidate adopts it where it is higher, or mixed terms could
     * lock a group (KB-8).
     */
    record PreVoteReply(long from, long to, long term, long voterTerm, boolean granted)
            implements Message {}

    /**
     * Raft §5.2, §5.4.1. Leaves only after the candidate's own term and vote are durable.
     *
     * @param byTransfer the leader itself wants this candidate elected: voters that still hear it
     *     listen all the same (thesis §3.10, §4.2.3)
     */
    record RequestVote(long from, long to, long term, EntryId last, boolean byTransfer)
            implements Message {}

    /**
     * @param wallMillis the voter's wall clock when its answer left, after its sync: a new leader
     *     founds log time only on a clock that its quorum vouches for
     */
    record RequestVoteReply(long from, long to, long term, boolean granted, long wallMillis)
            implements Message {}

    /**
     * Raft §5.3; with no entries it is a heartbeat.
     *
     * @param previous what must precede {@code entries} in the follower's log
     * @param commit the leader's commit index
     * @param round the latest round the leader had begun when it sent this: every heartbeat begins
     *     one, and so do waiting reads (thesis §6.4)
     */
    record AppendEntries(
            long from,
            long to,
            long term,
            EntryId previous,
            List<Entry> entries,
            long commit,
            long round)
            implements Message {
        public AppendEntries {
            entries = List.copyOf(entries);
        }
    }

    /**
     * Accepted: everything up to {@code matchIndex} is the leader's and durable here.
     *
     * @param round echo of the request's: this follower still took the sender for its leader then
     * @param wallMillis the follower's wall clock when its answer left
     */
    record AppendAccepted(
            long from, long to, long term, long matchIndex, long round, long wallMillis)
            implements Message {}

    /**
     * A heartbeat of a leader that has nothing to do: whoever has the log up to {@code last}, and
     * nothing behind it, knows now that it is committed, and need wait for no other. Answered as an
     * {@link AppendEntries} is.
     *
     * @param last entry of the leader's log
     * @param round of the leader's heartbeats
     */
    record Quiesce(long from, long to, long term, EntryId last, long round) implements Message {
        /** The heartbeat that it is, too. */
        AppendEntries heartbeat() {
            return new AppendEntries(from, to, term, last, List.of(), last.index(), round);
        }
    }

    /**
     * From one who follows: which index must a read wait for that came before this was sent (thesis
     * §6.4)?
     *
     * @param question never asked before by this replica
     */
    record ReadIndex(long from, long to, long term, Question question) implements Message {}

    /**
     * @param incarnation of the run of the process that asks: a late answer to a question of an
     *     earlier run is none to one of this
     */
    record Question(long incarnation, long number) {}

    /**
     * @param question of the {@link ReadIndex}; the sender was the leader at a moment after that
     *     came
     * @param index committed by then; nothing that was acknowledged to anybody by then is behind it
     * @param logTime the leader's, when this left
     */
    record ReadIndexReply(
            long from, long to, long term, Question question, long index, long logTime)
            implements Message {}

    /**
     * From a leader that wants the receiver in its place: campaign at once (thesis §3.10). It has
     * all of the leader's log.
     */
    record TimeoutNow(long from, long to, long term) implements Message {}

    /**
     * From a leader to a learner that never answered: this is your group. A node that has no
     * replica of it yet makes one.
     *
     * @param membership the one that counts at the leader
     */
    record Introduce(long from, long to, long term, Membership membership) implements Message {}

    /**
     * From one who hears no leader, and does not vote or is not in the cluster map: is it still a
     * member? Answered by {@link Gone} where it is not, else by nothing. Other voters find out when
     * they ask for votes.
     */
    record Inquiry(long from, long to, long term) implements Message {}

    /**
     * From one who knows it to be committed that the receiver was removed: nothing is to be
     * expected any more, and ids are never given twice.
     */
    record Gone(long from, long to, long term) implements Message {}

    /**
     * A piece of the leader's state machine, for a follower that needs more than the leader's log
     * has (Raft §7, figure 13).
     *
     * @param part counts the pieces of {@code snapshot}, from 0
     * @param rows opaque to this module
     * @param digest over the pieces up to and with this one
     */
    record InstallSnapshot(
            long from,
            long to,
            long term,
            Snapshot snapshot,
            long part,
            Bytes rows,
            long digest,
            boolean isLast)
            implements Message {}

    /**
     * The pieces of the snapshot behind {@code base} are kept up to {@code nextPart}, which is the
     * one to send; 0 where the receiver has none, or has no room for another snapshot yet.
     */
    record SnapshotAccepted(long from, long to, long term, EntryId base, long nextPart)
            implements Message {}

    /**
     * Refused, because {@code rejected} is not in the follower's log, or because its term is
     * higher.
     *
     * @param rejected the {@code previous} that did not match, so that a stale reply is recognised
     * @param hint where to go on: the follower's last entry of a term not above the rejected one
     *     (Raft §5.3, the fast backtracking)
     */
    record AppendRejected(
            long from,
            long to,
            long term,
            EntryId rejected,
            EntryId hint,
            long round,
            long wallMillis)
            implements Message {}
}
