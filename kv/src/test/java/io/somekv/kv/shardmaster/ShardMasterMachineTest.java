package io.somekv.kv.shardmaster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The rows of CONFORMANCE that speak of a shard master's answers, and what the labs leave open. */
class ShardMasterMachineTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final UUID CLUSTER = new UUID(1, 2);
    private static final int SHARDS = 10;
    private static final long START = 1_700_000_000_000L;

    private final MemoryEngine engine = new MemoryEngine();
    private final List<AppliedEntry> log = new ArrayList<>();
    private ShardMasterMachine machine = open();
    private long now = START;
    private long sequence;

    private ShardMasterMachine open() {
        return new ShardMasterMachine(engine, 3, EnumSet.noneOf(Mutation.class));
    }

    private Outcome apply(Request request) {
        AppliedEntry entry = new AppliedEntry(machine.appliedIndex() + 1, now, List.of(request));
        log.add(entry);
        return machine.apply(entry).getFirst();
    }

    private Outcome bare(Command command) {
        return apply(new Request(Optional.empty(), command));
    }

    private Request stamped(Command command) {
        sequence++;
        return new Request(
                Optional.of(
                        new RequestStamp(
                                new ClientId(5, 5), sequence, sequence, List.of(), now + 1000)),
                command);
    }

    private Outcome run(Command command) {
        return apply(stamped(command));
    }

    private static NodeInfo node(long id) {
        return new NodeInfo(id, new UUID(0, id), "127.0.0.1", 7000, 6379, 9000, 6479);
    }

    private static GroupSpec group(long id) {
        return new GroupSpec(id, List.of(new GroupSpec.Replica(1, 1), new GroupSpec.Replica(2, 2)));
    }

    private Outcome join(long... ids) {
        List<GroupSpec> groups = new ArrayList<>();
        for (long id : ids) {
            groups.add(group(id));
        }
        return run(new Command.Join(groups));
    }

    private ShardMasterMachineTest started() {
        bare(
                new Command.StartCluster(
                        CLUSTER,
                        SHARDS,
                        GroupSettings.defaults(SHARDS),
                        List.of(node(1), node(2), node(3))));
        return this;
    }

    private ClusterMap query(long number) {
        return assertInstanceOf(
                        Outcome.Cluster.class, machine.read(new Command.QueryConfig(number)))
                .map();
    }

    private ShardConfig latest() {
        return query(-1).config();
    }

    private static Reason reason(Outcome outcome) {
        return assertInstanceOf(Outcome.Refused.class, outcome).reason();
    }

    private static int moved(ShardConfig before, ShardConfig after) {
        int moved = 0;
        for (int shard = 0; shard < before.shardCount(); shard++) {
            moved += before.owner(shard) == after.owner(shard) ? 0 : 1;
        }
        return moved;
    }

    @Test
    @DisplayName("DSLabs lab4 commandsReturnOk")
    @Tag("lab:DSLabs.lab4shardmaster.CommandsReturnOk")
    void commandsReturnOk() {
        started();
        assertEquals(OK, join(1));
        assertEquals(OK, join(2));
        int shard = latest().owners().indexOf(1L);
        assertEquals(OK, run(new Command.Move(shard, 2)));
        assertEquals(OK, run(new Command.Leave(List.of(1L))));
    }

    @Test
    @DisplayName("DSLabs lab4 initialQueryReturnsNoConfig")
    @Tag("lab:DSLabs.lab4shardmaster.InitialQueryReturnsNoConfig")
    @Tag("lab:somekv.require.QueryConfigZero")
    void initialQueryReturnsNoConfig() {
        assertEquals(Reason.NOT_STARTED, reason(machine.read(new Command.QueryConfig(-1))));
        started();
        assertEquals(0, latest().number());
        assertEquals(List.of(), latest().groups());
        assertEquals(List.of(0L), latest().owners().stream().distinct().toList());
    }

    @Test
    @DisplayName("DSLabs lab4 CommandsReturnError")
    @Tag("lab:DSLabs.lab4shardmaster.CommandsReturnError")
    @Tag("lab:somekv.require.MoveErrors")
    void commandsReturnError() {
        assertEquals(Reason.NOT_STARTED, reason(join(1)));
        assertEquals(Reason.NOT_STARTED, reason(bare(new Command.RegisterClient(CLUSTER))));
        assertEquals(Reason.NOT_STARTED, reason(bare(new Command.RegisterNode(node(1)))));
        started();
        join(1, 2);
        assertEquals(Reason.GROUP_EXISTS, reason(join(1)));
        assertEquals(Reason.GROUP_EXISTS, reason(join(3, 3)));
        assertEquals(Reason.NOTHING_TO_DO, reason(join()));
        assertInstanceOf(Outcome.Invalid.class, join(0));
        assertInstanceOf(Outcome.Invalid.class, join(-1));
        assertEquals(Reason.NO_SUCH_GROUP, reason(run(new Command.Leave(List.of(9L)))));
        assertEquals(Reason.NO_SUCH_GROUP, reason(run(new Command.Leave(List.of(1L, 1L)))));
        assertEquals(Reason.NOTHING_TO_DO, reason(run(new Command.Leave(List.of()))));
        assertEquals(Reason.NO_SUCH_GROUP, reason(run(new Command.Move(0, 9))));
        assertEquals(Reason.NO_SUCH_SHARD, reason(run(new Command.Move(SHARDS, 1))));
        assertEquals(Reason.NO_SUCH_SHARD, reason(run(new Command.Move(-1, 1))));
        assertEquals(Reason.NOTHING_TO_DO, reason(run(new Command.Move(0, latest().owner(0)))));
        assertEquals(1, latest().number());
    }

    @Test
    void membersMustBeKnownAndDiffer() {
        started();
        GroupSpec stranger = new GroupSpec(1, List.of(new GroupSpec.Replica(1, 9)));
        assertEquals(Reason.NO_SUCH_NODE, reason(run(new Command.Join(List.of(stranger)))));
        GroupSpec twice =
                new GroupSpec(1, List.of(new GroupSpec.Replica(1, 1), new GroupSpec.Replica(2, 1)));
        assertInstanceOf(Outcome.Invalid.class, run(new Command.Join(List.of(twice))));
        bare(new Command.RegisterNode(node(9)));
        assertEquals(OK, run(new Command.Join(List.of(stranger))));
    }

    @Test
    @DisplayName("DSLabs lab4 InitialConfigCorrect, BasicJoinLeave (exact minimal movement)")
    @Tag("lab:DSLabs.lab4shardmaster.InitialConfigCorrect")
    @Tag("lab:DSLabs.lab4shardmaster.BasicJoinLeave")
    @Tag("lab:MIT-2020.shardctrler.TestBasic")
    void basicJoinLeave() {
        started();
        join(1);
        assertEquals(List.of(1L), latest().owners().stream().distinct().toList());
        ShardConfig before = latest();
        join(2);
        assertEquals(5, moved(before, latest()));
        before = latest();
        join(3);
        assertEquals(3, moved(before, latest()));
        before = latest();
        run(new Command.Leave(List.of(3L)));
        assertEquals(3, moved(before, latest()));
        run(new Command.Leave(List.of(1L, 2L)));
        assertEquals(List.of(0L), latest().owners().stream().distinct().toList());
        assertEquals(List.of(), latest().groups());
        assertEquals(5, latest().number());
    }

    @Test
    @DisplayName("MIT shardmaster TestBasic, DSLabs lab4 HistoricalQueries")
    @Tag("lab:DSLabs.lab4shardmaster.HistoricalQueries")
    @Tag("lab:somekv.require.QueryLatest")
    void historicalQueries() {
        started();
        List<ShardConfig> history = new ArrayList<>(List.of(latest()));
        for (long id = 1; id <= 8; id++) {
            join(id);
            history.add(latest());
        }
        run(new Command.Leave(List.of(4L, 5L)));
        history.add(latest());
        machine = open();
        for (ShardConfig config : history) {
            assertEquals(config, query(config.number()).config());
        }
        assertEquals(latest(), query(history.size()).config());
        assertEquals(latest(), query(1 << 30).config());
    }

    @Test
    void aGroupThatHasLeftKeepsNoShard() {
        started();
        join(1, 2);
        run(new Command.Leave(List.of(2L)));
        Outcome.Refused refused =
                assertInstanceOf(Outcome.Refused.class, run(new Command.Move(0, 2)));
        assertEquals("group 2 has left: have it join again first", refused.message());
    }

    @Test
    @DisplayName("MIT shardmaster TestBasic Move, DSLabs lab4 MoveShards")
    @Tag("lab:DSLabs.lab4shardmaster.MoveShards")
    @Tag("lab:somekv.require.MoveOnlyThatShard")
    void moveShards() {
        started();
        join(1, 2);
        ShardConfig before = latest();
        int shard = before.owners().indexOf(1L);
        run(new Command.Move(shard, 2));
        assertEquals(1, moved(before, latest()));
        assertEquals(2, latest().owner(shard));
        join(3);
        long most = 0;
        for (long id = 1; id <= 3; id++) {
            long wanted = id;
            most = Math.max(most, latest().owners().stream().filter(o -> o == wanted).count());
        }
        assertEquals(4, most);
    }

    @Test
    @DisplayName("MIT shardctrler TestMulti")
    @Tag("lab:MIT-2020.shardctrler.TestMulti")
    void severalGroupsAtOnce() {
        started();
        join(1, 2, 3);
        assertEquals(1, latest().number());
        ShardConfig before = latest();
        run(new Command.Leave(List.of(1L, 3L)));
        for (int shard = 0; shard < SHARDS; shard++) {
            assertTrue(before.owner(shard) != 2 || latest().owner(shard) == 2);
        }
    }

    @Test
    @DisplayName("DSLabs lab4 Determinism: two replicas, one restarted")
    @Tag("lab:DSLabs.lab4shardmaster.Determinism")
    @Tag("lab:somekv.require.JoinLeaveDeterministic")
    void determinism() {
        started();
        join(1, 2, 3);
        bare(new Command.RegisterClient(new UUID(7, 7)));
        engine.flush();
        run(new Command.Leave(List.of(2L)));
        run(new Command.Move(0, 3));
        bare(new Command.RegisterClient(new UUID(8, 8)));
        ClusterMap map = query(-1);
        Outcome digest = machine.read(new Command.StateDigest());
        engine.crash();
        machine = open();
        while (machine.appliedIndex() < log.size()) {
            machine.apply(log.get((int) machine.appliedIndex()));
        }
        assertEquals(map, query(-1));
        assertEquals(digest, machine.read(new Command.StateDigest()));
    }

    @Test
    @DisplayName("a repeated Join is answered as the first was")
    void repeatedChangesAreExecutedOnce() {
        started();
        Request join = stamped(new Command.Join(List.of(group(1))));
        assertEquals(OK, apply(join));
        assertEquals(OK, apply(join));
        assertEquals(1, latest().number());
        assertInstanceOf(Outcome.Invalid.class, bare(new Command.Join(List.of(group(2)))));
    }

    private ClientId register(UUID nonce) {
        return assertInstanceOf(Outcome.Registered.class, bare(new Command.RegisterClient(nonce)))
                .client();
    }

    @Test
    @Tag("kb-40")
    @Tag("lab:somekv.endtoend.RegistrationIdempotent")
    void aClientIdIsGivenOutOnce() {
        started();
        ClientId first = register(new UUID(1, 1));
        assertEquals(first, register(new UUID(1, 1)));
        ClientId second = register(new UUID(2, 2));
        assertNotEquals(first, second);
        engine.flush();
        engine.crash();
        machine = open();
        assertEquals(first, register(new UUID(1, 1)));
        ClientId third = register(new UUID(3, 3));
        assertTrue(!third.equals(first) && !third.equals(second));
        now += ClientRegistry.NONCE_KEPT_MILLIS + 1;
        ClientId later = register(new UUID(1, 1));
        assertTrue(later.low() > third.low(), "a number of its own: " + later);
        machine = open();
        assertEquals(later, register(new UUID(1, 1)));
    }

    @Test
    void twoClustersGiveOutDifferentIds() {
        started();
        ShardMasterMachineTest other = new ShardMasterMachineTest();
        other.bare(
                new Command.StartCluster(
                        new UUID(1, 3), SHARDS, GroupSettings.defaults(SHARDS), List.of(node(1))));
        assertNotEquals(register(new UUID(1, 1)), other.register(new UUID(1, 1)));
    }

    @Test
    void aClusterStartsOnce() {
        started();
        Command.StartCluster again =
                new Command.StartCluster(
                        CLUSTER, SHARDS, GroupSettings.defaults(SHARDS), List.of(node(1)));
        assertEquals(OK, bare(again));
        assertEquals(3, query(-1).nodes().size());
        assertEquals(3, query(-1).master().replicas().size());
        assertEquals(
                Reason.ALREADY_STARTED,
                reason(
                        bare(
                                new Command.StartCluster(
                                        new UUID(9, 9),
                                        SHARDS,
                                        GroupSettings.defaults(SHARDS),
                                        List.of(node(1))))));
        assertInstanceOf(
                Outcome.Invalid.class, run(Command.Put.of(Bytes.utf8("k"), Bytes.utf8("v"))));
    }

    private Outcome reportsAll(long group) {
        ShardConfig config = latest();
        List<Command.ReportServed.Since> served = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            if (config.owner(shard) == group) {
                served.add(new Command.ReportServed.Since(shard, config.number()));
            }
        }
        return bare(new Command.ReportServed(group, served));
    }

    /** Whoever is to have those shards could not find the group any more. */
    @Test
    void aNodeIsNotForgottenWhileAGroupThatHasLeftHasShardsThere() {
        started();
        bare(new Command.RegisterNode(node(4)));
        join(1);
        GroupSpec second = new GroupSpec(2, List.of(new GroupSpec.Replica(1, 4)));
        assertEquals(OK, run(new Command.Join(List.of(second))));
        assertEquals(OK, reportsAll(1));
        assertEquals(OK, reportsAll(2));
        assertEquals(Reason.NOTHING_TO_DO, reason(bare(new Command.ForgetNode(4))));
        assertEquals(OK, run(new Command.Leave(List.of(2L))));
        assertEquals(Reason.NOTHING_TO_DO, reason(bare(new Command.ForgetNode(4))));
        assertEquals(OK, reportsAll(1));
        assertEquals(OK, bare(new Command.ForgetNode(4)));
    }
}
