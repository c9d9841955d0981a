package io.somekv.sim.labs;

import io.somekv.sim.world.Fault;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The labs' checks of a sharded store with many clients at work while groups join and leave and
 * shards move: three groups, and a shard master, on nodes of their own. Besides what all runs are
 * judged by, no two groups serve a shard at any moment.
 */
class ShardKvLabTest {
    /** What the lab allows a client, in milliseconds. */
    private static final long CONSTANT_MOVEMENT_MILLIS = 4_000;

    private static Lab moving(int replicas) {
        return Lab.ofGroups(3, replicas).keepsMovingShards().seeds(2).seconds(12);
    }

    @Test
    @Tag("slow")
    @Tag("lab:MIT-2015.shardkv.TestConcurrent")
    @Tag("lab:MIT-2020.shardkv.TestConcurrent2")
    @Tag("lab:MIT-2025.shardkv1.TestManyConcurrentClerkReliable5A")
    void manyClients() {
        moving(3).clients(11).seeds(1).holds();
    }

    @Test
    @Tag("slow")
    @Tag("lab:MIT-2015.shardkv.TestConcurrentUnreliable")
    @Tag("lab:MIT-2020.shardkv.TestUnreliable2")
    @Tag("lab:MIT-2020.shardkv.TestUnreliable3")
    @Tag("lab:MIT-2025.shardkv1.TestManyConcurrentClerkUnreliable5A")
    void manyClientsOnAnUnreliableNetwork() {
        moving(3).clients(11).unreliable().seeds(3).seconds(60).holds();
    }

    @Test
    @Tag("lab:MIT-2025.shardkv1.TestOneConcurrentClerkReliable5A")
    void oneClient() {
        moving(1).clients(1).holds();
    }

    @Test
    @Tag("lab:MIT-2025.shardkv1.TestOneConcurrentClerkUnreliable5A")
    void oneClientOnAnUnreliableNetwork() {
        moving(1).clients(1).unreliable().seeds(3).seconds(60).holds();
    }

    /** All nodes at once, and single ones, again and again. */
    @Test
    @Tag("slow")
    @Tag("lab:MIT-2020.shardkv.TestConcurrent1")
    @Tag("lab:MIT-2020.shardkv.TestConcurrent3")
    void groupsThatStopAndStartAgain() {
        moving(3).faults(Fault.ALL_AT_ONCE, Fault.KILL).holds();
    }

    @Test
    @Tag("slow")
    @Tag("lab:somekv.require.AtMostOneGroupServes")
    void noTwoGroupsServeAShardWhateverFails() {
        Fault[] faults = {Fault.SPLIT, Fault.KILL, Fault.PAUSE};
        moving(3).seeds(3).seconds(15).faults(faults).holds();
        moving(1).seeds(5).seconds(15).faults(faults).holds();
    }

    /** The longest wait of sixteen seeds is a quarter of a second. */
    @Test
    @Tag("slow")
    @Tag("lab:DSLabs.lab4store.ConstantMovement")
    void nobodyWaitsLongWhileShardsKeepMoving() {
        moving(3).holds().waitsUnder(CONSTANT_MOVEMENT_MILLIS);
    }

    /** The longest wait of sixteen seeds is 5.9 seconds. */
    @Test
    @Tag("lab:DSLabs.lab4store.ConstantMovementUnreliable")
    void norMuchLongerWhereMessagesGetLost() {
        moving(3).losesMessages().seconds(30).holds().waitsUnder(7_000);
    }

    /**
     * Two seconds with a majority of each group, and two with all. The longest wait of sixteen
     * seeds is 2.6 seconds.
     */
    @Test
    @Tag("slow")
    @Tag("lab:DSLabs.lab4store.RepeatedPartitioning")
    void majoritiesThatChangeServeOn() {
        moving(3).turns(2, 2).seeds(4).holds().waitsUnder(5_000);
    }
}
