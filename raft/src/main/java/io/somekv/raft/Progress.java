package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a leader knows of one follower or learner (Raft figure 2: nextIndex, matchIndex), and what
 * it has on the way to it.
 *
 * <p>It begins <b>probing</b>: one message at a time, until the follower shows where its log
 * agrees. Then it <b>pipelines</b>: {@code nextIndex} advances when a message is sent, not when it
 * is acknowledged, as far as the window reaches. Whatever is lost on the way shows at the next
 * heartbeat, which names the last entry sent: the follower refuses it, and sending goes back.
 */
final class Progress {
    private record InFlight(long lastIndex, long bytes) {}

    private final Member member;
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private long inFlightBytes;

    /** {@code matchIndex < nextIndex}. Only ever grows within a leader's term. */
    private long matchIndex;

    private long nextIndex;
    private boolean isProbing = true;
    private boolean isProbeSent;

    /** It needs entries that the log has dropped: a snapshot has to come first (Raft §7). */
    private boolean isInstalling;

    /** Where probing looks: the entry before the probe's first. */
    private long probeIndex;

    /** The round in which sending last went back; -1 if it never did. */
    private long rewoundInRound = -1;

    /** The newest commit index and round that a message to it carried. */
    private long sentCommit;

    private long sentRound;
    private long ackedRound;
    private long lastHeardNanos;
    private boolean hasAnswered;

    /** Its wall clock when it last told it, dated to when it was asked for that; once known. */
    private long clockAtMost;

    /** The same, dated to when that was heard. */
    private long clockAtLeast;

    private boolean hasClock;
    private long clockNanos;

    /** Entries for it that are on their way back from disk. */
    private Ready.@Nullable Fetch fetch;

    Progress(Member member, long nextIndex, long nowNanos) {
        this.member = member;
        this.nextIndex = nextIndex;
        this.probeIndex = nextIndex - 1;
        this.lastHeardNanos = nowNanos;
    }

    long id() {
        return member.replicaId();
    }

    long nodeId() {
        return member.nodeId();
    }

    long matchIndex() {
        return matchIndex;
    }

    long nextIndex() {
        return nextIndex;
    }

    /** When it last answered; when the leader began to count on it, where it never did. */
    long lastHeardNanos() {
        return lastHeardNanos;
    }

    boolean hasAnswered() {
        return hasAnswered;
    }

    /** Whether an answer of it came since then. */
    boolean isHeardSince(long nanos) {
        return hasAnswered && lastHeardNanos >= nanos;
    }

    long ackedRound() {
        return ackedRound;
    }

    long sentRound() {
        return sentRound;
    }

    boolean isProbing() {
        return isProbing;
    }

    boolean isInstalling() {
        return isInstalling;
    }

    /** Sends no entries until {@link #rewindTo} says where the follower stands. */
    void becomeInstalling() {
        isInstalling = true;
        fetch = null;
        inFlight.clear();
        inFlightBytes = 0;
    }

    long inFlightBytes() {
        return inFlightBytes;
    }

    boolean hasClock() {
        return hasClock;
    }

    /** Whether its clock was heard since then. */
    boolean hasClockSince(long nanos) {
        return hasClock && clockNanos >= nanos;
    }

    /** Its clock's offset is no more than this; see {@link QuorumClock}. */
    long clockAtMost() {
        return clockAtMost;
    }

    /** Its clock's offset is no less than this. */
    long clockAtLeast() {
        return clockAtLeast;
    }

    Ready.@Nullable Fetch fetch() {
        return fetch;
    }

    void fetch(Ready.@Nullable Fetch wanted) {
        fetch = wanted;
    }

    /** Whether more may be sent now; the window always admits a first message. */
    boolean hasRoom(long inFlightBytesMax) {
        return isProbing ? !isProbeSent : inFlight.isEmpty() || inFlightBytes < inFlightBytesMax;
    }

    /** Whether a newer commit index is due and nothing on the way would bring it soon. */
    boolean lacksCommit(long commit) {
        return sentCommit < commit && inFlight.isEmpty() && !isProbing;
    }

    void onSent(Message.AppendEntries message) {
        sentCommit = Math.max(sentCommit, message.commit());
        onRoundSent(message.round());
        isProbeSent = true;
        int count = message.entries().size();
        if (count == 0) {
            return;
        }
        Invariant.check(
                message.previous().index() == nextIndex - 1,
                "messages to a follower follow each other",
                message.previous().index(),
                nextIndex);
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += message.entries().get(i).weight();
        }
        nextIndex += count;
        inFlightBytes += bytes;
        inFlight.addLast(new InFlight(nextIndex - 1, bytes));
    }

    void onRoundSent(long round) {
        sentRound = Math.max(sentRound, round);
    }

    /** Its node was heard, though not itself. */
    void onWatched(long nowNanos) {
        lastHeardNanos = nowNanos;
    }

    void onHeard(long round, long nowNanos) {
        lastHeardNanos = nowNanos;
        hasAnswered = true;
        ackedRound = Math.max(ackedRound, round);
    }

    void onClock(long wallMillis, long askedNanos, long nowNanos) {
        clockAtMost = QuorumClock.offset(wallMillis, askedNanos);
        clockAtLeast = QuorumClock.offset(wallMillis, nowNanos);
        hasClock = true;
        clockNanos = nowNanos;
    }

    /** Returns whether the match index advanced. */
    boolean onAccepted(long match) {
        if (isProbing && match >= probeIndex) {
            isProbing = false;
        }
        if (match <= matchIndex) {
            return false;
        }
        matchIndex = match;
        while (!inFlight.isEmpty() && inFlight.getFirst().lastIndex() <= match) {
            inFlightBytes -= inFlight.removeFirst().bytes();
        }
        if (nextIndex <= match) {
            nextIndex = match + 1;
        }
        return true;
    }

    /**
     * Whether a refusal says something new: it is of a position beyond the match, and either
     * answers the probe, or a message of a later round than the last one that sending went back in.
     * When one message of a full window is lost, all behind it are refused: the first refusal goes
     * back, and were the others heeded, each would send the window once more.
     */
    boolean isFresh(EntryId rejected, long round) {
        return rejected.index() > matchIndex
                && rejected.index() < nextIndex
                && (round > rewoundInRound || (isProbing && rejected.index() == probeIndex));
    }

    /**
     * Goes back to {@code next}, never below what is known to match.
     *
     * @param isProven whether the follower is known to hold the entry before it
     * @param round the latest begun
     */
    void rewindTo(long next, boolean isProven, long round) {
        rewoundInRound = round;
        nextIndex = Math.max(next, matchIndex + 1);
        isInstalling = false;
        isProbing = !isProven;
        isProbeSent = false;
        probeIndex = nextIndex - 1;
        inFlight.clear();
        inFlightBytes = 0;
    }
}
