package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.protocol.config.NodeInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the next request goes. */
class EndpointsTest {
    private final Endpoints three = new Endpoints(Maps.addresses(3));

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
        three.onDisconnected(0, 0);
        three.onLeaderHint(2, 10);
        assertEquals(1, three.choose());
    }

    @Test
    void nodesThatWereNotGivenComeBehindThoseThatWere() {
        int fourth = three.add(Maps.node(4, "node4"));
        three.onConnected(fourth);
        assertEquals(Endpoints.NONE, three.choose(), "it may be a stranger");
        three.onHello(fourth, 4);
        assertEquals(fourth, three.choose());
        three.onConnected(2);
        assertEquals(2, three.choose());
        three.onNoHelp(2);
        assertEquals(fourth, three.choose());
        three.onDisconnected(fourth, 0);
        assertEquals(2, three.choose());
    }

    /** As for reads that any replica may answer: they are to be near. */
    @Test
    void nodesThatWereNotGivenStandInWhileNoneThatWasIsThere() {
        int fourth = three.add(Maps.node(4, "node4"));
        three.onConnected(fourth);
        three.onHello(fourth, 4);
        assertEquals(fourth, three.chooseGiven());
        three.onConnected(1);
        three.onConnected(2);
        assertEquals(1, three.chooseGiven());
        three.onNoHelp(1);
        three.onNoHelp(2);
        assertEquals(fourth, three.choose());
        assertEquals(1, three.chooseGiven());
        three.onNoHelp(1);
        assertEquals(2, three.chooseGiven(), "a silent one is left also here");
    }

    @Test
    void connectionsFollowTheNodesOfTheMap() {
        NodeInfo moved = Maps.node(2, "elsewhere");
        List<NodeInfo> nodes = List.of(Maps.node(1, "node1"), moved, Maps.node(3, "node3"));
        assertEquals(List.of(moved), three.missing(nodes));
        int added = three.add(moved);
        assertEquals(List.of(), three.missing(nodes));
        assertEquals(List.of(), three.needless(nodes));
        NodeInfo movedOn = Maps.node(2, "still elsewhere");
        assertEquals(List.of(added), three.needless(List.of(movedOn)));
        assertEquals(List.of(movedOn), three.missing(List.of(movedOn)));
        three.remove(added);
        assertEquals(List.of(), three.needless(List.of()));
        assertEquals(added + 1, three.add(movedOn), "a number is not used again");
    }

    /** The caller called it by another name than the map does. */
    @Test
    void whatAGivenConnectionReachesNeedsNoOther() {
        NodeInfo node = Maps.node(7, "another name");
        int added = three.add(node);
        three.onConnected(1);
        three.onHello(1, 7);
        assertEquals(List.of(added), three.needless(List.of(node)));
        three.remove(added);
        assertEquals(List.of(), three.missing(List.of(node)));
    }

    @Test
    void aSilentNodeIsOutOfReachForAWhileOrUntilItIsHeard() {
        three.onConnected(1);
        assertEquals(Endpoints.NONE, three.reaching(7, 0), "it has not said who it is");
        three.onHello(1, 7);
        assertEquals(1, three.reaching(7, 0));
        three.onSilence(1, 1_000);
        assertEquals(Endpoints.NONE, three.reaching(7, 30_999));
        assertEquals(1, three.reaching(7, 31_000));
        three.onSilence(1, 31_000);
        three.onHeard(1);
        assertEquals(1, three.reaching(7, 31_000));
        three.onDisconnected(1, 0);
        assertEquals(Endpoints.NONE, three.reaching(7, 31_000));
    }
}
