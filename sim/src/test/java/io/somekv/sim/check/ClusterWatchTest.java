package io.somekv.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.ShardStatus;
import io.somekv.kv.ShardView;
import io.somekv.node.GroupStatus;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.raft.Message;
import io.somekv.raft.ReplicaStatus;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every watch sees the break that it is there for, and nothing in a cluster that is sound. */
final class ClusterWatchTest {
    private static final long GROUP = 1;
    private static final Membership MEMBERS =
            Membership.of(List.of(member(1), member(2), member(3)));

    private final ClusterWatch watch = new ClusterWatch();

    private static Member member(long id) {
        return new Member(id, id, new UUID(0, id));
    }

    // ---- what replicas do: node n hosts replica n

    private static Entry entry(long term, long index, String payload) {
        return new Entry(new EntryId(term, index), EntryKind.COMMANDS, 1000, Bytes.utf8(payload));
    }

    private static GroupRecord record(
            long replica, long term, long vote, long truncateFrom, Entry... entries) {
        return record(replica, term, vote, EntryId.ZERO, truncateFrom, entries);
    }

    private static GroupRecord record(
            long replica, long term, long vote, EntryId base, long truncateFrom, Entry... entries) {
        return new GroupRecord(
                GROUP,
                replica,
                1,
                new HardState(term, vote, 0),
                MembershipState.initial(MEMBERS),
                base,
                0,
                truncateFrom,
                List.of(entries));
    }

    private void writes(long replica, long term, long vote, Entry... entries) {
        watch.handedOut(replica, List.of(record(replica, term, vote, 0, entries)));
    }

    private void votes(long replica, long term, long candidate) {
        watch.synced(List.of(record(replica, term, candidate, 0)));
    }

    private void looks(
            ReplicaStatus.Role role, long replica, long term, long commit, long applied) {
        ReplicaStatus status =
                new ReplicaStatus(replica, role, term, 0, EntryId.ZERO, commit, applied, 0, 0, 0);
        watch.observed(
                replica,
                new GroupStatus(
                        GROUP, MEMBERS, false, status, 0, applied, 0, ShardView.EMPTY, List.of()));
    }

    private void leads(long replica, long term, long commit) {
        looks(ReplicaStatus.Role.LEADER, replica, term, commit, 0);
    }

    private void follows(long replica, long term, long commit, long applied) {
        looks(ReplicaStatus.Role.FOLLOWER, replica, term, commit, applied);
    }

    private static void breaks(String what, Runnable action) {
        String seen = String.valueOf(assertThrows(Breach.class, action::run).getMessage());
        assertTrue(seen.contains(what), seen);
    }

    /** Replica 1 leads term 1, and replica 2 has the first entry, too. */
    private void leaderOfTermOne() {
        votes(1, 1, 1);
        votes(2, 1, 1);
        writes(1, 1, 1, entry(1, 1, "a"));
        writes(2, 1, 1, entry(1, 1, "a"));
        leads(1, 1, 1);
        follows(2, 1, 1, 0);
    }

    @Test
    void aSoundCluster() {
        leaderOfTermOne();
        votes(2, 2, 2);
        votes(3, 2, 2);
        writes(2, 2, 2, entry(2, 2, "b"));
        leads(2, 2, 2);
        assertEquals(2, watch.committed(GROUP));
        assertEquals(2, watch.committedTerm(GROUP, 2));
    }

    @Test
    void twoLeadersOfATerm() {
        leaderOfTermOne();
        votes(3, 1, 3);
        breaks("leads term 1 with 1 votes", () -> leads(3, 1, 0));
    }

    @Test
    void twoVotesInATerm() {
        leaderOfTermOne();
        breaks("voted in term 1 for 1 and for 3", () -> votes(2, 1, 3));
        watch.sent(GROUP, new Message.RequestVoteReply(3, 1, 4, true, 0));
        breaks(
                "voted in term 4",
                () -> watch.sent(GROUP, new Message.RequestVoteReply(3, 2, 4, true, 0)));
    }

    /** What follows in the log may have been acknowledged. */
    @Test
    @Tag("kb-27")
    void aSnapshotThatCutsALogWhichAgrees() {
        leaderOfTermOne();
        writes(2, 1, 1, entry(1, 2, "b"));
        GroupRecord cut = record(2, 1, 1, new EntryId(1, 1), 2);
        breaks("cut a log that agrees with it", () -> watch.handedOut(2, List.of(cut)));
    }

    @Test
    @Tag("kb-27")
    void aSnapshotOfWhatNobodyHasCommitted() {
        leaderOfTermOne();
        watch.handedOut(3, List.of(record(3, 1, 0, new EntryId(1, 5), 0)));
        breaks("of what nobody has committed", () -> follows(3, 1, 5, 5));
    }

