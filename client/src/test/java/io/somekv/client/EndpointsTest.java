package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Where the next request goes. */
class EndpointsTest {
    private final Endpoints three = new Endpoints(3);

    /** Its address is that of a node that was replaced, and stands first in the list. */
    @Test
    void whoIsNotThereKeepsNobodyWithOneThatIsOfNoHelp() {
        three.onConnected(1);
        three.onConnected(2);
        assertEquals(1, three.choose());
        three.onNoHelp(1);
        assertEquals(2, three.choose());
        three.onNoHelp(2);
        assertEquals(1, three.choose());
    }

    /** Many requests of the same moment complain of the same node. */
    @Test
    void oneNodeIsLeftOnce() {
        three.onConnected(0);
        three.onConnected(1);
        three.onConnected(2);
        three.onNoHelp(0);
        three.onNoHelp(0);
        assertEquals(1, three.choose());
    }

    @Test
    void aHintIsFollowedWhereItsNodeIsConnected() {
        for (int i = 0; i < 3; i++) {
            three.onConnected(i);
            three.onHello(i, 10 + i);
        }
        three.onLeaderHint(0, 12);
        assertEquals(2, three.choose());
        three.onDisconnected(0);
        three.onLeaderHint(2, 10);
        assertEquals(1, three.choose());
    }
}
