package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Logs are dropped every few entries, as the MIT lab 2D and the Paxos lab's Forget check it. */
class SnapshotLabTest {
    /** The labs take one each ten commands. */
    private static final int EVERY = 10;

    private static void compactAll(LabGroup lab) {
        for (int id = 1; id <= lab.size(); id++) {
            if (lab.group().isUp(id)) {
                lab.group().compact(id, Long.MAX_VALUE);
            }
        }
    }

    private static void assertLogsAreShort(LabGroup lab) {
        for (int id = 1; id <= lab.size(); id++) {
            int entries = lab.group().disk(id).entries().size();
            assertTrue(entries <= 6 * EVERY, "replica " + id + " holds " + entries);
        }
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotBasic2D")
    @Tag("lab:DSLabs.lab3.ClearsMemory")
    void logsAreFreed() {
        LabGroup lab = new LabGroup(3);
        for (int i = 0; i < 20 * EVERY; i++) {
            lab.one("c" + i, 3);
            if (i % EVERY == 0) {
                compactAll(lab);
            }
        }
        assertEquals(20 * EVERY, lab.commands().size());
        assertLogsAreShort(lab);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotInstall2D")
    void aFollowerThatWasCutOffGetsASnapshot() {
        awayAndBack(0, false);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotInstallUnreliable2D")
    void aFollowerThatWasCutOffGetsASnapshotOnABadNetwork() {
        awayAndBack(0.1, false);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotInstallCrash2D")
    void aFollowerThatCrashedGetsASnapshot() {
        awayAndBack(0, true);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotInstallUnCrash2D")
    void aFollowerThatCrashedGetsASnapshotOnABadNetwork() {
        awayAndBack(0.1, true);
    }

    private static void awayAndBack(double loss, boolean crashes) {
        LabGroup lab = new LabGroup(3);
        lab.loss = loss;
        Random random = new Random(2);
        lab.one("first", 3);
        int count = 1;
        for (int round = 0; round < 20; round++) {
            int leader = lab.leader();
            int away = round % 3 == 1 ? leader : leader % 3 + 1;
            if (crashes) {
                lab.crash(away);
            } else {
                lab.cut(away);
            }
            lab.one("r" + round, 2);
            count++;
            int more = EVERY / 2 + random.nextInt(EVERY);
            for (int i = 0; i < more; i++) {
                lab.one("r" + round + "." + i, 2);
                count++;
            }
            compactAll(lab);
            if (crashes) {
                lab.start(away);
            } else {
                lab.heal(away);
            }
            lab.one("back " + round, 3);
            count++;
            assertLogsAreShort(lab);
        }
        assertTrue(lab.commands().size() >= count, "none is missing");
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotAllCrash2D")
    void allCrashAndGoOnFromTheirSnapshots() {
        LabGroup lab = new LabGroup(3);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < EVERY + round; i++) {
                lab.one(round + "." + i, 3);
            }
            compactAll(lab);
            lab.run(10);
            for (int id = 1; id <= 3; id++) {
                lab.crash(id);
            }
            for (int id = 1; id <= 3; id++) {
                lab.start(id);
            }
            lab.one("again " + round, 3);
        }
        assertLogsAreShort(lab);
    }

    /** After all crashed, what the snapshot says is in force before anything else is agreed on. */
    @Test
    @Tag("lab:MIT-2020.raft.TestSnapshotInit2D")
    void aRestartBeginsWhereTheSnapshotEnds() {
        LabGroup lab = new LabGroup(3);
        for (int i = 0; i <= EVERY; i++) {
            lab.one("c" + i, 3);
        }
        compactAll(lab);
        lab.run(500);
        for (int turn = 0; turn < 2; turn++) {
            for (int id = 1; id <= 3; id++) {
                long base = lab.group().disk(id).base().index();
                assertTrue(base > 0);
                lab.crash(id);
                lab.start(id);
                assertTrue(lab.group().status(id).commit() >= base);
            }
            lab.one("turn " + turn, 3);
        }
        assertEquals(EVERY + 3, lab.commands().size());
    }
}