    @Test
    @Tag("kb-27")
    void aLogThatBeginsEarlierThanBefore() {
        leaderOfTermOne();
        watch.handedOut(2, List.of(record(2, 1, 1, new EntryId(1, 1), 0)));
        breaks("the log began behind", () -> writes(2, 1, 1));
    }

    @Test
    void aLeaderWithoutWhatIsCommitted() {
        leaderOfTermOne();
        votes(3, 2, 3);
        votes(2, 2, 3);
        breaks("leader completeness", () -> leads(3, 2, 0));
    }

    @Test
    void anEntryThatDiffers() {
        leaderOfTermOne();
        breaks("log matching", () -> writes(3, 1, 1, entry(1, 1, "other")));
    }

    @Test
    void aCommittedEntryReplaced() {
        leaderOfTermOne();
        writes(3, 2, 0, entry(2, 1, "z"));
        breaks("committed entry 1 of term 1 lost", () -> follows(3, 2, 1, 0));
    }

    @Test
    void anOldTermCommittedByCounting() {
        leaderOfTermOne();
        writes(2, 1, 1, entry(1, 2, "b"));
        votes(2, 2, 2);
        votes(3, 2, 2);
        breaks("by counting", () -> leads(2, 2, 2));
    }

    @Test
    void commitAndAppliedNeverGoBack() {
        leaderOfTermOne();
        follows(2, 1, 1, 1);
        breaks("commit went from 1 to 0", () -> follows(2, 1, 0, 1));
        breaks("applied went from 1 to 0", () -> follows(2, 1, 1, 0));
    }

    @Test
    void moreAppliedThanCommitted() {
        leaderOfTermOne();
        breaks("applied went from 0 to 2", () -> follows(2, 1, 1, 2));
    }

    // ---- what engines do

    @Test
    void replicasThatApplyDifferently() {
        watch.applied(1, GROUP, 0, 1, 77);
        watch.applied(2, GROUP, 0, 1, 77);
        breaks("changes other rows", () -> watch.applied(3, GROUP, 0, 1, 78));
        breaks("applied 2 behind 0", () -> watch.applied(3, GROUP, 0, 2, 77));
        watch.digest(1, GROUP, 1, 5);
        breaks("has other rows", () -> watch.digest(2, GROUP, 1, 6));
    }

    // ---- shards

    @Test
    void aShardWithTwoOwners() {
        OwnershipWatch owners = new OwnershipWatch();
        List<ShardStatus> serving = List.of(new ShardStatus(3, 1, 0, 0, true, 0, false, 1));
        List<ShardStatus> givenUp = List.of(new ShardStatus(3, 1, 2, 2, false, 0, false, 1));
        owners.observed(1, 10, serving);
        breaks("serve the same shard", () -> owners.observed(2, 10, serving));
        OwnershipWatch later = new OwnershipWatch();
        later.observed(1, 10, serving);
        later.observed(1, 11, givenUp);
        // A replica of group 1 that lags still believes it serves: nothing counts but the furthest.
        later.observed(1, 10, serving);
        later.observed(2, 10, serving);
        assertEquals(1, later.served());
    }

    // ---- logs

    private static RecoveredGroup recovered(long term, long vote, long last) {
        List<EntryId> terms = last == 0 ? List.of() : List.of(new EntryId(1, 1));
        return new RecoveredGroup(
                GROUP,
                1,
                1,
                new HardState(term, vote, 0),
                MembershipState.initial(MEMBERS),
                EntryId.ZERO,
                0,
                terms,
                last,
                0);
    }

    @Test
    void aLogThatForgetsWhatWasSynced() {
        DurabilityWatch log = new DurabilityWatch();
        log.written(List.of(record(1, 1, 1, 0, entry(1, 1, "a"))));
        log.synced();
        log.written(List.of(record(1, 1, 1, 0, entry(1, 2, "b"))));
        log.recovered(List.of(recovered(1, 1, 2)));
        log.recovered(List.of(recovered(1, 1, 2)));
        breaks("had synced", () -> log.recovered(List.of(recovered(1, 1, 1))));
        breaks("had synced", () -> log.recovered(List.of(recovered(1, 0, 2))));
        breaks("had synced", () -> log.recovered(List.of()));
    }

    @Test
    void appliedBeforeItIsDurable() {
        DurabilityWatch log = new DurabilityWatch();
        log.written(List.of(record(1, 1, 1, 0, entry(1, 1, "a"))));
        breaks("before it was durable", () -> log.applied(GROUP, 1, 1));
        log.synced();
        log.applied(GROUP, 1, 1);
        breaks("before it was durable", () -> log.applied(GROUP, 1, 2));
    }
}
