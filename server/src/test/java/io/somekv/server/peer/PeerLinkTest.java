package io.somekv.server.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import io.somekv.protocol.frame.Frame;
import io.somekv.server.peer.PeerLink.Opening;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which connections of one other node are taken. */
final class PeerLinkTest {
    private static final long SECOND = 1_000_000_000L;
    private static final UUID ANY = new UUID(0, 1);

    private final PeerLink link = new PeerLink(2, 0);

    @SuppressWarnings("NullAway") // A link only keeps them: they need no lane.
    private static FrameConnection connection() {
        return new FrameConnection(new EmbeddedChannel(), null);
    }

    private Opening open(FrameConnection connection, long incarnation, long life) {
        return openAfter(0, connection, incarnation, life);
    }

    private Opening openAfter(long nanos, FrameConnection connection, long incarnation, long life) {
        return link.open(
                connection,
                new Frame.Hello(ANY, 2, ANY, incarnation, life),
                connection.madeNanos() + nanos);
    }

    private void assertRefused(String part, Opening opening) {
        String why = assertInstanceOf(Opening.Refused.class, opening).objection();
        assertTrue(why.contains(part), why);
    }

    @Test
    void twoNodesThatDialEachOtherMayHaveTwoConnections() {
        FrameConnection first = connection();
        assertEquals(new Opening.Taken(Optional.empty(), true), open(first, 5, 70));
        assertEquals(new Opening.Taken(Optional.of(first), false), open(connection(), 5, 70));
    }

    @Test
    void aNodeThatWasStartedAgainTakesThePlaceOnceItsOldConnectionIsGone() {
        FrameConnection old = connection();
        open(old, 5, 70);
        assertRefused("two processes", open(connection(), 6, 71));
        link.closed(old, old.madeNanos());
        assertEquals(new Opening.Taken(Optional.empty(), true), open(connection(), 6, 71));
    }

    /** Its machine has no power: nobody ends the connection, and nothing comes on it. */
    @Test
    void anOldConnectionOnWhichNothingComesDoesNotCount() {
        FrameConnection old = connection();
        open(old, 5, 70);
        assertRefused("two processes", openAfter(4 * SECOND, connection(), 6, 71));
        assertEquals(
                new Opening.Taken(Optional.of(old), true),
                openAfter(6 * SECOND, connection(), 6, 71));
    }

    @Test
    void aConnectionOnWhichNothingComesIsDead() {
        FrameConnection first = connection();
        open(first, 5, 70);
        assertEquals(List.of(), link.dead(first.madeNanos() + 4 * SECOND));
        assertEquals(List.of(first), link.dead(first.madeNanos() + 6 * SECOND));
    }

    /** However often the other folder was started before. */
    @Test
    @Tag("kb-43")
    void aCopyOrAnOldFolderIsRefused() {
        FrameConnection old = connection();
        open(old, 5, 70);
        assertRefused("copy of the data folder", open(connection(), 5, 71));
        assertRefused("copy of the data folder", open(connection(), 4, 71));
        link.closed(old, old.madeNanos());
        assertRefused("copy of the data folder", open(connection(), 5, 71));
        assertRefused("copy of the data folder", open(connection(), 4, 71));
        assertInstanceOf(Opening.Taken.class, open(connection(), 5, 70));
    }

    /** Where the other end refuses: it takes the connection, says hello, and ends it. */
    @Test
    void dialsThatEndAtOnceBecomeRare() {
        long now = connection().madeNanos();
        long[] waits = new long[7];
        for (int i = 0; i < waits.length; i++) {
            FrameConnection shortLived = connection();
            open(shortLived, 5, 70);
            assertFalse(link.closed(shortLived, shortLived.madeNanos()));
            now = shortLived.madeNanos();
            while (!link.beginsDial(now + waits[i])) {
                waits[i] += SECOND / 100;
            }
        }
        assertTrue(waits[0] <= SECOND / 5, "at once at first: " + waits[0]);
        assertTrue(waits[6] >= 2 * SECOND, "rarely in the end: " + waits[6]);
        FrameConnection settled = connection();
        open(settled, 5, 70);
        assertTrue(link.closed(settled, settled.madeNanos() + 2 * SECOND));
        assertTrue(link.beginsDial(settled.madeNanos() + 2 * SECOND + SECOND / 5));
    }
}
