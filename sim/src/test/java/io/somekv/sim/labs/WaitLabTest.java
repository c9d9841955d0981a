package io.somekv.sim.labs;

import io.somekv.sim.world.Fault;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How long a client waits for an answer, in simulated time. DSLabs allows two to three seconds when
 * a leader is lost, with servers that give a leader up after a tenth of a second. Here that takes
 * one to two seconds, so that a pause of a process is no reason for an election; the bound is three
 * times the longest such wait.
 */
class WaitLabTest {
    private static final long ELECTION_MILLIS_MAX = 2_000;

    @Test
    @Tag("lab:DSLabs.lab1.LongRunningWorkload")
    void nobodyWaitsLongWhileNothingFails() {
        Lab.of(3).holds().waitsUnder(1_000);
    }

    @Test
    @Tag("lab:DSLabs.lab3.SinglePartition")
    void aLeaderThatIsCutOffIsMissedSoon() {
        Lab.of(5).faults(Fault.ISOLATE).holds().waitsUnder(3 * ELECTION_MILLIS_MAX);
    }

    @Test
    @Tag("lab:DSLabs.lab3.ConstantRepartition")
    void partitionsThatComeAndGoAreSoonOvercome() {
        Lab.of(5).faults(Fault.SPLIT).holds().waitsUnder(3 * ELECTION_MILLIS_MAX);
    }

    /**
     * The lab's own schedule: two seconds with one majority, two with another, two with all. In a
     * majority each message counts, and each takes several attempts; an election lost to that, or
     * that ends as the next majority comes, costs a second one.
     */
    @Test
    @Tag("lab:DSLabs.lab3.ConstantRepartitionUnreliable")
    void norDoLostMessagesKeepMajoritiesThatChangeFromServing() {
        Lab.of(5).losesMessages().turns(2, 2, 2).holds().waitsUnder(4 * ELECTION_MILLIS_MAX);
    }
}
