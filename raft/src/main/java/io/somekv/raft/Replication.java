package io.somekv.raft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A leader's followers and learners: what is sent to whom, and what a quorum of them has. */
final class Replication {
    private final Core core;
    private final Sparing sparing;
    private final List<Progress> followers = new ArrayList<>();

    /** Voters of each side among the followers; those of the outgoing side only while joint. */
    private List<Progress> voters = List.of();

    private List<Progress> outgoing = List.of();

    /** Reused to find what a majority has reached; one place a voter. */
    private long[] scratch = new long[0];

    Replication(Core core) {
        this.core = core;
        this.sparing = new Sparing(core, this);
        adopt(core.membership());
    }

    /** From now on {@code membership} counts. Who stays is known as before. */
    void adopt(Membership membership) {
        List<Progress> before = List.copyOf(followers);
        followers.clear();
        long next = core.log().last().index() + 1;
        for (Member member : membership.members()) {
            if (member.replicaId() != core.self()) {
                Progress known = find(before, member.replicaId());
                followers.add(
                        known != null ? known : new Progress(member, next, core.now().nanos()));
            }
        }
        voters = among(membership.voters());
        outgoing = among(membership.outgoing());
        scratch = new long[Math.max(membership.voters().size(), membership.outgoing().size())];
    }

    private List<Progress> among(List<Member> side) {
        List<Progress> found = new ArrayList<>();
        for (Member member : side) {
            Progress progress = find(member.replicaId());
            if (progress != null) {
                found.add(progress);
            }
        }
        return found;
    }

    @Nullable Progress find(long replicaId) {
        return find(followers, replicaId);
    }

    private static @Nullable Progress find(List<Progress> followers, long replicaId) {
        for (Progress follower : followers) {
            if (follower.id() == replicaId) {
                return follower;
            }
        }
        return null;
    }

    // What a quorum has

    /** The highest index that a quorum holds durably; the leader counts its own disk alike. */
    long quorumMatch() {
        return reachedByQuorum(Progress::matchIndex, core.log().durable());
    }

    /** The latest read round that a quorum has answered. */
    long quorumRound(long ownRound) {
        return reachedByQuorum(Progress::ackedRound, ownRound);
    }

    /** When a quorum was last heard. */
    long quorumHeardNanos() {
        return reachedByQuorum(Progress::lastHeardNanos, core.now().nanos());
    }

    /** What a majority of the voters, while joint of both sides, has reached. */
    private long reachedByQuorum(ToLongFunction<Progress> reached, long own) {
        Membership membership = core.membership();
        long decided = reachedByMajority(voters, membership.voters().size(), reached, own);
        return membership.isJoint()
                ? Math.min(
                        decided,
                        reachedByMajority(outgoing, membership.outgoing().size(), reached, own))
                : decided;
    }

    /**
     * @param size of the side; one more than its followers where this replica is of it
     */
    private long reachedByMajority(
            List<Progress> side, int size, ToLongFunction<Progress> reached, long own) {
        for (int i = 0; i < side.size(); i++) {
            scratch[i] = reached.applyAsLong(side.get(i));
        }
        if (side.size() < size) {
            scratch[side.size()] = own;
        }
        Arrays.sort(scratch, 0, size);
        return scratch[size - Membership.majority(size)];
    }

    /** Who was heard since then counts as there. */
    long recently() {
        return core.now().nanos() - core.config().electionTimeoutNanos();
    }

    /** All have the whole log, and were told that it is committed. */
    boolean haveAllTheWholeLog() {
        RaftLog log = core.log();
        for (Progress follower : followers) {
            if (follower.isInstalling()
                    || follower.matchIndex() < log.last().index()
                    || follower.lacksCommit(log.commit())) {
                return false;
            }
        }
        return log.commit() == log.last().index();
    }

    boolean haveAllAnswered(long round) {
        return followers.stream().allMatch(follower -> follower.ackedRound() >= round);
    }

