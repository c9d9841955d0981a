package io.somekv.sim.check;

import io.somekv.base.Hash64;
import io.somekv.node.GroupStatus;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.Membership;
import io.somekv.raft.Message;
import io.somekv.raft.ReplicaStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Raft's promises for one group (Raft figure 3), checked against all replicas at once: election
 * safety, log matching, leader completeness, state machine safety; that no replica votes twice in a
 * term, whatever it forgot in between; that a leader has the votes of a quorum, and commits only
 * entries of its own term by counting (§5.4.2).
 */
final class ConsensusWatch {
    /** What stands at a position of a log, by its id: the same wherever it stands. */
    private record Content(long hash, long termBefore) {}

    /**
     * @param leaderTerm term of the replica that was first seen to know it committed
     */
    private record Committed(long term, long leaderTerm) {}

    /** A replica in its present life. */
    private static final class Replica {
        ReplicaLog log;
        long commit;
        long applied;
        long ledTerm;

        Replica(ReplicaLog log) {
            this.log = log;
        }
    }

    private final long groupId;
    private final Map<EntryId, Content> contents = new HashMap<>();
    private final List<Committed> committed = new ArrayList<>();
    private final Map<Long, Long> leaderByTerm = new HashMap<>();
    private final Map<EntryId, Long> voteByTermAndVoter = new HashMap<>();
    private final Map<Long, Replica> replicaByNode = new HashMap<>();

    ConsensusWatch(long groupId) {
        this.groupId = groupId;
    }

    /** The highest index that any replica ever knew to be committed. */
    long committed() {
        return committed.size();
    }

    /** A replica wants this written. */
    void handedOut(long node, GroupRecord record) {
        if (record.isFarewell()) {
            replicaByNode.remove(node);
            return;
        }
        Replica replica = replicaByNode.get(node);
        if (replica == null || replica.log.replicaId != record.replicaId()) {
            replica = new Replica(new ReplicaLog(record.replicaId()));
            replicaByNode.put(node, replica);
        }
        replica.log.accept(record);
        for (Entry entry : record.entries()) {
            checkContent(entry, replica.log.termAt(entry.index() - 1));
        }
    }

    /** A node runs again, with this in its log. */
    void recovered(long node, RecoveredGroup recovered) {
        replicaByNode.put(node, new Replica(ReplicaLog.of(recovered)));
    }

    /** What its replica voted stays known: nobody may vote again under that id. */
    void diskLost(long node) {
        replicaByNode.remove(node);
    }

    /** Log matching: one id, one content, one predecessor. */
    void checkContent(Entry entry, long termBefore) {
        long hash =
                new Hash64()
                        .add(entry.kind().code())
                        .add(entry.logTime())
                        .add(entry.payload())
                        .value();
        Content content = new Content(hash, termBefore);
        Content known = contents.putIfAbsent(entry.id(), content);
        if (known != null && !known.equals(content)) {
            throw breach("log matching: two different entries " + entry.id());
        }
    }

    /** A vote counts once it is durable. */
    void synced(GroupRecord record) {
        checkVote(record.replicaId(), record.hardState().term(), record.hardState().votedFor());
    }

    /** A vote that leaves a replica counts, even if the replica forgets it. */
    void sent(Message message) {
        if (message instanceof Message.RequestVoteReply reply && reply.granted()) {
            checkVote(reply.from(), reply.term(), reply.to());
        } else if (message instanceof Message.RequestVote request) {
            checkVote(request.from(), request.term(), request.from());
        }
    }

    private void checkVote(long voter, long term, long candidate) {
        if (candidate == 0) {
            return;
        }
        Long known = voteByTermAndVoter.putIfAbsent(new EntryId(term, voter), candidate);
        if (known != null && known != candidate) {
            throw breach(
                    "replica "
                            + voter
                            + " voted in term "
                            + term
                            + " for "
                            + known
                            + " and for "
                            + candidate);
        }
    }

