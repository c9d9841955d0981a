package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way to this replica's disk, and the messages that wait for it (DESIGN §3, rules 1
 * and 3).
 *
 * <p>Persists complete in the order they were handed out, so a message waits for the <b>number</b>
 * of a persist. Log positions could not say it: a position that was cut and written again would be
 * vouched for by the acknowledgement of what stood there before (KB-21):
 *
 * <ol>
 *   <li>persist 7 takes entries 4..6 of term 2 to disk,
 *   <li>the leader of term 3 cuts them, persist 8 carries its own entries 4..6,
 *   <li>persist 7 is acknowledged: entries 4..6 of term 3 are <b>not</b> durable yet.
 * </ol>
 *
 * So a cut also clips what the outstanding persists may vouch for.
 */
final class PersistQueue {
    /** A persist under way; {@code through} is the last entry it may still vouch for. */
    private static final class Outstanding {
        final PersistMark mark;
        final long handedOutNanos;
        long through;

        Outstanding(PersistMark mark, long handedOutNanos) {
            this.mark = mark;
            this.handedOutNanos = handedOutNanos;
            this.through = mark.last().index();
        }
    }

    private record Held(long number, Message message) {}

    private final RaftConfig config;
    private final RaftLog log;
    private final long incarnation;
    private final ArrayDeque<Outstanding> outstanding = new ArrayDeque<>();

    /** Ascending in number. */
    private final ArrayDeque<Held> held = new ArrayDeque<>();

    private long handedOut;
    private long done;

    /** Term, vote or membership changed since the last persist. */
    private boolean stateChanged;

    private boolean baseChanged;

    /** The persist that carries, or will carry, the newest term and vote. */
    private long stateNumber;

    /** The last entry that some persist took with it; those behind it wait for the next. */
    private long handedOutIndex;

    /** Where the next persist cuts the log on disk first; 0 for nowhere. */
    private long truncateFrom;

    PersistQueue(RaftConfig config, RaftLog log, long incarnation) {
        this.config = config;
        this.log = log;
        this.incarnation = incarnation;
        this.handedOutIndex = log.last().index();
    }

    /** The log begins elsewhere: worth a write, or its room is never given back. */
    void onCompacted() {
        baseChanged = true;
    }

    /** A snapshot took the log's place: what is on its way speaks of a log that is gone. */
    void onRestored() {
        long behind = log.base().index() + 1;
        baseChanged = true;
        if (truncateFrom != 0) {
            truncateFrom = Math.min(truncateFrom, behind);
        } else if (handedOutIndex >= behind) {
            truncateFrom = behind;
        }
        handedOutIndex = log.last().index();
        for (Outstanding persist : outstanding) {
            persist.through = 0;
        }
    }

    void onStateChanged() {
        stateChanged = true;
        stateNumber = handedOut + 1;
    }

    /** The log was cut at {@code index}. */
    void onTruncated(long index) {
        if (index <= handedOutIndex) {
            truncateFrom = truncateFrom == 0 ? index : Math.min(truncateFrom, index);
            handedOutIndex = index - 1;
        }
        if (config.mutations().contains(Mutation.LATE_STORAGE_ACKNOWLEDGEMENT)) {
            return;
        }
        for (Outstanding persist : outstanding) {
            persist.through = Math.min(persist.through, index - 1);
        }
    }

    /** Whether there is anything but a commit index to write; that alone is not worth a sync. */
    boolean isDue() {
        return stateChanged
                || baseChanged
                || truncateFrom != 0
                || log.last().index() > handedOutIndex;
    }

    /** The write that is due, if any. */
    Ready.@Nullable Persist take(Now now, HardState hardState, MembershipState memberships) {
        if (!isDue()) {
            return null;
        }
        List<Entry> entries = new ArrayList<>((int) (log.last().index() - handedOutIndex));
        for (long index = handedOutIndex + 1; index <= log.last().index(); index++) {
            Entry entry = log.cached(index);
            if (entry == null) {
                throw Invariant.unreachable("an entry left the cache before it was persisted");
            }
            entries.add(entry);
        }
        handedOut++;
        PersistMark mark = new PersistMark(incarnation, handedOut, log.last());
        Ready.Persist persist =
                new Ready.Persist(
                        mark,
                        hardState,
                        memberships,
                        log.base(),
                        log.baseLogTime(),
                        truncateFrom,
                        entries);
        outstanding.add(new Outstanding(mark, now.nanos()));
        handedOutIndex = log.last().index();
        truncateFrom = 0;
        stateChanged = false;
        baseChanged = false;
        return persist;
    }

