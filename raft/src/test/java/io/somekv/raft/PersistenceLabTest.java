package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes, lossy networks and churn, as the MIT labs 2C and the Paxos lab check them. */
class PersistenceLabTest {
    @Test
    @Tag("lab:MIT-2020.raft.TestPersist12C")
    void whatWasAgreedSurvivesCrashesOfAllAndOfEach() {
        LabGroup lab = new LabGroup(3);
        lab.one("11", 3);
        for (int id = 1; id <= 3; id++) {
            lab.crash(id);
        }
        for (int id = 1; id <= 3; id++) {
            lab.start(id);
        }
        lab.one("12", 3);
        int leader = lab.leader();
        lab.crash(leader);
        lab.start(leader);
        lab.one("13", 3);
        leader = lab.leader();
        lab.crash(leader);
        lab.one("14", 2);
        lab.start(leader);
        lab.one("15", 3);
        assertEquals(List.of("11", "12", "13", "14", "15"), lab.commands());
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestPersist22C")
    void fiveComeAndGoInTurns() {
        LabGroup lab = new LabGroup(5);
        int count = 0;
        for (int round = 0; round < 5; round++) {
            lab.one("a" + count++, 5);
            int leader = lab.leader();
            int one = leader % 5 + 1;
            int two = (leader + 1) % 5 + 1;
            lab.crash(one);
            lab.crash(two);
            lab.one("b" + count++, 3);
            for (int id = 1; id <= 5; id++) {
                if (id != one && id != two) {
                    lab.crash(id);
                }
            }
            lab.start(one);
            lab.start(two);
            lab.run(1_500);
            lab.start((leader + 2) % 5 + 1);
            lab.one("c" + count++, 3);
            lab.start((leader + 3) % 5 + 1);
            lab.start(leader);
        }
        lab.one("end", 5);
        assertEquals(count + 1, lab.commands().size());
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestPersist32C")
    void aCutLeaderAndACrashedFollowerComeBackInAnyOrder() {
        LabGroup lab = new LabGroup(3);
        lab.one("101", 3);
        int leader = lab.leader();
        int other = (leader + 1) % 3 + 1;
        lab.cut(other);
        lab.one("102", 2);
        lab.crash(leader);
        lab.crash(leader % 3 + 1);
        lab.heal(other);
        lab.start(leader);
        lab.one("103", 2);
        lab.start(leader % 3 + 1);
        lab.one("104", 3);
        assertEquals(List.of("101", "102", "103", "104"), lab.commands());
    }

    /**
     * The figure itself, from (c) on: the leader of term 4 brings 2/2 onto three of five, alone in
     * its message, and that does not commit it; in (d) replica 5 overwrites it with 3/2.
     */
    @Test
    @Tag("lab:MIT-2020.raft.TestFigure82C")
    void figure8AnOldEntryOnAMajorityIsNotCommitted() {
        Group group = new Group(Group.CONFIG, 5, 0);
        for (int id = 1; id <= 5; id++) {
            List<Entry> log = new ArrayList<>(List.of(entry(1, 1)));
            if (id == 1 || id == 5) {
                log.add(entry(id == 5 ? 3 : 2, 2));
            }
            group.disk(id).seed(new HardState(3, 0, 0), log);
        }
        group.startAll();
        group.campaign(1);
        for (int i = 0; i < 10; i++) {
            group.tick(1, 10);
            group.settle(m -> m.to() <= 3 && m.from() <= 3 && !hasEntryOfTerm4(m));
        }
        for (int id = 1; id <= 3; id++) {
            assertEquals(new EntryId(2, 2), group.disk(id).entry(2).id());
        }
        assertEquals(ReplicaStatus.Role.LEADER, group.status(1).role());
        assertEquals(4, group.status(1).term());
        assertEquals(0, group.status(1).commit());
        group.crash(1);
        for (int i = 0; i < 3 && group.leader() != 5; i++) {
            group.campaign(5); // at first it has not heard of term 4
            group.settle();
        }
        group.start(1);
        group.run(50, m -> true);
        for (int id = 1; id <= 5; id++) {
            assertEquals(new EntryId(3, 2), group.committed(id).get(1).id(), "replica " + id);
        }
    }

    private static boolean hasEntryOfTerm4(Message message) {
        return message instanceof Message.AppendEntries append
                && append.entries().stream().anyMatch(e -> e.id().term() == 4);
    }

    private static Entry entry(long term, long index) {
        return new Entry(
                new EntryId(term, index), EntryKind.COMMANDS, 0, Bytes.wrap(new byte[400]));
    }

    /** Leaders crash right after they took a command, most often before anybody has it. */
    @Test
    @Tag("lab:MIT-2020.raft.TestFigure82C")
    void figure8HoldsOverManyLeaders() {
        LabGroup lab = new LabGroup(5);
        Random random = new Random(8);
        lab.one("first", 1);
        int up = 5;
        for (int round = 0; round < 300; round++) {
            int leader = lab.leaderNow();
            if (leader != 0) {
                lab.propose(leader, "c" + round);
            }
            lab.run(random.nextInt(10) == 0 ? 5 * random.nextInt(100) : 5 * random.nextInt(3));
            if (leader != 0 && lab.group().isUp(leader)) {
                lab.crash(leader);
                up--;
            }
            int id = 1 + random.nextInt(5);
            if (up < 3 && !lab.group().isUp(id)) {
                lab.start(id);
                up++;
            }
            lab.run(100);
        }
        startAll(lab);
        lab.one("last", 5);
    }

    private static void startAll(LabGroup lab) {
        for (int id = 1; id <= lab.size(); id++) {
            if (!lab.group().isUp(id)) {
                lab.start(id);
            }
        }
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestUnreliableAgree2C")
    @Tag("lab:MIT-2015.paxos.TestManyUnreliable")
    void commandsAreAgreedOnThoughMessagesGetLost() {
        LabGroup lab = new LabGroup(5);
        lab.loss = 0.2;
        List<String> given = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            for (int k = 0; k < 4; k++) {
                lab.propose(lab.leader(), i + "." + k);
            }
            lab.one("u" + i, 1);
            given.add("u" + i);
        }
        lab.loss = 0;
        lab.one("end", 5);
        assertTrue(lab.commands().containsAll(given));
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestFigure8Unreliable2C")
    void figure8HoldsOnABadNetwork() {
        LabGroup lab = new LabGroup(5);
        Random random = new Random(88);
        lab.one("first", 1);
        lab.loss = 0.2;
        for (int round = 0; round < 300; round++) {
            int leader = lab.leaderNow();
            for (int id = 1; id <= 5; id++) {
                lab.propose(id, round + "." + id);
            }
            lab.run(random.nextInt(10) == 0 ? 5 * random.nextInt(100) : 5 * random.nextInt(3));
            if (leader != 0 && random.nextBoolean()) {
                lab.cut(leader);
            }
            if (random.nextInt(3) == 0) {
                lab.heal(1 + random.nextInt(5));
            }
            lab.run(50);
        }
        lab.healAll();
        lab.loss = 0;
        lab.one("last", 5);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestReliableChurn2C")
    void churnOnAGoodNetwork() {
        churn(0);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestUnreliableChurn2C")
    void churnOnABadNetwork() {
        churn(0.1);
    }

    /** Replicas crash, start, are cut off and come back while commands come in. */
    private static void churn(double loss) {
        LabGroup lab = new LabGroup(5);
        lab.loss = loss;
        Random random = new Random(5);
        for (int round = 0; round < 100; round++) {
            int id = 1 + random.nextInt(5);
            switch (random.nextInt(5)) {
                case 0 -> lab.cut(id);
                case 1 -> {
                    if (lab.group().isUp(id)) {
                        lab.crash(id);
                    }
                }
                default -> {
                    lab.heal(id);
                    if (!lab.group().isUp(id)) {
                        lab.start(id);
                    }
                }
            }
            int leader = lab.leaderNow();
            if (leader != 0) {
                lab.propose(leader, "c" + round);
            }
            lab.run(5 * random.nextInt(120));
        }
        lab.loss = 0;
        lab.healAll();
        startAll(lab);
        lab.one("last", 5);
        assertTrue(lab.commands().size() > 20, "it went on meanwhile: " + lab.commands().size());
    }
}
