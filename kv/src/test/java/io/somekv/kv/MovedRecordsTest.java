package io.somekv.kv;

import static io.somekv.kv.Mover.SHARD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Request;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the duplicate table remembers of a shard, on its way with the shard. */
class MovedRecordsTest {
    private static final int VALUE_SIZE = 1_000;

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
}
