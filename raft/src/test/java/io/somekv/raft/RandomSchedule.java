package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One seeded schedule of a whole group: messages are lost, doubled and reordered, syncs are late,
 * replicas crash and lose what was not synced; members come and go, logs are dropped, snapshots
 * take their place; disks are nearly full, or hang. After every step the properties of Raft figure
 * 3 hold, and no read is stale.
 */
final class RandomSchedule {
    private static final int STEPS = 4000;

    /** In half of the schedules groups go quiet so soon. */
    private static final long QUIESCE_AFTER_NANOS = 25_000_000;

    private final SplittableRandom random;

    /** Of its own, so that what it decides leaves all else as it was. */
    private final SplittableRandom rooms;

    private final SplittableRandom hangs;

    private RaftConfig config;
    private final List<TestDisk> disks = new ArrayList<>();
    private final List<@Nullable RaftReplica> replicas = new ArrayList<>();
    private final RandomClocks clocks;
    private final List<Long> appliedInMemory = new ArrayList<>();
    private final List<Transfer> snapshots = new ArrayList<>();
    private final List<List<Ready.Fetch>> fetches = new ArrayList<>();
    private final RandomNetwork network;
    final GroupChecks checks = new GroupChecks();
    private final TreeMap<Long, Long> readFloor = new TreeMap<>();
    private long nanos = 1;
    private long token;
    long readsConfirmed;
    long changes;
    long installs;
    long quietTicks;
    long handOvers;
    private boolean calm;

    /** Disks and network are fast against all timeouts: elections take no time at all. */
    private final boolean isPrompt;

    /** A replica that nothing reaches and nobody hears; -1 for none. */
    private int cutOff = -1;

    /** One whose disk hangs; -1 for none. */
    private int stuck = -1;

    /** A snapshot on its way; it may arrive late, twice or never. */
    private record Transfer(Snapshot snapshot, int to) {}

    RandomSchedule(long seed, Set<Mutation> mutations) {
        random = new SplittableRandom(seed);
        rooms = new SplittableRandom(seed ^ 0x726f6f6dL);
        hangs = new SplittableRandom(seed ^ 0x68616e67L);
        config =
                new RaftConfig(
                        100_000_000,
                        10_000_000,
                        300,
                        900,
                        2000,
                        600,
                        500_000_000,
                        20_000_000,
                        500,
                        0,
                        random.nextBoolean() ? QUIESCE_AFTER_NANOS : 0,
                        mutations);
        isPrompt = random.nextBoolean();
        clocks = new RandomClocks(random, random.nextBoolean());
        network = new RandomNetwork(random);
        if (random.nextBoolean()) {
            config = config.leased(RandomClocks.DRIFT_PERMILLE_MAX);
        }
        int size = 1 + random.nextInt(3) * 2;
        List<Member> voters = new ArrayList<>();
        for (int i = 1; i <= size; i++) {
            voters.add(new Member(i, i, new UUID(0, i)));
        }
        List<Member> learners = new ArrayList<>();
        int total = size;
        if (random.nextInt(3) == 0) {
            total++;
            learners.add(new Member(total, total, new UUID(0, total)));
        }
        Membership membership = Membership.of(voters, learners);
        for (int i = 0; i < total; i++) {
            create(membership);
        }
    }

    private void create(Membership membership) {
        disks.add(new TestDisk(membership));
        replicas.add(null);
        clocks.add();
        appliedInMemory.add(0L);
        fetches.add(new ArrayList<>());
        start(replicas.size() - 1);
    }

    void all() {
        for (int step = 0; step < STEPS; step++) {
            calm = step % 1000 > 500;
            if (step % 200 == 0) {
                cutOff = calm || random.nextInt(3) > 0 ? -1 : someoneOf(random);
                fillDisks();
                stuck = calm || hangs.nextInt(3) > 0 ? -1 : someoneOf(hangs);
            }
            one();
        }
        settle();
    }

    /** Each hears of some disks that they are nearly full, and not all hear the same. */
    private void fillDisks() {
        for (int i = 0; i < replicas.size(); i++) {
            List<Long> full = new ArrayList<>();
            for (long node = 1; node <= replicas.size(); node++) {
                if (!calm && rooms.nextInt(4) == 0) {
                    full.add(node);
                }
            }
            if (replicas.get(i) != null) {
                step(i, new Input.NearlyFull(full));
            }
        }
    }

    /** One that leads, by preference: it may think for a while that it leads still. */
    private int someoneOf(SplittableRandom random) {
        for (int i = 0; i < replicas.size(); i++) {
            RaftReplica replica = replicas.get(i);
            if (replica != null && replica.leads() && random.nextBoolean()) {
                return i;
            }
        }
        return random.nextInt(replicas.size());
    }

