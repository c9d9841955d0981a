package io.somekv.sim.labs;

import io.somekv.sim.world.Fault;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The MIT labs 3A and 3B: a replicated store under partitions, crashes, loss, and snapshots. */
class KvRaftLabTest {
    @Test
    @Tag("lab:MIT-2020.kvraft.TestConcurrent3A")
    @Tag("lab:MIT-2025.kvsrv1.TestPutConcurrentReliable")
    @Tag("lab:MIT-2015.pbservice.TestConcurrentSame")
    @Tag("lab:MIT-2015.pbservice.TestConcurrentSameAppend")
    @Tag("lab:DSLabs.lab2.ConcurrentPut")
    @Tag("lab:DSLabs.lab2.ConcurrentAppend")
    @Tag("lab:DSLabs.lab3.ConcurrentAppends")
    @Tag("lab:DSLabs.lab1.MultiClientAppends")
    @Tag("lab:DSLabs.lab2.MultiClient")
    void manyClients() {
        Lab.of(5).clients(5).fewKeys().holds();
    }

    @Test
    @Tag("lab:MIT-2025.kvsrv1.TestReliablePut")
    @Tag("lab:DSLabs.lab2.SingleClient")
    @Tag("lab:DSLabs.lab3.SynchronousClients")
    void oneClient() {
        Lab.of(3).clients(1).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestUnreliable3A")
    @Tag("lab:MIT-2015.kvpaxos.TestUnreliable")
    @Tag("lab:DSLabs.lab1.Unreliable")
    @Tag("lab:DSLabs.lab2.AtMostOnceUnreliable")
    @Tag("lab:DSLabs.lab2.MultiClientUnreliable")
    void anUnreliableNetwork() {
        Lab.of(5).unreliable().holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestUnreliableOneKey3A")
    @Tag("lab:MIT-2015.pbservice.TestConcurrentSameUnreliable")
    @Tag("lab:DSLabs.lab2.ConcurrentAppendUnreliable")
    void anUnreliableNetworkAndOneKey() {
        Lab.of(3).fewKeys().unreliable().holds();
    }

    @Test
    void onePartition() {
        Lab.of(5).clients(1).faults(Fault.SPLIT).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestManyPartitionsOneClient3A")
    void manyPartitionsAndOneClient() {
        Lab.of(5).clients(1).faults(Fault.SPLIT, Fault.ISOLATE, Fault.BRIDGE).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestManyPartitionsManyClients3A")
    @Tag("lab:MIT-2015.kvpaxos.TestHole")
    void manyPartitionsAndManyClients() {
        Lab.of(5).faults(Fault.SPLIT, Fault.ISOLATE, Fault.ONE_WAY).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestPersistOneClient3A")
    void crashesAndOneClient() {
        Lab.of(5).clients(1).faults(Fault.ALL_AT_ONCE).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestPersistConcurrent3A")
    @Tag("lab:MIT-2015.pbservice.TestRepeatedCrash")
    @Tag("lab:DSLabs.lab2.RepeatedCrashes")
    void crashesAndManyClients() {
        Lab.of(5).faults(Fault.ALL_AT_ONCE, Fault.KILL).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestPersistConcurrentUnreliable3A")
    @Tag("lab:MIT-2015.pbservice.TestRepeatedCrashUnreliable")
    @Tag("lab:DSLabs.lab2.RepeatedCrashesUnreliable")
    void crashesAndAnUnreliableNetwork() {
        Lab.of(5).unreliable().faults(Fault.ALL_AT_ONCE, Fault.KILL).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestPersistPartition3A")
    void crashesAndPartitions() {
        Lab.of(5).faults(Fault.ALL_AT_ONCE, Fault.SPLIT).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestPersistPartitionUnreliable3A")
    @Tag("lab:MIT-2015.kvpaxos.TestManyPartition")
    void crashesPartitionsAndAnUnreliableNetwork() {
        Lab.of(5).clients(10).unreliable().faults(Fault.POWER_CUT, Fault.SPLIT).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestPersistPartitionUnreliableLinearizable3A")
    void fifteenClientsAndSevenNodes() {
        Lab.of(7).clients(15).unreliable().faults(Fault.ALL_AT_ONCE, Fault.SPLIT).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotRecover3B")
    void snapshotsAndCrashes() {
        Lab.of(3).clients(1).dropsLogs().faults(Fault.ALL_AT_ONCE).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotRecoverManyClients3B")
    void snapshotsCrashesAndManyClients() {
        Lab.of(5).clients(12).dropsLogs().faults(Fault.ALL_AT_ONCE).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotUnreliable3B")
    void snapshotsOnAnUnreliableNetwork() {
        Lab.of(5).dropsLogs().unreliable().holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotUnreliableRecover3B")
    void snapshotsAndCrashesOnAnUnreliableNetwork() {
        Lab.of(5).dropsLogs().unreliable().faults(Fault.ALL_AT_ONCE).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotUnreliableRecoverConcurrentPartition3B")
    void snapshotsCrashesAndPartitionsOnAnUnreliableNetwork() {
        Lab.of(5).dropsLogs().unreliable().faults(Fault.ALL_AT_ONCE, Fault.SPLIT).holds();
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable3B")
    void snapshotsAndAllOfItWithFifteenClients() {
        Lab.of(7)
                .clients(15)
                .dropsLogs()
                .unreliable()
                .faults(Fault.ALL_AT_ONCE, Fault.SPLIT)
                .holds();
    }

    @Test
    @Tag("lab:MIT-2015.shardmaster.TestUnreliable")
    void aShardMasterOnAnUnreliableNetwork() {
        Lab.of(3).unreliable().movesShards().seconds(60).holds();
    }
}
