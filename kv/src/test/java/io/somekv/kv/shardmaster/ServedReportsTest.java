package io.somekv.kv.shardmaster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Mutation;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Served;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What groups report of the shards that they serve. */
class ServedReportsTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final int SHARDS = 10;
    private static final long NOW = 1_700_000_000_000L;

    private final MemoryEngine engine = new MemoryEngine();
    private ShardMasterMachine machine = open();
    private long sequence;

    private ShardMasterMachine open() {
        return new ShardMasterMachine(engine, 3, EnumSet.noneOf(Mutation.class));
    }

    /** In one entry. */
    private List<Outcome> apply(Request... requests) {
        return machine.apply(new AppliedEntry(machine.appliedIndex() + 1, NOW, List.of(requests)));
    }

    private static Request bare(Command command) {
        return new Request(Optional.empty(), command);
    }

    private Request stamped(Command command) {
        sequence++;
        return new Request(
                Optional.of(
                        new RequestStamp(
                                new ClientId(5, 5), sequence, sequence, List.of(), NOW + 1000)),
                command);
    }

    private ClusterMap map() {
        return assertInstanceOf(Outcome.Cluster.class, machine.read(new Command.QueryConfig(-1)))
                .map();
    }

    private void start() {
        NodeInfo node = new NodeInfo(1, new UUID(0, 1), "127.0.0.1", 7000, 6379, 9000, 6479);
        apply(
                bare(
                        new Command.StartCluster(
                                new UUID(1, 2),
                                SHARDS,
                                GroupSettings.defaults(SHARDS),
                                List.of(node))));
        List<GroupSpec.Replica> replicas = List.of(new GroupSpec.Replica(1, 1));
        apply(
                stamped(
                        new Command.Join(
                                List.of(new GroupSpec(1, replicas), new GroupSpec(2, replicas)))));
    }

    /**
     * An entry holds what came while the one before was made durable: two moves, and a report of
     * the first, may be in one. The report is judged by a config that no row shows yet.
     */
    @Test
    void aReportMayComeInTheEntryOfItsConfig() {
        start();
        int shard = map().config().owners().indexOf(1L);
        int other = map().config().owners().lastIndexOf(1L);
        long config = map().config().number() + 1;
        Command.ReportServed.Since since = new Command.ReportServed.Since(shard, config);
        assertEquals(
                List.of(OK, OK, OK),
                apply(
                        stamped(new Command.Move(shard, 2)),
                        stamped(new Command.Move(other, 2)),
                        bare(new Command.ReportServed(2, List.of(since)))));
        assertEquals(new Served(config, 2), map().served(shard));
        machine = open();
        assertEquals(new Served(config, 2), map().served(shard));
    }
}