    /** A look at a replica after it did something. */
    void observed(long node, GroupStatus status) {
        ReplicaStatus seen = status.replica();
        Replica replica =
                replicaByNode.computeIfAbsent(
                        node, _ -> new Replica(new ReplicaLog(seen.replicaId())));
        if (seen.role() == ReplicaStatus.Role.LEADER && seen.term() != replica.ledTerm) {
            replica.ledTerm = seen.term();
            checkLeader(replica, seen, status.membership());
        }
        if (seen.commit() != replica.commit) {
            checkCommit(replica, seen);
            replica.commit = seen.commit();
        }
        if (status.applied() != replica.applied) {
            if (status.applied() < replica.applied || status.applied() > seen.commit()) {
                throw breach(
                        "applied went from "
                                + replica.applied
                                + " to "
                                + status.applied()
                                + " with commit "
                                + seen.commit()
                                + " on node "
                                + node);
            }
            replica.applied = status.applied();
        }
    }

    /** The term of a committed entry; 0 where none is known to be committed. */
    long committedTerm(long index) {
        return index < 1 || index > committed.size() ? 0 : committed.get((int) index - 1).term;
    }

    private void checkLeader(Replica replica, ReplicaStatus seen, Membership membership) {
        Long known = leaderByTerm.putIfAbsent(seen.term(), seen.replicaId());
        boolean isNew = known == null || known != seen.replicaId();
        if (isNew && !membership.hasQuorum(voter -> votedFor(seen, voter))) {
            long votes =
                    membership.electorate().stream()
                            .filter(m -> votedFor(seen, m.replicaId()))
                            .count();
            throw breach(
                    "replica "
                            + seen.replicaId()
                            + " leads term "
                            + seen.term()
                            + " with "
                            + votes
                            + " votes");
        }
        if (known != null && isNew) {
            throw breach(
                    "election safety: two leaders of term "
                            + seen.term()
                            + ", replicas "
                            + known
                            + " and "
                            + seen.replicaId());
        }
        for (int i = committed.size(); i > 0; i--) {
            Committed entry = committed.get(i - 1);
            boolean counts = entry.leaderTerm < seen.term();
            boolean isDropped = i < replica.log.base();
            if (counts
                    && !isDropped
                    && (replica.log.last() < i || replica.log.termAt(i) != entry.term)) {
                throw breach(
                        "leader completeness: replica "
                                + seen.replicaId()
                                + " leads term "
                                + seen.term()
                                + " without committed entry "
                                + i
                                + " of term "
                                + entry.term);
            }
        }
    }

    private boolean votedFor(ReplicaStatus leader, long voter) {
        Long voted = voteByTermAndVoter.get(new EntryId(leader.term(), voter));
        return voted != null && voted == leader.replicaId();
    }

    private void checkCommit(Replica replica, ReplicaStatus seen) {
        if (seen.commit() < replica.commit || seen.commit() > replica.log.last()) {
            throw breach(
                    "commit went from "
                            + replica.commit
                            + " to "
                            + seen.commit()
                            + " in a log of "
                            + replica.log.last());
        }
        long dropped = Math.min(seen.commit(), replica.log.base() - 1);
        if (dropped > committed.size()) {
            throw breach("a snapshot of what nobody has committed: " + replica.log);
        }
        for (long index = Math.max(replica.commit, dropped) + 1; index <= seen.commit(); index++) {
            long term = replica.log.termAt(index);
            if (index > committed.size()) {
                committed.add(new Committed(term, seen.term()));
            } else if (committed.get((int) index - 1).term != term) {
                throw breach(
                        "committed entry "
                                + index
                                + " of term "
                                + committed.get((int) index - 1).term
                                + " lost: replica "
                                + seen.replicaId()
                                + " committed one of term "
                                + term);
            }
        }
        boolean leads = seen.role() == ReplicaStatus.Role.LEADER;
        if (leads && replica.log.termAt(seen.commit()) != seen.term()) {
            throw breach(
                    "the leader of term "
                            + seen.term()
                            + " committed entry "
                            + seen.commit()
                            + " of term "
                            + replica.log.termAt(seen.commit())
                            + " by counting");
        }
    }

    private Breach breach(String what) {
        return new Breach("group " + groupId + ": " + what);
    }
}
