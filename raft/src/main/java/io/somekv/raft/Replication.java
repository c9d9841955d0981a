package io.somekv.raft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A leader's followers and learners: what is sent to whom, and what a quorum of them has. */
final class Replication {
    private final Core core;
    private final List<Progress> followers = new ArrayList<>();

    /** Reused to find what a quorum has reached; one place a voter. */
    private final long[] scratch;

    private final boolean selfVotes;

    Replication(Core core) {
        this.core = core;
        Membership membership = core.membership();
        long next = core.log().last().index() + 1;
        for (Member voter : membership.voters()) {
            add(voter, true, next);
        }
        for (Member learner : membership.learners()) {
            add(learner, false, next);
        }
        scratch = new long[membership.voters().size()];
        selfVotes = membership.isVoter(core.self());
    }

    private void add(Member member, boolean isVoter, long next) {
        if (member.replicaId() != core.self()) {
            followers.add(new Progress(member, isVoter, next, core.now().nanos()));
        }
    }

    @Nullable Progress find(long replicaId) {
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
        int count = 0;
        for (Progress follower : followers) {
            if (follower.isVoter()) {
                scratch[count++] = follower.matchIndex();
            }
        }
        return reachedByQuorum(count, core.log().durable());
    }

    /** The latest read round that a quorum has answered. */
    long quorumRound(long ownRound) {
        int count = 0;
        for (Progress follower : followers) {
            if (follower.isVoter()) {
                scratch[count++] = follower.ackedRound();
            }
        }
        return reachedByQuorum(count, ownRound);
    }

    /** When a quorum was last heard. */
    long quorumHeardNanos() {
        int count = 0;
        for (Progress follower : followers) {
            if (follower.isVoter()) {
                scratch[count++] = follower.lastHeardNanos();
            }
        }
        return reachedByQuorum(count, core.now().nanos());
    }

    private long reachedByQuorum(int count, long own) {
        int voters = count;
        if (selfVotes) {
            scratch[voters++] = own;
        }
        Arrays.sort(scratch, 0, voters);
        return scratch[voters - core.membership().quorum()];
    }

    /** The voter that has most of the log, of those heard since {@code sinceNanos}. */
    @Nullable Progress bestVoter(long sinceNanos) {
        Progress best = null;
        for (Progress follower : followers) {
            if (follower.isVoter()
                    && follower.lastHeardNanos() >= sinceNanos
                    && (best == null || follower.matchIndex() > best.matchIndex())) {
                best = follower;
            }
        }
        return best;
    }

    boolean hasVoterBeyond(long index) {
        for (Progress follower : followers) {
            if (follower.isVoter() && follower.matchIndex() > index) {
                return true;
            }
        }
        return false;
    }

    /** Adds the clocks of the voters heard since {@code sinceNanos}. */
    void addClocks(QuorumClock clocks, long sinceNanos) {
        for (Progress follower : followers) {
            if (follower.isVoter()
                    && follower.hasClockOffset()
                    && follower.lastHeardNanos() >= sinceNanos) {
                clocks.add(follower.clockOffset());
            }
        }
    }

    // Sending

    /**
     * Sends what is new to each, and the round to those that have not had it.
     *
     * @param isHeartbeat send an empty message in any case: it is answered at once, where an answer
     *     to entries waits for the follower's disk, and a slow disk would look like a dead follower
     */
    void send(long round, boolean isHeartbeat) {
        for (Progress follower : followers) {
            sendEntries(follower, round);
            if (isHeartbeat
                    || follower.sentRound() < round
                    || follower.lacksCommit(core.log().commit())) {
                sendAppend(follower, List.of(), round);
            }
        }
    }

    private void sendEntries(Progress follower, long round) {
        RaftLog log = core.log();
        RaftConfig config = core.config();
        while (follower.nextIndex() <= log.last().index()
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
        Message.AppendEntries message =
                new Message.AppendEntries(
                        core.self(),
                        follower.id(),
                        core.term(),
                        core.log().idAt(follower.nextIndex() - 1),
                        entries,
                        core.log().commit(),
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
     * follower's position changed, or, asked for in an earlier term of this leader, cut since.
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
     * follower holds too: pipelining goes on from there without another probe.
     */
    void onRejected(Progress follower, Message.AppendRejected message, long round) {
        EntryId rejected = message.rejected();
        EntryId hint = message.hint();
        if (!follower.isFresh(rejected, message.round()) || hint.index() > rejected.index()) {
            return;
        }
        boolean isProven = core.log().holds(hint);
        EntryId agreed = isProven ? hint : core.log().conflictHint(hint);
        follower.rewindTo(Math.min(agreed.index() + 1, rejected.index()), isProven, round);
    }
}