    boolean areAllHeardSince(long nanos) {
        return followers.stream().allMatch(follower -> follower.isHeardSince(nanos));
    }

    /**
     * After a quiet time: its nodes were watched over, so that all count as heard just now, but who
     * is missed.
     */
    void onWoken(long missedNode) {
        for (Progress follower : followers) {
            if (follower.nodeId() != missedNode) {
                follower.onWatched(core.now().nanos());
            }
        }
    }

    boolean hasMemberOn(long nodeId) {
        return followers.stream().anyMatch(follower -> follower.nodeId() == nodeId);
    }

    /** Whether it answered lately. */
    boolean hasAnswered(Progress follower) {
        return follower.isHeardSince(recently());
    }

    Sparing sparing() {
        return sparing;
    }

    List<Progress> followers() {
        return Collections.unmodifiableList(followers);
    }

    /** Voters among the followers; while joint, those of the side that stays. */
    List<Progress> voters() {
        return Collections.unmodifiableList(voters);
    }

    /** Whether it answered lately, or is new to this leader, or is watched over in a quiet time. */
    boolean isThere(Progress follower) {
        return core.role().isQuiet() || isNotSilent(follower);
    }

    /** Whether it answered lately, or is new to this leader. */
    boolean isNotSilent(Progress follower) {
        return follower.lastHeardNanos() >= recently();
    }

    boolean hasVoterBeyond(long index) {
        for (Progress voter : voters) {
            if (voter.matchIndex() > index) {
                return true;
            }
        }
        return false;
    }

    /** Replica ids of those who need a snapshot before any entry, and answered lately. */
    List<Long> wantingSnapshot() {
        List<Long> ids = new ArrayList<>();
        for (Progress follower : followers) {
            if (wantsSnapshot(follower) && hasAnswered(follower)) {
                ids.add(follower.id());
            }
        }
        return ids;
    }

    boolean wantsSnapshot(long replicaId) {
        Progress follower = find(replicaId);
        return follower != null && wantsSnapshot(follower);
    }

    /**
     * A snapshot is as large as the state: it would take the rest of a disk that is nearly full.
     */
    private boolean wantsSnapshot(Progress follower) {
        return follower.isInstalling() && !core.isNearlyFull(follower.nodeId());
    }

    /**
     * The least that any of those holds who answered lately and need no snapshot: entries behind it
     * are still to be sent. MAX_VALUE where there is none.
     */
    long leastMatch() {
        long least = Long.MAX_VALUE;
        for (Progress follower : followers) {
            if (!follower.isInstalling() && hasAnswered(follower)) {
                least = Math.min(least, follower.matchIndex());
            }
        }
        return least;
    }

    // Sending

    /**
     * Sends what is new to each, and the round to those that have not had it.
     *
     * @param isHeartbeat send an empty message in any case: it is answered at once, where an answer
     *     to entries waits for the follower's disk, and a slow disk would look like a dead follower
     */
    void send(long round, boolean isHeartbeat) {
        List<Progress> spared = sparing.spared();
        for (Progress follower : followers) {
            if (isHeartbeat && !follower.hasAnswered()) {
                maybeIntroduce(follower);
            }
            if (!spared.contains(follower)) {
                sendEntries(follower, round);
            }
            if (isHeartbeat
                    || follower.sentRound() < round
                    || follower.lacksCommit(core.log().commit())) {
                sendAppend(follower, List.of(), round);
            }
        }
    }

    /** In place of a heartbeat: there is nothing to do. */
    void sendQuiesce(long round) {
        for (Progress follower : followers) {
            follower.onRoundSent(round);
            core.effects()
                    .send(
                            new Message.Quiesce(
                                    core.self(),
                                    follower.id(),
                                    core.term(),
                                    core.log().last(),
                                    round));
        }
    }

