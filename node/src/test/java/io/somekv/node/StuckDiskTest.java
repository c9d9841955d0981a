package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A leader whose disk hangs hands over to one whose disk does not (DESIGN §3, rule 5). */
@Tag("kb-35")
class StuckDiskTest {
    private static final long GROUP = 1;

    /** An election timeout at least: nobody becomes leader so soon for want of one. */
    private static final int ELECTION_TICKS = 200;

    private static Command put(int key) {
        return Command.Put.of(Bytes.utf8("k" + key), Bytes.utf8("v"));
    }

    private static LaneCluster started(int groups) {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(128, groups);
        cluster.run(500);
        return cluster;
    }

    /**
     * A leader answers only what is durable at its node, so the first write waits for its disk; the
     * second one waits behind that.
     */
    @Test
    void anotherLeadsBeforeAnElectionTimeout() {
        LaneCluster cluster = started(1);
        long leader = cluster.leaderOf(GROUP);
        long other = 1 + leader % 3;
        cluster.stallDisk(leader);
        long first = cluster.begin(other, put(1));
        cluster.run(2);
        long second = cluster.begin(other, put(2));
        cluster.run(ELECTION_TICKS - 20);
        assertNotEquals(leader, cluster.leaderOf(GROUP));
        assertTrue(cluster.isAnswered(first) && cluster.isAnswered(second));
        assertEquals(new Outcome.Ok(), cluster.await(first));
        assertEquals(new Outcome.Ok(), cluster.await(second));
        cluster.freeDisk(leader);
        assertEquals(new Outcome.Ok(), cluster.ask(leader, put(3)));
        assertTrue(cluster.comesToRest());
    }

    /** As on one disk that all share: to change leaders would not help. */
    @Test
    void whereAllDisksHangTheLeaderStays() {
        LaneCluster cluster = started(1);
        long leader = cluster.leaderOf(GROUP);
        for (int i = 0; i < 5; i++) {
            for (long node = 1; node <= 3; node++) {
                cluster.stallDisk(node);
            }
            long token = cluster.begin(1, put(i));
            cluster.run(2 * ELECTION_TICKS);
            assertTrue(!cluster.isAnswered(token));
            for (long node = 1; node <= 3; node++) {
                cluster.freeDisk(node);
            }
            assertEquals(new Outcome.Ok(), cluster.await(token));
            assertEquals(leader, cluster.leaderOf(GROUP));
        }
    }

    /** All of its groups wait for the same disk from the same moment on. */
    @Test
    void aNodesManyGroupsAreHandedOverInTheCourseOfTime() {
        int groups = 100;
        LaneCluster cluster = started(groups);
        for (int group = 1; group <= groups; group++) {
            cluster.transfer(cluster.leaderOf(group), group, 1);
        }
        cluster.run(20);
        assertEquals(groups, led(cluster, groups));
        cluster.stallDisk(1);
        for (int key = 0; key < 20 * groups; key++) {
            cluster.begin(2, put(key));
        }
        List<Integer> left = new ArrayList<>();
        for (int tick = 0; tick < ELECTION_TICKS - 20; tick += 5) {
            int before = led(cluster, groups);
            cluster.run(5);
            left.add(before - led(cluster, groups));
        }
        assertEquals(0, led(cluster, groups), "all are led elsewhere: " + left);
        assertTrue(left.stream().allMatch(count -> count < groups / 4), "not at once: " + left);
    }

    private static int led(LaneCluster cluster, int groups) {
        int count = 0;
        for (int group = 1; group <= groups; group++) {
            count += cluster.leaderOf(group) == 1 ? 1 : 0;
        }
        return count;
    }
}
