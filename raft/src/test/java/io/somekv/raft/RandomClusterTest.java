package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random schedules of a whole group: messages are lost, doubled and reordered, syncs are late,
 * replicas crash and lose what was not synced. After every step the properties of Raft figure 3
 * hold. The simulator does the same with the real node around it; this one is quick enough for
 * every build.
 */
final class RandomClusterTest {
    private static final int STEPS = 4000;

    @Test
    void propertiesOfFigure3HoldUnderFaults() {
        long committed = 0;
        long reads = 0;
        for (long seed = 1; seed <= 60; seed++) {
            Run run = new Run(seed, EnumSet.noneOf(Mutation.class));
            run.all();
            committed += run.agreed.size();
            reads += run.readsConfirmed;
        }
        assertTrue(committed > 60 * 20, "the schedules let work be done: " + committed);
        assertTrue(reads > 60, "reads are confirmed: " + reads);
    }

    /** One seeded schedule. */
    private static final class Run {
        private final SplittableRandom random;
        private final RaftConfig config;
        private final Membership membership;
        private final int size;
        private final TestDisk[] disks;
        private final @Nullable RaftReplica[] replicas;
        private final long[] clockSkewMillis;
        private final long[] appliedInMemory;
        private final List<List<Ready.Fetch>> fetches = new ArrayList<>();
        private final List<Message> network = new ArrayList<>();
        private final TreeMap<Long, Long> leaders = new TreeMap<>();
        private final TreeMap<Long, Entry> agreed = new TreeMap<>();
        private final TreeMap<Long, Long> readFloor = new TreeMap<>();
        private long nanos = 1;
        private long token;
        private long readsConfirmed;
        private boolean calm;

        /** A replica that nothing reaches and nobody hears; -1 for none. */
        private int cutOff = -1;

        Run(long seed, Set<Mutation> mutations) {
            random = new SplittableRandom(seed);
            config =
                    new RaftConfig(
                            100_000_000,
                            10_000_000,
                            300,
                            900,
                            2000,
                            600,
                            500_000_000,
                            500,
                            mutations);
            size = 1 + random.nextInt(3) * 2;
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
            membership = new Membership(voters, learners);
            disks = new TestDisk[total];
            replicas = new RaftReplica[total];
            clockSkewMillis = new long[total];
            appliedInMemory = new long[total];
            for (int i = 0; i < total; i++) {
                disks[i] = new TestDisk(membership);
                clockSkewMillis[i] = random.nextInt(4) == 0 ? random.nextLong(100_000) : 0;
                fetches.add(new ArrayList<>());
                start(i);
            }
        }

        void all() {
            for (int step = 0; step < STEPS; step++) {
                calm = step % 1000 > 500;
                if (step % 200 == 0) {
                    cutOff = calm || random.nextInt(3) > 0 ? -1 : random.nextInt(replicas.length);
                }
                one();
            }
            settle();
        }

        /** In the end all faults stop, and the group must find together again. */
        void settle() {
            cutOff = -1;
            for (int i = 0; i < replicas.length; i++) {
                if (replicas[i] == null) {
                    start(i);
                }
            }
            long before = agreed.size();
            for (int round = 0; round < 2000 && agreed.size() <= before + 3; round++) {
                nanos += 3_000_000;
                for (int i = 0; i < replicas.length; i++) {
                    step(i, new Input.Tick());
                    if (round % 50 == 0) {
                        step(i, new Input.Propose(++token, EntryKind.COMMANDS, payload()));
                    }
                    serveAll(i);
                }
                while (!network.isEmpty()) {
                    deliver(network.removeFirst());
                }
            }
            assertTrue(agreed.size() > before + 3, "a healed group goes on");
        }

        private void serveAll(int i) {
            while (disks[i].pendingCount() > 0 || !fetches.get(i).isEmpty()) {
                if (disks[i].pendingCount() > 0) {
                    step(i, disks[i].sync());
                }
                if (!fetches.get(i).isEmpty()) {
                    step(i, disks[i].read(fetches.get(i).removeFirst()));
                }
            }
            apply(i);
        }