    /**
     * Only a learner may be made anew: a voter that has nothing may have promised something. And
     * only one that is committed to be a member: were its entry cut, its id would be given again,
     * and the replica that was made under it would be nobody's.
     */
    private void maybeIntroduce(Progress follower) {
        Membership membership = core.committedMembership();
        boolean isMember = membership.find(follower.id()).isPresent();
        if (isMember && !core.membership().isVoter(follower.id())) {
            core.effects()
                    .send(
                            new Message.Introduce(
                                    core.self(), follower.id(), core.term(), membership));
        }
    }

    private void sendEntries(Progress follower, long round) {
        RaftLog log = core.log();
        RaftConfig config = core.config();
        if (!follower.isInstalling() && follower.nextIndex() <= log.base().index()) {
            follower.becomeInstalling();
        }
        while (!follower.isInstalling()
                && follower.nextIndex() <= log.last().index()
                && follower.hasRoom(config.inFlightBytesMax())) {
            if (log.cached(follower.nextIndex()) != null) {
                sendAppend(
                        follower, log.slice(follower.nextIndex(), config.appendBytesMax()), round);
            } else if (follower.isProbing()) {
                // Find out first where it stands: entries from disk are dear.
                sendAppend(follower, List.of(), round);
            } else {
                maybeFetch(follower);
                return;
            }
        }
    }

    private void sendAppend(Progress follower, List<Entry> entries, long round) {
        RaftLog log = core.log();
        long previous = Math.max(follower.nextIndex() - 1, log.base().index());
        Message.AppendEntries message =
                new Message.AppendEntries(
                        core.self(),
                        follower.id(),
                        core.term(),
                        log.idAt(previous),
                        entries,
                        log.commit(),
                        round);
        follower.onSent(message);
        core.effects().send(message);
    }

    private void maybeFetch(Progress follower) {
        if (follower.fetch() == null) {
            Ready.Fetch fetch =
                    new Ready.Fetch(
                            follower.id(),
                            follower.nextIndex(),
                            core.log().cachedFrom() - 1,
                            core.config().appendBytesMax());
            follower.fetch(fetch);
            core.effects().fetch(fetch);
        }
    }

    /**
     * Entries came back from disk. Stale ones are known by what they are: asked for before the
     * follower's position changed, or, asked for in an earlier term of this leader, cut since. What
     * was dropped meanwhile needs a snapshot.
     */
    void onFetched(Input.Fetched fetched, long round) {
        Progress follower = find(fetched.fetch().replicaId());
        if (follower == null || !fetched.fetch().equals(follower.fetch())) {
            return;
        }
        follower.fetch(null);
        List<Entry> entries = fetched.entries();
        boolean isUsable =
                !entries.isEmpty()
                        && !follower.isProbing()
                        && follower.nextIndex() > core.log().base().index()
                        && entries.getFirst().index() == follower.nextIndex();
        for (int i = 0; isUsable && i < entries.size(); i++) {
            isUsable = core.log().holds(entries.get(i).id());
        }
        if (isUsable) {
            sendAppend(follower, entries, round);
        }
    }

    /**
     * Goes back to where the logs can agree (Raft §5.3). A hint that this log holds is an entry the
     * follower holds too: pipelining goes on from there without another probe. Where they can agree
     * only below what this log still has, the follower needs a snapshot.
     */
    void onRejected(Progress follower, Message.AppendRejected message, long round) {
        RaftLog log = core.log();
        EntryId rejected = message.rejected();
        EntryId hint = message.hint();
        boolean isProven = log.holds(hint);
        if (follower.isInstalling()) {
            if (isProven) {
                follower.rewindTo(hint.index() + 1, true, round);
            }
            return;
        }
        if (!follower.isFresh(rejected, message.round()) || hint.index() > rejected.index()) {
            return;
        }
        EntryId agreed = isProven ? hint : log.conflictHint(hint);
        long next = Math.min(agreed.index() + 1, rejected.index());
        if (next <= log.base().index()) {
            follower.becomeInstalling();
        } else {
            follower.rewindTo(next, isProven, round);
        }
    }
}
