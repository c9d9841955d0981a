package io.somekv.client;

import java.util.Arrays;

/**
 * Which node a client speaks to. Any node serves any key, so it stays with the one that answered
 * last and moves on when that one is silent or of no help. A client that knows the shard map will
 * choose by key here, and nowhere else.
 */
final class Endpoints {
    static final int NONE = -1;

    private final boolean[] connected;

    /** Connected, and it has said Hello: what is there speaks as a node does. */
    private final boolean[] introduced;

    /** Node ids as the nodes' Hello frames tell them; 0 where none has come. */
    private final long[] nodeIds;

    private int preferred;

    Endpoints(int count) {
        connected = new boolean[count];
        introduced = new boolean[count];
        nodeIds = new long[count];
    }

    int choose() {
        for (int i = 0; i < connected.length; i++) {
            int candidate = (preferred + i) % connected.length;
            if (connected[candidate]) {
                return candidate;
            }
        }
        return NONE;
    }

    void onConnected(int endpoint) {
        connected[endpoint] = true;
    }

    void onDisconnected(int endpoint) {
        connected[endpoint] = false;
        introduced[endpoint] = false;
    }

    void onHello(int endpoint, long nodeId) {
        nodeIds[endpoint] = nodeId;
        introduced[endpoint] = true;
    }

    /**
     * Whether any node can be spoken to. A connection alone does not show that: it may be a port of
     * something else, which takes what it is sent and never answers.
     */
    boolean isAnyReached() {
        for (boolean each : introduced) {
            if (each) {
                return true;
            }
        }
        return false;
    }

    /** It left a request unanswered, or could not serve it: the next ones go elsewhere. */
    void onNoHelp(int endpoint) {
        if (endpoint == choose()) {
            preferred = (endpoint + 1) % connected.length;
        }
    }

    /**
     * It said who leads. It may be one that never knows, such as a node on a blank disk which is in
     * no cluster yet: without a hint that can be followed the next requests go elsewhere, too.
     */
    void onLeaderHint(int endpoint, long nodeId) {
        for (int i = 0; i < nodeIds.length; i++) {
            if (nodeId != 0 && nodeIds[i] == nodeId && connected[i]) {
                preferred = i;
                return;
            }
        }
        onNoHelp(endpoint);
    }

    @Override
    public String toString() {
        return "preferred " + preferred + " of " + Arrays.toString(connected);
    }
}
