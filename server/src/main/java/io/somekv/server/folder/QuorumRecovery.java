package io.somekv.server.folder;

import io.somekv.base.ByteWriter;
import io.somekv.base.Invariant;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipCodec;
import io.somekv.raft.MembershipState;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.wal.OpeningProgress;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The last resort for a group that lost a majority of its disks for good (decisions/0008): in the
 * folder of a stopped node, a replica that is left is made the group's only voter. That breaks what
 * Raft promises, since nobody can know what the lost ones held; so it is never done by itself.
 *
 * <p>What it writes is one record of the log: an entry with the new membership, behind all that the
 * log holds. Term and replica ids go up by more than the lost ones can have counted meanwhile: no
 * entry of theirs has the term of one of ours, none of them wins a vote of this replica, and each
 * is told that it was removed when it asks.
 */
public final class QuorumRecovery implements Closeable {
    /** No group holds so many elections that its survivors have not seen. */
    static final long TERMS_SKIPPED = 1_000_000;

    /** No group gives so many replica ids that its survivors have not seen. */
    static final long IDS_SKIPPED = 1_000;

    private final List<Survivor> survivors = new ArrayList<>();

    /**
     * What is to be done for a group.
     *
     * @param on where the replica is that goes on alone
     * @param replica as its log has it
     * @param others folders that have a replica of the group, too, and will have to get a new one
     * @param lost nodes whose replicas voted, and whose folders were not named
     * @param term of the record to write
     * @param next the membership to write
     */
    public record Plan(
            long groupId,
            Survivor on,
            RecoveredGroup replica,
            List<Survivor> others,
            List<Long> lost,
            long term,
            Membership next) {
        public Plan {
            others = List.copyOf(others);
            lost = List.copyOf(lost);
        }

        /** The last entry that will not be lost. */
        public EntryId last() {
            return Survivor.last(replica);
        }
    }

    private QuorumRecovery() {}

    /**
     * Takes the folders of stopped nodes, and looks at what they hold.
     *
     * @throws RefusedException when one cannot be judged, or they do not belong together
     */
    public static QuorumRecovery of(List<Path> folders, OpeningProgress progress)
            throws IOException {
        QuorumRecovery recovery = new QuorumRecovery();
        try {
            for (Path folder : folders) {
                recovery.survivors.add(Survivor.hold(folder, progress));
            }
            recovery.checkOneCluster();
            return recovery;
        } catch (IOException | RuntimeException e) {
            recovery.close();
            throw e;
        }
    }

    /** Groups of two clusters may have the same id, and have nothing in common. */
    private void checkOneCluster() throws IOException {
        TreeSet<String> clusters = new TreeSet<>();
        for (Survivor survivor : survivors) {
            Optional<KnownCluster> cluster = survivor.folder().cluster();
            clusters.add(cluster.map(known -> known.clusterId().toString()).orElse("none"));
        }
        if (clusters.size() > 1) {
            throw refused("the folders are of different clusters: " + clusters);
        }
    }

    public List<Survivor> survivors() {
        return List.copyOf(survivors);
    }

    /** All groups that a folder has a voter of, and a majority of which is not there. */
    public List<Long> groupsThatLostMajority() {
        TreeSet<Long> groups = new TreeSet<>();
        for (Survivor survivor : survivors) {
            survivor.replicas().stream()
                    .filter(QuorumRecovery::votes)
                    .forEach(replica -> groups.add(replica.groupId()));
        }
        return groups.stream()
                .filter(group -> !hasMajority(of(mostAdvanced(group, held(group)), group)))
                .toList();
    }

    /**
     * Chooses the replica with the most of the group's log, unless {@code wanted} names another.
     *
     * @param isForced also where another folder has more, where the replica does not vote, and
     *     where enough is left for a majority
     * @throws RefusedException with the reason
     */
    public Plan plan(long groupId, Optional<Path> wanted, boolean isForced) throws IOException {
        List<Survivor> held = held(groupId);
        if (held.isEmpty()) {
            throw refused("no folder that was named has a replica of group " + groupId);
        }
        Survivor best = mostAdvanced(groupId, held);
        Survivor on = wanted.isEmpty() ? best : find(held, wanted.get(), groupId);
        RecoveredGroup replica = of(on, groupId);
        Member self =
                replica.memberships()
                        .current()
                        .find(replica.replicaId())
                        .orElseThrow(() -> refused(on + " was removed from group " + groupId));
        if (!isForced) {
            checkBest(groupId, on, best);
            checkNeeded(replica);
        }
        Optional<String> unfit = on.unfit(replica);
        if (unfit.isPresent()) {
            throw refused(
                    "the replica of group "
                            + groupId
                            + " on "
                            + on
                            + " is of no use: "
                            + unfit.get());
        }
        List<Survivor> others = held.stream().filter(survivor -> survivor != on).toList();
        return new Plan(
                groupId,
                on,
                replica,
                others,
                lost(replica),
                highestTerm(groupId) + TERMS_SKIPPED,
                alone(groupId, self));
    }

    private List<Survivor> held(long groupId) {
        return survivors.stream()
                .filter(survivor -> survivor.replica(groupId).isPresent())
                .toList();
    }

    /** The voter with most of the log: the later last term, then the longer one (Raft §5.4.1). */
    private static Survivor mostAdvanced(long groupId, List<Survivor> held) {
        return held.stream()
                .max(
                        Comparator.comparing((Survivor survivor) -> votes(of(survivor, groupId)))
                                .thenComparing(survivor -> Survivor.last(of(survivor, groupId))))
                .orElseThrow();
    }

