package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.sim.world.SteeredStore;
import io.somekv.sim.world.SteeredStore.Asked;
import io.somekv.sim.world.SteeredStore.Side;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Who changes the config, and who carries it out: what the labs ask of a controller that others
 * replace. Here the shard master's group and its operators stand in its place, and the leader of
 * the group that takes a shard in: any of them may be cut off in the middle, and what it does late
 * changes nothing.
 */
class OperatorLabTest {
    private static final int SHARDS = 10;
    private static final int FEW_SHARDS = 4;
    private static final long MASTER = 0;
    private static final Optional<Outcome> OK = Optional.of(new Outcome.Ok());
    private static final long PATIENCE_MILLIS = 20_000;

    /** As in {@link MoveLabTest}. */
    private static final long MOVES_MILLIS = 120_000;

    private static SteeredStore store(Lab lab, int joined) {
        return new SteeredStore(1, lab.scenario(), joined);
    }

    private static void settles(SteeredStore store) {
        assertTrue(store.awaitMoves(MOVES_MILLIS), "all shards are served where they should be");
    }

    private static Command join(SteeredStore store, long group) {
        return new Command.Join(List.of(store.spec(group)));
    }

    private static Command leave(long group) {
        return new Command.Leave(List.of(group));
    }

    /** Every node tells the same. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestInitQuery5A")
    void theFirstConfigIsWhatWasAskedFor() {
        SteeredStore store = store(Lab.ofGroups(1, 3), 0);
        assertEquals(0, store.config().number());
        GroupSpec group = store.spec(1);
        assertEquals(OK, store.await(store.ask(Side.MAJORITY, join(store, 1)), PATIENCE_MILLIS));
        List<Long> owners = LongStream.generate(() -> 1).limit(SHARDS).boxed().toList();
        ShardConfig expected = new ShardConfig(1, List.of(group), owners);
        for (long node = 1; node <= 6; node++) {
            Command query = new Command.QueryConfig(-1);
            Asked asked = store.askAt(node, MASTER, query, ReadMode.LEADER);
            Outcome outcome = store.await(asked, PATIENCE_MILLIS).orElseThrow();
            assertEquals(expected, ((Outcome.Cluster) outcome).map().config());
        }
    }

    /** Two of them, each with a group of its own: each command makes one config. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestConcurrentReliable5C")
    void operatorsAtWorkAtTheSameTime() {
        SteeredStore store = store(Lab.ofGroups(3, 1), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        for (int round = 0; round < 5; round++) {
            changeAtOnce(store, join(store, 2), join(store, 3));
            clerk.appendAndCheck();
            changeAtOnce(store, leave(2), leave(3));
            clerk.appendAndCheck();
        }
        assertEquals(1 + 5 * 4, store.config().number());
        settles(store);
        assertEquals(clerk.shards(), store.groups().serving(1));
    }

    private static void changeAtOnce(SteeredStore store, Command one, Command other) {
        Asked first = store.ask(Side.MAJORITY, one);
        Asked second = store.ask(Side.MINORITY, other);
        assertEquals(OK, store.await(first, PATIENCE_MILLIS));
        assertEquals(OK, store.await(second, PATIENCE_MILLIS));
    }

    /** It hears nothing and asks again and again, while another one undoes what it did. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestPartitionControllerJoin5C")
    void anOperatorThatIsCutOffUndoesNothingOfWhatCameLater() {
        SteeredStore store = store(Lab.ofGroups(2, 1), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        for (Command command : List.of(join(store, 2), leave(2))) {
            assertEquals(OK, store.await(store.ask(Side.MINORITY, command), PATIENCE_MILLIS));
        }
        store.deafen(Side.MINORITY);
        Asked late = store.ask(Side.MINORITY, join(store, 2));
        store.run(3_000);
        assertEquals(4, store.config().number());
        assertEquals(Optional.empty(), late.outcome());
        assertEquals(OK, store.await(store.ask(Side.MAJORITY, leave(2)), PATIENCE_MILLIS));
        assertEquals(5, store.config().number());
        store.heal();
        assertEquals(OK, store.await(late, PATIENCE_MILLIS), "its join was carried out, once");
        store.run(3_000);
        assertEquals(5, store.config().number());
        clerk.appendAndCheck();
        settles(store);
        assertEquals(clerk.shards(), store.groups().serving(1));
    }

    /** A shard was on its way; the next leader goes on, and the old one comes back too late. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestPartitionControllerJoin5C")
    void aLeaderThatIsCutOffAmidAMoveUndoesNothingOfWhatCameLater() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll("v".repeat(10_000));
        store.join(2L);
        for (int i = 0; i < 10_000 && store.groups().shards(1).outgoing().isEmpty(); i++) {
            store.run(1);
        }
        long old = store.groups().leader(2);
        store.cutOff(old);
        settles(store);
        clerk.appendAndCheck();
        store.leave(2L);
        settles(store);
        store.heal();
        clerk.appendAndCheck();
        store.run(2_000);
        assertEquals(clerk.shards(), store.groups().serving(1));
        clerk.appendAndCheck();
    }

    @Test
    @Tag("lab:MIT-2025.shardkv1.TestPartitionRecoveryReliableNoClerk5C")
    void changesAreCompletedWhoeverIsCutOff() {
        leadersAreCutOff(Lab.ofGroups(2, 3).shards(FEW_SHARDS), 6, false);
    }

    @Test
    @Tag("lab:MIT-2025.shardkv1.TestPartitionRecoveryReliableClerks5C")
    void theyAreWhileClientsWriteToo() {
        leadersAreCutOff(Lab.ofGroups(2, 3).shards(FEW_SHARDS), 6, true);
    }

    @Test
    @Tag("slow")
    @Tag("lab:MIT-2025.shardkv1.TestPartitionRecoveryUnreliableNoClerk5C")
    void theyAreOnAnUnreliableNetworkToo() {
        leadersAreCutOff(Lab.ofGroups(2, 3).shards(FEW_SHARDS).unreliable(), 3, false);
    }

    @Test
    @Tag("slow")
    @Tag("lab:MIT-2025.shardkv1.TestPartitionRecoveryUnreliableClerks5C")
    void theyAreOnAnUnreliableNetworkWhileClientsWriteToo() {
        leadersAreCutOff(Lab.ofGroups(2, 3).shards(FEW_SHARDS).unreliable(), 3, true);
    }

    /** In turn the shard master's leader and those of both groups, a moment after each change. */
    private static void leadersAreCutOff(Lab lab, int rounds, boolean hasWriters) {
        SteeredStore store = store(lab, 1);
        Clerk clerk = new Clerk(store, FEW_SHARDS);
        clerk.putAll();
        for (int round = 0; round < rounds; round++) {
            if (round % 2 == 0) {
                store.join(2L);
            } else {
                store.leave(2L);
            }
            store.run(round * 150L);
            long cut = store.groups().leader(round % 3);
            store.cutOff(cut);
            List<Asked> appends = hasWriters ? clerk.beginAppends() : List.of();
            assertTrue(store.awaitServed(MOVES_MILLIS), "without node " + cut);
            store.heal();
            clerk.awaitAppends(appends);
            clerk.checkAll();
        }
        clerk.appendAndCheck();
        settles(store);
    }
}
