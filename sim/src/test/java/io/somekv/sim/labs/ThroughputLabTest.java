package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.sim.world.Repartition;
import io.somekv.sim.world.SimCluster;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * After each change of who hears whom, as much is answered as before. The lab's schedule: long with
 * one majority, a moment with another, long with all. Four seconds are left to an election and to
 * the clients; the four behind them count.
 */
class ThroughputLabTest {
    private static final long COUNTED_MILLIS = 4_000;

    @Test
    @Tag("lab:DSLabs.lab3.RepartitionFullThroughput")
    void aMajorityAnswersAsMuchAsAll() {
        assertShare(0.6, Lab.of(5).clients(3));
    }

    /** Where each message may get lost, all of a majority must answer: some are asked twice. */
    @Test
    @Tag("lab:DSLabs.lab3.RepartitionFullThroughput")
    void aMajorityAnswersMostOfItWhereMessagesGetLost() {
        assertShare(0.4, Lab.of(5).losesMessages());
    }

    /** In each long turn with a majority, of what is answered in those with all, on average. */
    private static void assertShare(double share, Lab lab) {
        SimCluster cluster = lab.turns(8, 1, 8).seconds(35).cluster(1);
        cluster.run();
        List<Long> ofMajorities = new ArrayList<>();
        List<Long> ofAll = new ArrayList<>();
        List<Repartition.Turn> turns = cluster.turns();
        for (int i = 0; i < turns.size(); i++) {
            long end = turns.get(i).toMillis();
            long answers = cluster.history().knownBetween(end - COUNTED_MILLIS, end);
            if (i % 3 != 1) {
                (i % 3 == 0 ? ofMajorities : ofAll).add(answers);
            }
        }
        assertEquals(2, ofAll.size(), "rounds");
        double full = ofAll.stream().mapToLong(Long::longValue).average().orElseThrow();
        for (long answers : ofMajorities) {
            assertTrue(answers >= share * full, ofMajorities + " of " + ofAll);
        }
    }
}