    /**
     * A persist, and so every one before it, is durable. Returns whether that was news: one of
     * another incarnation or one that is known already is none.
     */
    boolean onPersisted(PersistMark mark) {
        if (mark.incarnation() != incarnation || mark.number() <= done) {
            return false;
        }
        Invariant.check(
                mark.number() <= handedOut,
                "only what was handed out becomes durable",
                mark.number(),
                handedOut);
        done = mark.number();
        while (!outstanding.isEmpty() && outstanding.getFirst().mark.number() <= done) {
            Outstanding persist = outstanding.removeFirst();
            if (persist.mark.number() == done) {
                Invariant.check(persist.mark.equals(mark), "a mark comes back unchanged");
            }
            log.durableTo(persist.through);
        }
        return true;
    }

    /** Sends {@code message} once this replica's newest term and vote are durable. */
    void sendWhenStateDurable(Message message, Effects effects, Now now) {
        sendAfter(stateNumber, message, effects, now);
    }

    /** Sends {@code message} once all that changed so far is durable. */
    void sendWhenAllDurable(Message message, Effects effects, Now now) {
        sendAfter(isDue() ? handedOut + 1 : handedOut, message, effects, now);
    }

    /** Sends what no longer needs to wait. */
    void release(Effects effects, Now now) {
        while (!held.isEmpty() && held.getFirst().number() <= done) {
            effects.send(stampedAt(now, held.removeFirst().message()));
        }
    }

    boolean isStateDurable() {
        return stateNumber <= done || config.mutations().contains(Mutation.VOTE_BEFORE_DURABLE);
    }

    /** Since when the oldest outstanding persist is under way; MAX_VALUE for none. */
    long oldestSinceNanos() {
        return outstanding.isEmpty() ? Long.MAX_VALUE : outstanding.getFirst().handedOutNanos;
    }

    private void sendAfter(long number, Message message, Effects effects, Now now) {
        if (number <= done || isSentTooEarly(message)) {
            effects.send(stampedAt(now, message));
            return;
        }
        // Numbers are held in ascending order: one that waits for less waits a little longer.
        Held tail = held.peekLast();
        long waitFor = tail == null ? number : Math.max(number, tail.number());
        if (tail != null && tail.number() == waitFor && replaces(message, tail.message())) {
            held.removeLast();
        }
        held.addLast(new Held(waitFor, message));
    }

    private boolean isSentTooEarly(Message message) {
        return switch (message) {
            case Message.RequestVote _, Message.RequestVoteReply _ ->
                    config.mutations().contains(Mutation.VOTE_BEFORE_DURABLE);
            case Message.AppendAccepted _ ->
                    config.mutations().contains(Mutation.ACKNOWLEDGE_BEFORE_DURABLE);
            case Message.PreVote _,
                    Message.PreVoteReply _,
                    Message.AppendEntries _,
                    Message.Quiesce _,
                    Message.AppendRejected _,
                    Message.TimeoutNow _,
                    Message.ReadIndex _,
                    Message.ReadIndexReply _,
                    Message.Introduce _,
                    Message.Inquiry _,
                    Message.Gone _,
                    Message.InstallSnapshot _,
                    Message.SnapshotAccepted _ ->
                    false;
        };
    }

    /** An acknowledgement says all that an earlier one of its term said. */
    private static boolean replaces(Message message, Message earlier) {
        return message instanceof Message.AppendAccepted accepted
                && earlier instanceof Message.AppendAccepted before
                && accepted.to() == before.to()
                && accepted.term() == before.term()
                && accepted.matchIndex() >= before.matchIndex()
                && accepted.round() >= before.round();
    }

    /** A wall clock that waited for a sync would look late by as much: it is read on leaving. */
    private static Message stampedAt(Now now, Message message) {
        return switch (message) {
            case Message.RequestVoteReply m ->
                    new Message.RequestVoteReply(
                            m.from(), m.to(), m.term(), m.granted(), now.wallMillis());
            case Message.AppendAccepted m ->
                    new Message.AppendAccepted(
                            m.from(),
                            m.to(),
                            m.term(),
                            m.matchIndex(),
                            m.round(),
                            now.wallMillis());
            case Message.PreVote _,
                    Message.PreVoteReply _,
                    Message.RequestVote _,
                    Message.AppendEntries _,
                    Message.Quiesce _,
                    Message.AppendRejected _,
                    Message.TimeoutNow _,
                    Message.ReadIndex _,
                    Message.ReadIndexReply _,
                    Message.Introduce _,
                    Message.Inquiry _,
                    Message.Gone _,
                    Message.InstallSnapshot _,
                    Message.SnapshotAccepted _ ->
                    message;
        };
    }
}
