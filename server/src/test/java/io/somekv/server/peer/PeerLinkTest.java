package io.somekv.server.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import io.somekv.server.peer.PeerLink.Opening;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which connections of one other node are taken. */
final class PeerLinkTest {
    private final PeerLink link = new PeerLink(2, 0);

    @SuppressWarnings("NullAway") // A link only keeps them: they need no lane.
    private static FrameConnection connection() {
        return new FrameConnection(new EmbeddedChannel(), null);
    }

    @Test
    void twoNodesThatDialEachOtherMayHaveTwoConnections() {
        FrameConnection first = connection();
        assertEquals(new Opening.Taken(Optional.empty()), link.open(first, 5));
        assertEquals(new Opening.Taken(Optional.of(first)), link.open(connection(), 5));
    }

    @Test
    void aNodeThatWasStartedAgainTakesThePlaceOnceItsOldConnectionIsGone() {
        FrameConnection old = connection();
        link.open(old, 5);
        Opening.Refused refused =
                assertInstanceOf(Opening.Refused.class, link.open(connection(), 6));
        assertEquals(Optional.of(old), refused.rival());
        link.closed(old, 0);
        assertEquals(new Opening.Taken(Optional.empty()), link.open(connection(), 6));
    }

    /** KB-43. */
    @Test
    @Tag("kb-43")
    void aNodeWhoseFolderWasSetBackIsRefused() {
        FrameConnection old = connection();
        link.open(old, 5);
        link.closed(old, 0);
        Opening.Refused refused =
                assertInstanceOf(Opening.Refused.class, link.open(connection(), 4));
        assertTrue(refused.objection().contains("set back"), refused.objection());
        assertInstanceOf(Opening.Taken.class, link.open(connection(), 5));
    }
}