    /** In the end all faults stop, and the group must find together again. */
    void settle() {
        cutOff = -1;
        stuck = -1;
        calm = true;
        for (int i = 0; i < replicas.size(); i++) {
            if (replicas.get(i) == null) {
                start(i);
            }
        }
        fillDisks();
        for (int i = 0; i < replicas.size(); i++) {
            for (int missed = 0; missed < replicas.size(); missed++) {
                step(i, new Input.Wake(missed + 1));
            }
        }
        long before = checks.agreedCount();
        for (int round = 0; round < 2000 && checks.agreedCount() <= before + 3; round++) {
            nanos += 3_000_000;
            for (int i = 0; i < replicas.size(); i++) {
                step(i, new Input.Tick());
                if (round % 50 == 0) {
                    step(i, new Input.Propose(++token, EntryKind.COMMANDS, payload()));
                }
                serveAll(i);
                sendSnapshots(i);
            }
            while (!snapshots.isEmpty()) {
                installOne();
            }
            while (!network.isEmpty()) {
                exchange();
            }
        }
        assertTrue(checks.agreedCount() > before + 3, "a healed group goes on");
    }

    private void serveAll(int i) {
        while (hasToSync(i) || !fetches.get(i).isEmpty()) {
            if (hasToSync(i)) {
                step(i, disks.get(i).sync());
            }
            if (!fetches.get(i).isEmpty()) {
                step(i, disks.get(i).read(fetches.get(i).removeFirst()));
            }
        }
        apply(i);
    }

    private boolean hasToSync(int i) {
        return i != stuck && disks.get(i).pendingCount() > 0;
    }

    private void one() {
        nanos += random.nextLong(2_000_000);
        int i = random.nextInt(replicas.size());
        int dice = random.nextInt(100);
        miss(random.nextInt(replicas.size()), i);
        if (replicas.get(i) == null) {
            if (dice < 20) {
                start(i);
            }
        } else if (dice < 25) {
            step(i, new Input.Tick());
        } else if (dice < 32) {
            step(i, new Input.Propose(++token, EntryKind.COMMANDS, payload()));
        } else if (dice < 36) {
            i = cutOff >= 0 && random.nextBoolean() ? cutOff : i;
            readFloor.put(++token, checks.agreedCount());
            step(i, new Input.Read(token, 0));
        } else if (dice < 52) {
            if (hasToSync(i)) {
                step(i, disks.get(i).sync());
            }
        } else if (dice < 60) {
            apply(i);
        } else if (dice < 64) {
            if (!fetches.get(i).isEmpty()) {
                step(i, disks.get(i).read(fetches.get(i).removeFirst()));
            }
        } else if (dice < 66) {
            change(i);
        } else if (dice < 70) {
            compact(i);
        } else if (dice < 74) {
            sendSnapshots(i);
        } else if (dice < 80) {
            installOne();
        } else if (dice == 96) {
            step(i, new Input.TransferLeadership(0));
        } else if (!calm && dice == 99 && random.nextInt(4) == 0) {
            crash(i);
        }
        for (int k = 0; k < (isPrompt ? 30 : 3) && !network.isEmpty(); k++) {
            exchange();
            if (isPrompt) {
                serveAll(random.nextInt(replicas.size()));
            }
        }
    }

    /** Whoever watches over the nodes finds out sooner or later who is gone. */
    private void miss(int missed, int by) {
        RaftReplica replica = replicas.get(by);
        boolean isGone = replicas.get(missed) == null || missed == cutOff || by == cutOff;
        if (replica != null && replica.isQuiet()) {
            quietTicks++;
            if (isGone || random.nextInt(100) == 0) {
                step(by, new Input.Wake(missed + 1));
            }
        }
    }

    /** Between two and seven members; no more than twelve in all. */
    private void change(int i) {
        RaftReplica replica = replicas.get(i);
        if (replica == null || !replica.leads()) {
            return;
        }
        List<Member> members = replica.membership().members();
        Member some = members.get(random.nextInt(members.size()));
        boolean isVoter =
                replica.membership().voters().stream()
                        .anyMatch(m -> m.replicaId() == some.replicaId());
        long next = replica.membership().nextReplicaId();
        MembershipChange change =
                next <= 12 && (members.size() < 3 || random.nextBoolean())
                        ? new MembershipChange.Add(
                                next,
                                new UUID(0, next),
                                isVoter && random.nextBoolean() ? some.replicaId() : 0)
                        : new MembershipChange.Remove(some.replicaId());
        step(i, new Input.ChangeMembership(++token, change));
    }

