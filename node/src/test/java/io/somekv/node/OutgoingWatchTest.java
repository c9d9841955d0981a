package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.kv.Outgoing;
import io.somekv.raft.Now;
import org.junit.jupiter.api.Test;

/** A freeze ends by itself, and a copy that nobody goes on with is found. */
class OutgoingWatchTest {
    private static final int SHARD = 3;

    private final OutgoingWatch watch = new OutgoingWatch();

    private static Now at(long millis) {
        return new Now(millis * 1_000_000, 0);
    }

    private static Outgoing move(long copyId, Outgoing.Phase phase, long freezeId) {
        return new Outgoing(SHARD, copyId, 2, 9, 1, phase, freezeId, 0);
    }

    private static Outgoing copying(long copyId) {
        return move(copyId, Outgoing.Phase.COPYING, 0);
    }

    private static Outgoing frozen(long copyId, long freezeId) {
        return move(copyId, Outgoing.Phase.FROZEN, freezeId);
    }

    private boolean isTooLong(long millis, Outgoing move) {
        watch.look(at(millis));
        return watch.isFrozenTooLong(at(millis), move, 0);
    }

    private boolean isLeftAlone(long millis, Outgoing move, long pieces) {
        watch.look(at(millis));
        return watch.isLeftAlone(at(millis), move, pieces);
    }

    @Test
    void eachFreezeInVainLetsTheNextLastTwiceAsLong() {
        assertFalse(isTooLong(0, frozen(5, 10)));
        assertFalse(isTooLong(150, frozen(5, 10)));
        assertTrue(isTooLong(151, frozen(5, 10)));
        assertFalse(isTooLong(200, frozen(5, 20)));
        assertFalse(isTooLong(500, frozen(5, 20)));
        assertTrue(isTooLong(501, frozen(5, 20)));
        assertFalse(isTooLong(600, frozen(6, 30)));
        assertTrue(isTooLong(751, frozen(6, 30)), "another copy begins anew");
    }

    /** A mebibyte goes over in 64 ms, under the freeze. */
    @Test
    void whatIsRememberedOfTheShardsClientsLetsAFreezeLastLonger() {
        watch.look(at(0));
        assertFalse(watch.isFrozenTooLong(at(0), frozen(5, 10), 1 << 20));
        assertFalse(watch.isFrozenTooLong(at(214), frozen(5, 10), 1 << 20));
        assertTrue(watch.isFrozenTooLong(at(215), frozen(5, 10), 1 << 20));
    }

    /** As it is where a shard went, came back, and goes again before the first was released. */
    @Test
    void anEarlierCopyThatWasHandedOverDoesNotHideAFreeze() {
        Outgoing earlier = move(5, Outgoing.Phase.HANDED_OVER, 10);
        for (long millis = 0; millis <= 150; millis += 50) {
            watch.look(at(millis));
            watch.handedOver(earlier);
            assertFalse(watch.isFrozenTooLong(at(millis), frozen(8, 20), 0));
        }
        watch.look(at(200));
        watch.handedOver(earlier);
        assertTrue(watch.isFrozenTooLong(at(200), frozen(8, 20), 0));
    }

    @Test
    void aCopyOfWhichNoMorePiecesAreReadIsLeftAlone() {
        for (long millis = 0; millis < 1_500_000; millis += 1_000) {
            assertFalse(isLeftAlone(millis, copying(5), millis / 500_000), "at " + millis);
        }
        for (long millis = 1_500_000; millis <= 1_600_000; millis += 1_000) {
            assertFalse(isLeftAlone(millis, copying(5), 2), "at " + millis);
        }
        assertTrue(isLeftAlone(1_601_000, copying(5), 2));
    }

    /** It has not seen what was read meanwhile. */
    @Test
    void whoLeadsAgainCountsAnew() {
        assertFalse(isLeftAlone(0, copying(5), 7));
        assertFalse(isLeftAlone(700_000, copying(5), 7));
        assertFalse(isTooLong(700_000, frozen(5, 10)));
        assertFalse(isTooLong(1_400_000, frozen(5, 10)));
    }
}
