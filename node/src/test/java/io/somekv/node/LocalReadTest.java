package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.frame.Frame;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads that the replica at hand answers: as new as ever, or no older than was asked for. */
class LocalReadTest {
    private static final Bytes KEY = Bytes.utf8("k");
    private static final Command.Get GET = new Command.Get(KEY);

    private final LaneCluster cluster = new LaneCluster(4);
    private final long leader;
    private final long follower;

    LocalReadTest() {
        cluster.start(16, 1);
        cluster.run(500);
        leader = cluster.leaderOf(1);
        follower = leader % 3 + 1;
    }

    private void put(String value) {
        Command put = Command.Put.of(KEY, Bytes.utf8(value));
        assertEquals(new Outcome.Ok(), cluster.ask(leader, put));
    }

    private Outcome read(long node, ReadMode mode) {
        return cluster.await(cluster.beginRead(node, GET, mode));
    }

    private static Outcome value(String text) {
        return new Outcome.Value(Bytes.utf8(text));
    }

    /** From now on no follower can have a leader answer for it. */
    private void loseCalls() {
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Call ? FrameFates.Fate.IS_LOST : FrameFates.Fate.ARRIVES);
    }

    @Test
    void aFollowerAnswersAsNewAsALeader() {
        put("old");
        loseCalls();
        for (int i = 0; i < 20; i++) {
            put("v" + i);
            assertEquals(value("v" + i), read(follower, ReadMode.LOCAL));
        }
        assertEquals(value("v19"), read(leader, ReadMode.LOCAL));
    }

    @Test
    void aNodeWithoutAReplicaAsksTheLeader() {
        put("v");
        assertEquals(value("v"), read(4, ReadMode.LOCAL));
        assertEquals(value("v"), read(4, ReadMode.stale(5)));
        assertEquals(value("v"), read(4, ReadMode.stale(ReadMode.ANY_AGE)));
    }

    @Test
    void aFollowerThatIsCutOffAnswersOnlyWhatMayBeOld() {
        put("old");
        cluster.run(50);
        assertEquals(value("old"), read(follower, ReadMode.LOCAL));
        cluster.cutOff(follower);
        put("new");
        assertEquals(value("old"), read(follower, ReadMode.stale(ReadMode.ANY_AGE)));
        assertEquals(value("old"), read(follower, ReadMode.stale(1_000)));
        long linearizable = cluster.beginRead(follower, GET, ReadMode.LOCAL);
        cluster.run(300);
        long tooOld = cluster.beginRead(follower, GET, ReadMode.stale(1_000));
        cluster.run(300);
        assertFalse(cluster.isAnswered(linearizable));
        assertFalse(cluster.isAnswered(tooOld));
        assertEquals(value("old"), read(follower, ReadMode.stale(ReadMode.ANY_AGE)));
        cluster.heal();
        assertEquals(value("new"), cluster.await(linearizable));
        assertEquals(value("new"), cluster.await(tooOld));
    }

    /**
     * A leader made sure that it leads when a key had ended, and logged nothing since: what may be
     * as old as that must not show the key, though this replica leads no more and cannot log it.
     */
    @Test
    @Tag("kb-51")
    void whoLedUntilNowShowsNoKeyThatHadEndedByThen() {
        Command.Expiry expiry = new Command.Expiry(Command.Expiry.Kind.AFTER, 300);
        Command put =
                new Command.Put(KEY, Bytes.utf8("v"), Command.Condition.ALWAYS, expiry, false);
        assertEquals(new Outcome.Ok(), cluster.ask(leader, put));
        cluster.run(80);
        Command.Get other = new Command.Get(Bytes.utf8("other"));
        assertEquals(
                new Outcome.Nil(),
                cluster.await(cluster.beginRead(leader, other, ReadMode.LEADER)));
        cluster.cutOff(leader);
        cluster.run(300);
        long stale = cluster.beginRead(leader, GET, ReadMode.stale(5_000));
        cluster.run(100);
        assertFalse(cluster.isAnswered(stale));
        cluster.heal();
        assertEquals(new Outcome.Nil(), cluster.await(stale));
    }

    /** A follower cannot log that a key has ended, and must not show it once that is past. */
    @Test
    @Tag("kb-51")
    void aFollowerShowsNoKeyThatHasEnded() {
        Command.Expiry expiry = new Command.Expiry(Command.Expiry.Kind.AFTER, 500);
        Command put =
                new Command.Put(KEY, Bytes.utf8("v"), Command.Condition.ALWAYS, expiry, false);
        assertEquals(new Outcome.Ok(), cluster.ask(leader, put));
        assertEquals(value("v"), read(follower, ReadMode.LOCAL));
        cluster.run(101);
        assertEquals(new Outcome.Nil(), read(follower, ReadMode.LOCAL));
    }
}
