package io.somekv.kv;

import static io.somekv.kv.Mover.SHARD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the duplicate table remembers of a shard, on its way with the shard. */
class MovedRecordsTest {
    private static final int VALUE_SIZE = 1_000;
    private static final GroupSettings LARGE_VALUES = new GroupSettings(4, 1 << 20, 1 << 10, 1);

    private final Group source = Group.serving();

    /** Each client swaps the value once: the table keeps the value of before as the result. */
    private static void swap(Group group, int shard, int clients) {
        Bytes key = Group.keyOf(shard);
        Command.Put swap =
                new Command.Put(
                        key, Bytes.wrap(new byte[VALUE_SIZE]), Condition.ALWAYS, Expiry.NONE, true);
        List<Request> requests = new ArrayList<>();
        for (int client = 1; client <= clients; client++) {
            requests.add(group.stamped(new ClientId(shard + 1, client), 1, 1, swap));
        }
        group.apply(requests.toArray(Request[]::new));
    }

    /** All records of a shard, as they stand in pieces. */
    private static long bytesMoved(Group source) {
        Mover move = new Mover(source, /* target= */ Mover.empty(), 2);
        move.start();
        move.catchUp();
        long freezeId = move.freeze();
        long bytes = 0;
        while (!move.staged().orElseThrow().isPrepared()) {
            bytes += move.pull().rows().size();
        }
        Mover.run(source, new Command.Unfreeze(SHARD, freezeId));
        return bytes;
    }

    /** By it the length of a freeze is reckoned: what other shards' clients did has no part. */
    @Test
    void theTableTellsWhatGoesWithAShard() {
        swap(source, SHARD, 300);
        long told = source.machine.duplicateBytesToMove(SHARD);
        assertTrue(told > 299 * VALUE_SIZE, told + " bytes");
        swap(source, 1, 100);
        assertEquals(told, source.machine.duplicateBytesToMove(SHARD));
        assertEquals(0, source.machine.duplicateBytesToMove(2));

        long moved = bytesMoved(source);
        assertTrue(Math.abs(moved - told) < told / 20, moved + " bytes moved, told " + told);
        source.restart();
        assertEquals(told, source.machine.duplicateBytesToMove(SHARD));
    }

    /** What a client has seen goes as a fence only, and what is too old does not go. */
    @Test
    void whatIsFreedOrForgottenCountsNoMore() {
        swap(source, SHARD, 100);
        long told = source.machine.duplicateBytesToMove(SHARD);
        for (int client = 1; client <= 100; client++) {
            source.apply(
                    source.stamped(
                            new ClientId(SHARD + 1, client),
                            2,
                            2,
                            Command.Put.of(Group.keyOf(SHARD), Bytes.EMPTY)));
        }
        assertTrue(source.machine.duplicateBytesToMove(SHARD) < told / 20);
        source.passTime(10 * 60_000);
        for (int i = 0; i < 100; i++) {
            source.apply();
        }
        assertEquals(0, source.machine.duplicateBytesToMove(SHARD));
    }

    /**
     * Values that no client has acknowledged have a bound, wherever they come from: what does not
     * fit comes once there is room, and until then the source serves on.
     */
    @Test
    void aTargetThatRemembersTooMuchTakesNoMore() {
        Group from = Group.serving(LARGE_VALUES);
        Group target = new Group();
        target.client = new ClientId(1, 2);
        target.apply(Group.bare(new Command.Configure(LARGE_VALUES)));
        target.apply(Group.bare(Command.Own.empty(1, 1)));
        from.run(append("a"));
        int swaps = fillWithResults(target, Group.keyOf(1));
        Mover move = new Mover(from, target, 2);
        move.start();
        move.catchUp();
        assertFalse(target.machine.hasRoomForShard());

        long freezeId = move.freeze();
        Outcome.ShardPiece piece = move.read(move.cursor());
        assertEquals(new Outcome.Busy(10), Mover.run(target, move.stage(piece)));
        assertFalse(move.staged().orElseThrow().isPrepared());
        Mover.run(from, new Command.Unfreeze(SHARD, freezeId));
        assertEquals(new Outcome.Int(2), from.run(append("b")));

        target.passTime(10 * 60_000);
        for (int entry = 0; entry < swaps; entry++) {
            target.apply();
        }
        assertTrue(target.machine.hasRoomForShard());
        move.catchUp();
        move.finish();
        assertEquals(new Outcome.Int(3), target.run(append("c")));
    }

    private static Command.Append append(String suffix) {
        return new Command.Append(Group.keyOf(SHARD), Bytes.utf8(suffix));
    }

    /** One client that never says what it has seen swaps a large value until it may not. */
    private static int fillWithResults(Group group, Bytes key) {
        ClientId client = new ClientId(5, 5);
        Bytes large = Bytes.wrap(new byte[LARGE_VALUES.valueSizeMax()]);
        Command.Put swap = new Command.Put(key, large, Condition.ALWAYS, Expiry.NONE, true);
        int swaps = 0;
        Outcome last;
        do {
            last = group.apply(group.stamped(client, ++swaps, 1, swap)).getFirst();
        } while (!(last instanceof Outcome.Busy));
        return swaps;
    }
}