    private static boolean votes(RecoveredGroup replica) {
        return replica.memberships().current().isVoter(replica.replicaId());
    }

    private static Survivor find(List<Survivor> held, Path wanted, long groupId) {
        return held.stream()
                .filter(survivor -> survivor.folder().path().equals(wanted))
                .findFirst()
                .orElseThrow(() ->
                        refused(wanted + " was not named, or has no replica of group " + groupId));
    }

    private static void checkBest(long groupId, Survivor on, Survivor best) {
        EntryId most = Survivor.last(of(best, groupId));
        if (Survivor.last(of(on, groupId)).compareTo(most) < 0) {
            throw refused(
                    on
                            + " is behind "
                            + best
                            + ", whose log of group "
                            + groupId
                            + " ends with "
                            + text(most)
                            + ": use that one, or lose what only it has with --force");
        }
    }

    private void checkNeeded(RecoveredGroup replica) {
        if (!votes(replica)) {
            throw refused(
                    "the replica of group "
                            + replica.groupId()
                            + " is a learner, which may lack anything; --force uses it all the"
                            + " same");
        }
        if (hasMajority(replica)) {
            throw refused(
                    "the folders that were named hold a majority of group "
                            + replica.groupId()
                            + ", so nothing need be lost: start their nodes, and 'node replace' the"
                            + " others");
        }
    }

    /** Whether the folders hold a majority of the members that this replica knows of. */
    private boolean hasMajority(RecoveredGroup replica) {
        TreeSet<Long> left = new TreeSet<>();
        for (Survivor survivor : held(replica.groupId())) {
            left.add(of(survivor, replica.groupId()).replicaId());
        }
        return replica.memberships().current().hasQuorum(left::contains);
    }

    private List<Long> lost(RecoveredGroup replica) {
        TreeSet<Long> here = new TreeSet<>();
        held(replica.groupId()).forEach(survivor -> here.add(survivor.folder().nodeId()));
        return replica.memberships().current().electorate().stream()
                .map(Member::nodeId)
                .filter(node -> !here.contains(node))
                .toList();
    }

    private long highestTerm(long groupId) {
        return held(groupId).stream()
                .mapToLong(survivor -> of(survivor, groupId).hardState().term())
                .max()
                .orElseThrow();
    }

    private Membership alone(long groupId, Member self) {
        long next =
                held(groupId).stream()
                        .map(survivor -> of(survivor, groupId).memberships().current())
                        .mapToLong(Membership::nextReplicaId)
                        .max()
                        .orElseThrow();
        return new Membership(List.of(self), List.of(), List.of(), next + IDS_SKIPPED);
    }

    /**
     * Carries plans out, those of one folder in one write. The folder notes first what is done to
     * it: a trace of something that then was not done is better than none of something that was.
     *
     * @param at when, for that note
     */
    public void carryOut(List<Plan> plans, String at) throws IOException {
        for (Survivor survivor : survivors) {
            List<Plan> here = plans.stream().filter(plan -> plan.on() == survivor).toList();
            if (!here.isEmpty()) {
                for (Plan plan : here) {
                    survivor.folder().noteRecovery(at + " " + trace(plan));
                }
                write(survivor.folder(), here);
            }
        }
    }

    private static void write(NodeFolder folder, List<Plan> plans) throws IOException {
        WalConfig config = WalConfig.of(folder.storeId());
        try (Wal wal = Wal.open(FileDisk.open(folder.wal()), config)) {
            List<GroupRecord> records = new ArrayList<>();
            for (Plan plan : plans) {
                RecoveredGroup found =
                        wal.recovered().stream()
                                .filter(group -> group.groupId() == plan.groupId())
                                .findFirst()
                                .orElseThrow();
                Invariant.check(
                        Survivor.last(found).equals(plan.last()), "the log is as it was looked at");
                records.add(record(found, plan));
            }
            wal.write(records);
            wal.sync();
        }
    }

    /**
     * The membership counts as settled: there is none before it to go back to, and a log that lost
     * the entry again would stop its node. It is committed once the replica has elected itself, and
     * with it all that stands before it.
     */
    private static GroupRecord record(RecoveredGroup group, Plan plan) {
        EntryId id = new EntryId(plan.term(), group.lastIndex() + 1);
        ByteWriter payload = new ByteWriter(128);
        MembershipCodec.encode(payload, plan.next());
        return new GroupRecord(
                group.groupId(),
                group.replicaId(),
                group.storeId(),
                new HardState(plan.term(), group.replicaId(), group.hardState().commit()),
                MembershipState.settledAt(plan.next(), id.index()),
                group.base(),
                group.baseLogTime(),
                0,
                List.of(
                        new Entry(
                                id, EntryKind.MEMBERSHIP, group.lastLogTime(), payload.toBytes())));
    }

    private static String trace(Plan plan) {
        return "group "
                + plan.groupId()
                + " goes on with the replica on node "
                + plan.on().folder().nodeId()
                + " alone, without those on nodes "
                + plan.lost()
                + "; its log ended with "
                + text(plan.last())
                + ", and goes on with term "
                + plan.term();
    }

    private static RecoveredGroup of(Survivor survivor, long groupId) {
        return survivor.replica(groupId).orElseThrow();
    }

    /** As people read it. */
    public static String text(EntryId id) {
        return "term " + id.term() + ", index " + id.index();
    }

    private static RefusedException refused(String why) {
        return new RefusedException(why + ". Nothing was changed");
    }

    @Override
    public void close() throws IOException {
        for (Survivor survivor : survivors) {
            survivor.close();
        }
    }
}