        private void one() {
            nanos += random.nextLong(2_000_000);
            int i = random.nextInt(replicas.length);
            int dice = random.nextInt(100);
            if (replicas[i] == null) {
                if (dice < 20) {
                    start(i);
                }
            } else if (dice < 25) {
                step(i, new Input.Tick());
            } else if (dice < 32) {
                step(i, new Input.Propose(++token, EntryKind.COMMANDS, payload()));
            } else if (dice < 36) {
                readFloor.put(++token, (long) agreed.size());
                step(i, new Input.Read(token));
            } else if (dice < 52) {
                if (disks[i].pendingCount() > 0) {
                    step(i, disks[i].sync());
                }
            } else if (dice < 60) {
                apply(i);
            } else if (dice < 64) {
                if (!fetches.get(i).isEmpty()) {
                    step(i, disks[i].read(fetches.get(i).removeFirst()));
                }
            } else if (!calm && dice == 99 && random.nextInt(4) == 0) {
                crash(i);
            }
            for (int k = 0; k < 3 && !network.isEmpty(); k++) {
                exchange();
            }
        }

        private void exchange() {
            int at = calm ? 0 : random.nextInt(network.size());
            Message message = network.get(at);
            int dice = calm ? 99 : random.nextInt(100);
            boolean isCut = message.from() - 1 == cutOff || message.to() - 1 == cutOff;
            if (dice >= 5 && !isCut) {
                deliver(message);
            }
            if (dice < 90 || calm) {
                network.remove(message);
            }
            if (network.size() > 300) {
                network.subList(0, 200).clear();
            }
        }

        private void deliver(Message message) {
            int to = (int) message.to() - 1;
            if (replicas[to] != null) {
                step(to, new Input.Received(message));
            }
        }

        private void start(int i) {
            Recovered recovered = disks[i].recover();
            appliedInMemory[i] = recovered.applied();
            replicas[i] = new RaftReplica(config, i + 1, recovered, random.nextLong(), now(i));
        }

        private void crash(int i) {
            replicas[i] = null;
            disks[i].crash();
            fetches.get(i).clear();
        }

        private Now now(int i) {
            return new Now(nanos, 1_000_000_000L + nanos / 1_000_000 + clockSkewMillis[i]);
        }

        private Bytes payload() {
            return Bytes.wrap(new byte[random.nextInt(120)]);
        }

        private void step(int i, Input input) {
            RaftReplica replica = replicas[i];
            if (replica == null) {
                return;
            }
            replica.step(now(i), input);
            if (!calm && random.nextInt(4) == 0) {
                return;
            }
            take(i, replica.ready());
            checkLeader(replica.status(now(i)));
        }

        private void take(int i, Ready ready) {
            if (ready.persist() != null) {
                disks[i].write(ready.persist());
            }
            network.addAll(ready.messages());
            fetches.get(i).addAll(ready.fetches());
            for (Entry entry : ready.committed()) {
                checkCommitted(i, entry);
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
            RaftReplica replica = replicas[i];
            if (replica != null && appliedInMemory[i] > replica.status(now(i)).applied()) {
                disks[i].appliedTo(appliedInMemory[i]);
                step(i, new Input.Applied(appliedInMemory[i]));
            }
        }

        /** State Machine Safety, and rule 4: nothing is applied that a crash could take away. */
        private void checkCommitted(int i, Entry entry) {
            Invariant.check(entry.index() == ++appliedInMemory[i], "each once and in order");
            Entry first = agreed.putIfAbsent(entry.index(), entry);
            Invariant.check(first == null || first.equals(entry), "state machine safety");
            Invariant.check(
                    disks[i].entries().size() >= entry.index()
                            && disks[i].entries().get((int) entry.index() - 1).equals(entry),
                    "applied only what is durable");
            Entry before = agreed.get(entry.index() - 1);
            Invariant.check(
                    before == null || before.logTime() <= entry.logTime(), "log time ascends");
        }

        /** Election Safety and Leader Completeness. */
        private void checkLeader(ReplicaStatus status) {
            if (status.role() == ReplicaStatus.Role.LEADER) {
                Long other = leaders.putIfAbsent(status.term(), status.replicaId());
                Invariant.check(other == null || other == status.replicaId(), "election safety");
                Invariant.check(
                        agreed.isEmpty()
                                || status.last().index() >= agreed.lastKey()
                                || status.term() < leaders.lastKey(),
                        "leader completeness");
            }
        }
    }
}