    private void compact(int i) {
        RaftReplica replica = replicas.get(i);
        if (replica != null) {
            long kept = Math.min(disks.get(i).applied(), replica.status(now(i)).applied());
            long index = random.nextInt(3) == 0 ? kept : replica.compactable(kept);
            step(i, new Input.Compact(index, replica.logTime(now(i))));
        }
    }

    private void sendSnapshots(int i) {
        RaftReplica replica = replicas.get(i);
        if (replica == null) {
            return;
        }
        ReplicaStatus status = replica.status(now(i));
        Snapshot snapshot = replica.snapshotAt(status.applied(), status.logTime());
        for (long id : replica.wantingSnapshot()) {
            snapshots.add(new Transfer(snapshot, (int) id - 1));
        }
    }

    private void installOne() {
        if (snapshots.isEmpty()) {
            return;
        }
        Transfer transfer = snapshots.get(random.nextInt(snapshots.size()));
        if (calm || random.nextBoolean()) {
            snapshots.remove(transfer);
        }
        EntryId base = transfer.snapshot().base();
        RaftReplica replica = replicas.get(transfer.to());
        if (replica != null && replica.takes(transfer.snapshot())) {
            Entry there = checks.agreed(base.index());
            Invariant.check(there != null && there.id().equals(base), "of what is agreed");
            installs++;
            checkCutsNothingThatAgrees(disks.get(transfer.to()), base);
            appliedInMemory.set(transfer.to(), base.index());
            fetches.get(transfer.to()).clear();
            step(transfer.to(), new Input.Install(transfer.snapshot()));
        }
    }

    /** What follows an entry of what is agreed may be acknowledged, and counted. */
    private void checkCutsNothingThatAgrees(TestDisk disk, EntryId base) {
        boolean isHeld =
                base.index() > disk.base().index()
                        && base.index() <= disk.lastIndex()
                        && disk.entry(base.index()).id().equals(base);
        Invariant.check(
                !isHeld || disk.pendingCount() > 0, "a snapshot of what is there is not taken");
    }

    private void exchange() {
        Message message = network.next(calm, cutOff);
        if (message != null && replicas.get((int) message.to() - 1) != null) {
            step((int) message.to() - 1, new Input.Received(message));
        }
    }

    private void start(int i) {
        Recovered recovered = disks.get(i).recover();
        appliedInMemory.set(i, recovered.applied());
        replicas.set(i, new RaftReplica(config, i + 1, recovered, random.nextLong(), now(i)));
    }

    private void crash(int i) {
        replicas.set(i, null);
        disks.get(i).crash();
        fetches.get(i).clear();
    }

    private Now now(int i) {
        return clocks.read(i, nanos);
    }

    private Bytes payload() {
        return Bytes.wrap(new byte[random.nextInt(120)]);
    }

    private void step(int i, Input input) {
        RaftReplica replica = replicas.get(i);
        if (replica == null) {
            return;
        }
        boolean wasToLeave = replica.isTransferring();
        replica.step(now(i), input);
        if (wasToLeave && !replica.leads() && isForItsDisk(replica)) {
            handOvers++;
        }
        if (!calm && random.nextInt(4) == 0) {
            return;
        }
        take(i, replica.ready());
        checks.leader(replica.status(now(i)));
    }

    private static boolean isForItsDisk(RaftReplica replica) {
        return replica.stepDownCause().equals(Optional.of(StepDownCause.DISK_STALLED));
    }

    private void take(int i, Ready ready) {
        if (ready.persist() != null) {
            disks.get(i).write(ready.persist());
        }
        network.send(ready.messages());
        fetches.get(i).addAll(ready.fetches());
        for (Entry entry : ready.committed()) {
            Invariant.check(entry.index() == appliedInMemory.get(i) + 1, "each once and in order");
            appliedInMemory.set(i, entry.index());
            checks.committed(disks.get(i), entry);
        }
        changes += ready.committed().stream().filter(e -> e.kind() == EntryKind.MEMBERSHIP).count();
        RaftReplica replica = replicas.get(i);
        if (replica != null && replica.leads()) {
            for (Member member : replica.membership().members()) {
                if (member.replicaId() > replicas.size()) {
                    create(replica.membership());
                }
            }
        }
        for (ReadResult read : ready.reads()) {
            if (read instanceof ReadResult.Confirmed confirmed) {
                readsConfirmed++;
                long floor = readFloor.getOrDefault(confirmed.token(), 0L);
                Invariant.check(confirmed.index() >= floor, "no stale read");
            }
        }
    }

    private void apply(int i) {
        RaftReplica replica = replicas.get(i);
        if (replica != null && appliedInMemory.get(i) > replica.status(now(i)).applied()) {
            disks.get(i).appliedTo(appliedInMemory.get(i));
            step(i, new Input.Applied(appliedInMemory.get(i)));
        }
    }
}
