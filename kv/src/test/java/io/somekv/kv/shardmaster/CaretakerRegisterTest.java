package io.somekv.kv.shardmaster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoggedDecision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the shard master keeps for its caretaker, also over a restart. */
class CaretakerRegisterTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final long START = 1_700_000_000_000L;

    private final MemoryEngine engine = new MemoryEngine();
    private ShardMasterMachine machine = open();
    private long sequence;

    private ShardMasterMachine open() {
        return new ShardMasterMachine(engine, 3, EnumSet.noneOf(Mutation.class));
    }

    @BeforeEach
    void startWithTwoGroups() {
        List<NodeInfo> nodes =
                LongStream.rangeClosed(1, 3)
                        .mapToObj(id -> new NodeInfo(id, new UUID(0, id), "host", 1, 2, 3, 4))
                        .toList();
        run(new Command.StartCluster(new UUID(1, 2), 8, GroupSettings.defaults(8), nodes));
        join(1);
        join(2);
    }

    private void join(long id) {
        assertEquals(
                OK,
                run(
                        new Command.Join(
                                List.of(new GroupSpec(id, List.of(new GroupSpec.Replica(1, 1)))))));
    }

    private Outcome run(Command command) {
        sequence++;
        RequestStamp stamp =
                new RequestStamp(
                        new ClientId(5, 5), sequence, sequence, List.of(), START + 100_000);
        return machine.apply(
                        new AppliedEntry(
                                machine.appliedIndex() + 1,
                                START + sequence,
                                List.of(new Request(Optional.of(stamp), command))))
                .getFirst();
    }

    private ShardConfig config() {
        return machine.latest().orElseThrow().config();
    }

    private CaretakerState state() {
        return assertInstanceOf(
                        Outcome.Caretaker.class, machine.read(new Command.QueryCaretaker(1_000)))
                .state();
    }

    private Outcome decide(long config, long number, Decision... decisions) {
        return run(new Command.Decide(config, number, List.of(decisions)));
    }

    private static Decision handOver(String why) {
        return new Decision.HandOver(1, 1, 2, why);
    }

    @Test
    void shardsThatMoveMakeOneConfigAndAreNotPinned() {
        int first = config().owners().indexOf(1L);
        int other = config().owners().indexOf(2L);
        long number = config().number();
        assertEquals(
                OK,
                decide(
                        number,
                        1,
                        new Decision.MoveShard(first, 1, 2, "too much"),
                        new Decision.MoveShard(other, 2, 1, "in exchange")));
        assertEquals(number + 1, config().number());
        assertEquals(2L, config().owner(first));
        assertEquals(1L, config().owner(other));
        assertFalse(machine.caretaker().isPinned(first));
        assertEquals(2, state().decisions().size());
        assertEquals("in exchange", state().decisions().getFirst().decision().why());
        assertEquals(START + sequence, state().decisions().getFirst().logTime());
    }

    @Test
    void whatWasDecidedOnAnotherMapIsRefusedAsAWhole() {
        assertInstanceOf(Outcome.Refused.class, decide(config().number() - 1, 1, handOver("a")));
        assertEquals(OK, decide(config().number(), 1, handOver("a")));
        assertInstanceOf(Outcome.Refused.class, decide(config().number(), 1, handOver("a")));
        assertInstanceOf(
                Outcome.Invalid.class,
                decide(
                        config().number(),
                        2,
                        handOver("b"),
                        new Decision.MoveShard(config().owners().indexOf(1L), 2, 1, "c")));
        assertEquals(1, state().decisions().size());
    }

    @Test
    void whoMovesAShardPinsItUntilAGroupComesOrGoes() {
        int shard = config().owners().indexOf(1L);
        assertEquals(OK, run(new Command.Move(shard, 2)));
        assertTrue(machine.caretaker().isPinned(shard));
        machine = open();
        assertTrue(machine.caretaker().isPinned(shard));
        join(3);
        assertFalse(machine.caretaker().isPinned(shard));
        machine = open();
        assertFalse(machine.caretaker().isPinned(shard));
    }

    @Test
    void allIsThereAfterARestart() {
        CaretakerSettings settings =
                CaretakerSettings.DEFAULTS
                        .withDuties(List.of(Duty.LEAD))
                        .withDeadAfter(7_000)
                        .withReplicaCount(3);
        assertEquals(OK, run(new Command.TuneCaretaker(settings)));
        NodeUse use = new NodeUse(2, NodeUse.Kind.DRAINING);
        assertEquals(OK, run(new Command.UseNode(use)));
        assertEquals(OK, decide(config().number(), 1, handOver("why")));
        CaretakerState before = state();
        assertEquals(settings, before.settings());
        assertEquals(List.of(use), before.uses());
        machine = open();
        assertEquals(before, state());
        assertEquals(NodeUse.Kind.DRAINING, machine.caretaker().useOf(2));
        assertEquals(OK, run(new Command.UseNode(new NodeUse(2, NodeUse.Kind.OPEN))));
        assertEquals(List.of(), state().uses());
        machine = open();
        assertEquals(List.of(), state().uses());
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        CaretakerSettings settings = CaretakerSettings.DEFAULTS;
        for (CaretakerSettings wrong :
                List.of(
                        settings.withDeadAfter(999),
                        settings.withRest(-1),
                        settings.withReplicaCount(10),
                        settings.withAtATime(-1, 1),
                        settings.withAtATime(1, 1_001))) {
            assertInstanceOf(
                    Outcome.Invalid.class, run(new Command.TuneCaretaker(wrong)), "" + wrong);
        }
        assertInstanceOf(
                Outcome.Refused.class,
                run(new Command.UseNode(new NodeUse(9, NodeUse.Kind.CLOSED))));
    }

    @Test
    void oldDecisionsAreForgotten() {
        int count = CaretakerRegister.DECISIONS_MAX + 5;
        for (int number = 1; number <= count; number++) {
            assertEquals(OK, decide(config().number(), number, handOver("no. " + number)));
        }
        List<LoggedDecision> kept = state().decisions();
        assertEquals(CaretakerRegister.DECISIONS_MAX, kept.size());
        assertEquals(count, kept.getFirst().number());
        assertEquals(6, kept.getLast().number());
        machine = open();
        assertEquals(kept, state().decisions());
        assertEquals(count + 1, machine.caretaker().nextNumber());
    }
}
