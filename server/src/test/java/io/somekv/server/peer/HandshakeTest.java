package io.somekv.server.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 1 of a cluster of two decides whom it talks to. */
final class HandshakeTest {
    private static final UUID CLUSTER = new UUID(1, 1);
    private static final UUID OTHER_CLUSTER = new UUID(2, 2);
    private static final UUID STORE_1 = new UUID(0, 1);
    private static final UUID STORE_2 = new UUID(0, 2);

    private final PeerNetwork.Self self = new PeerNetwork.Self(1, STORE_1, 5, 9);
    private final NodeDirectory directory = new NodeDirectory();

    @BeforeEach
    void joinCluster() {
        directory.learn(
                CLUSTER,
                List.of(
                        new NodeInfo(1, STORE_1, "one", 1, 2, 3, 4),
                        new NodeInfo(2, STORE_2, "two", 1, 2, 3, 4)));
    }

    private String objection(UUID clusterId, long nodeId, UUID storeId) {
        return Handshake.objection(
                self, directory, new Frame.Hello(clusterId, nodeId, storeId, 1, 1));
    }

    private static void assertContains(String part, String text) {
        assertTrue(text.contains(part), text);
    }

    @Test
    void theOtherMemberIsWelcome() {
        assertEquals("", objection(CLUSTER, 2, STORE_2));
    }

    /** KB-43: a node whose disk was lost or replaced has forgotten its votes. */
    @Test
    void aMemberOnABlankDiskIsNot() {
        assertContains("another data folder", objection(CLUSTER, 2, new UUID(0, 9)));
        assertContains("somekv node replace 2 HOST:PORT", objection(CLUSTER, 2, new UUID(0, 9)));
        assertContains(
                "another data folder", objection(NodeDirectory.NO_CLUSTER, 2, new UUID(0, 9)));
    }

    @Test
    void aNodeOfAnotherClusterIsNot() {
        assertContains("belongs to cluster", objection(OTHER_CLUSTER, 2, STORE_2));
    }

    @Test
    void aNodeThatNobodyHasNamedIsNot() {
        assertContains("not known", objection(CLUSTER, 3, new UUID(0, 3)));
    }

    @Test
    void aSecondProcessWithTheSameIdIsNot() {
        assertContains("as well", objection(CLUSTER, 1, STORE_1));
    }

    @Test
    void aNodeInNoClusterTalksToNoNodeAndToEveryClient() {
        NodeDirectory none = new NodeDirectory();
        Frame.Hello node = new Frame.Hello(CLUSTER, 2, STORE_2, 1, 1);
        assertContains("in no cluster", Handshake.objection(self, none, node));
        Frame.Hello client = new Frame.Hello(NodeDirectory.NO_CLUSTER, 0, new UUID(0, 0), 0, 0);
        assertEquals("", Handshake.objection(self, none, client));
    }

    @Test
    void aClientIsWelcomeUnlessItLooksForAnotherCluster() {
        UUID none = new UUID(0, 0);
        assertEquals("", objection(NodeDirectory.NO_CLUSTER, 0, none));
        assertEquals("", objection(CLUSTER, 0, none));
        assertContains("looks for", objection(OTHER_CLUSTER, 0, none));
    }
}
