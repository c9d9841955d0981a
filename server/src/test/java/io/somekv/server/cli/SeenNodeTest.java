package io.somekv.server.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.ClusterMap;
import io.somekv.protocol.v1.GetStatusResponse;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whether a node lets in another: it must have heard of it, and of the folder it runs on. */
class SeenNodeTest {
    private static final NodeInfo ASKED = node(2, 20);

    private static NodeInfo node(long id, long store) {
        return new NodeInfo(id, new UUID(0, store), "127.0.0.1", 1, 2, 3, 4);
    }

    private static SeenNode withMapOf(NodeInfo... nodes) {
        ClusterMap.Builder map = ClusterMap.newBuilder();
        for (NodeInfo node : nodes) {
            map.addNodesBuilder().setNodeId(node.nodeId()).setStoreId(node.storeId().toString());
        }
        return new SeenNode(ASKED, Optional.of(GetStatusResponse.newBuilder().setMap(map).build()));
    }

    @Test
    void aNodeHasHeardOfAnotherOnceItsMapHasItWithItsFolder() {
        NodeInfo replaced = node(1, 11);
        assertFalse(withMapOf(ASKED).hasHeardOf(replaced), "unknown");
        assertFalse(withMapOf(ASKED, node(1, 10)).hasHeardOf(replaced), "with the folder it had");
        assertTrue(withMapOf(ASKED, replaced).hasHeardOf(replaced));
        SeenNode mapless = new SeenNode(ASKED, Optional.of(GetStatusResponse.getDefaultInstance()));
        assertFalse(mapless.hasHeardOf(replaced), "it has no map at all");
    }

    @Test
    void nobodyWaitsForANodeThatDoesNotAnswer() {
        assertTrue(new SeenNode(ASKED, Optional.empty()).hasHeardOf(node(1, 11)));
    }
}
