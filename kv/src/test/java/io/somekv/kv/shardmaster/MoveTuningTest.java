package io.somekv.kv.shardmaster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Mutation;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How shards may move is changed while they do, by more than one operator. */
class MoveTuningTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final int SHARDS = 10;

    private final ShardMasterMachine machine =
            new ShardMasterMachine(new MemoryEngine(), 1, EnumSet.noneOf(Mutation.class));

    private Outcome run(Command command) {
        Request request = new Request(Optional.empty(), command);
        return machine.apply(new AppliedEntry(machine.appliedIndex() + 1, 1, List.of(request)))
                .getFirst();
    }

    private Outcome tune(MoveTuning tuning) {
        return run(new Command.TuneMoves(tuning));
    }

    private MoveSettings settings() {
        return machine.latest().orElseThrow().moves();
    }

    @BeforeEach
    void start() {
        NodeInfo node = new NodeInfo(1, new UUID(0, 1), "127.0.0.1", 7000, 6379, 9000, 6479);
        Command start =
                new Command.StartCluster(
                        new UUID(7, 7), SHARDS, GroupSettings.defaults(SHARDS), List.of(node));
        assertEquals(OK, run(start));
    }

    /** Of two at once neither undoes what the other has set. */
    @Test
    void whatIsNotNamedStays() {
        assertEquals(OK, tune(MoveTuning.NONE.withTransfersMax(1).withBytesPerSecondMax(1 << 20)));
        assertEquals(OK, tune(MoveTuning.pause(List.of(3, 1))));
        assertEquals(OK, tune(MoveTuning.pause(List.of())));
        assertEquals(OK, tune(MoveTuning.NONE.withTransfersMax(4)));
        assertEquals(new MoveSettings(4, 1 << 20, true, List.of(1, 3)), settings());
        assertEquals(OK, tune(MoveTuning.resume(List.of(3))));
        assertEquals(OK, tune(MoveTuning.resume(List.of())));
        assertEquals(new MoveSettings(4, 1 << 20, false, List.of(1)), settings());
    }

    @Test
    void whatMakesNoSenseChangesNothing() {
        for (MoveTuning tuning :
                List.of(
                        MoveTuning.NONE.withTransfersMax(0),
                        MoveTuning.NONE.withTransfersMax(MoveSettings.TRANSFERS_MAX_MAX + 1),
                        MoveTuning.NONE.withBytesPerSecondMax(1))) {
            assertInstanceOf(Outcome.Invalid.class, tune(tuning));
        }
        Outcome.Refused refused = new Outcome.Refused(Outcome.Reason.NO_SUCH_SHARD, "no shard 99");
        assertEquals(refused, tune(MoveTuning.pause(List.of(1, 99))));
        assertEquals(refused, tune(MoveTuning.resume(List.of(99))));
        assertEquals(MoveSettings.DEFAULT, settings());
    }
}
