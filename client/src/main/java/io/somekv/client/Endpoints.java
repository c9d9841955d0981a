package io.somekv.client;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.NodeInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The nodes that a client speaks to: those whose addresses it was given, and those that the cluster
 * map names besides. Any node serves any key, so whatever has no better way stays with the one that
 * answered last, at first a given one, and moves on when that is silent or of no help. Who is asked
 * for a key by {@link Route} must be in reach.
 */
final class Endpoints {
    static final int NONE = -1;

    /**
     * A silent one that no request is sent to has no occasion to be heard again: so long after, it
     * is given another.
     */
    private static final long SILENT_MILLIS = 30_000;

    private static final class Endpoint {
        final NodeAddress address;
        final boolean isGiven;
        boolean isConnected;

        /** Connected, and it has said Hello: what is there speaks as a node does. */
        boolean isIntroduced;

        /** As its Hello told; 0 where none has come. */
        long nodeId;

        /** Until then it counts as silent, unless it is heard. */
        long silentUntilMillis = Long.MIN_VALUE;

        Endpoint(NodeAddress address, boolean isGiven) {
            this.address = address;
            this.isGiven = isGiven;
        }

        boolean isAt(NodeInfo node) {
            return address.equals(addressOf(node));
        }

        /** Whether it may be sent what any node can serve: the caller answers for what he named. */
        boolean isFit() {
            return isGiven ? isConnected : isIntroduced;
        }
    }

    /** By their numbers, which are never used again. */
    private final TreeMap<Integer, Endpoint> all = new TreeMap<>();

    private int preferred;
    private int nextNumber;
    private long aloneSinceMillis = Long.MIN_VALUE / 2;

    /** They get the numbers from 0. */
    Endpoints(List<NodeAddress> given) {
        for (NodeAddress address : given) {
            add(address, true);
        }
    }

    private int add(NodeAddress address, boolean isGiven) {
        all.put(nextNumber, new Endpoint(address, isGiven));
        return nextNumber++;
    }

    // ---- any node

    int choose(ReadMode mode) {
        return mode.isLocal() ? chooseGiven() : choose();
    }

    int choose() {
        return first(false);
    }

    /**
     * For what is to be answered where the caller is: others stand in while no given one is there.
     */
    int chooseGiven() {
        int given = first(true);
        return given == NONE ? choose() : given;
    }

    private int first(boolean onlyGiven) {
        for (SortedMap<Integer, Endpoint> part :
                List.of(all.tailMap(preferred), all.headMap(preferred))) {
            for (Map.Entry<Integer, Endpoint> each : part.entrySet()) {
                Endpoint one = each.getValue();
                if (one.isFit() && (one.isGiven || !onlyGiven)) {
                    return each.getKey();
                }
            }
        }
        return NONE;
    }

    /** It left a request unanswered, or could not serve it: the next ones go elsewhere. */
    void onNoHelp(int endpoint) {
        if (endpoint == choose() || endpoint == chooseGiven()) {
            preferred = endpoint + 1;
        }
    }

    /**
     * It said who leads. It may be one that never knows, such as a node on a blank disk which is in
     * no cluster yet: without a hint that can be followed the next requests go elsewhere, too.
     */
    void onLeaderHint(int endpoint, long nodeId) {
        for (Map.Entry<Integer, Endpoint> each : all.entrySet()) {
            Endpoint one = each.getValue();
            if (nodeId != 0 && one.nodeId == nodeId && one.isIntroduced) {
                preferred = each.getKey();
                return;
            }
        }
        onNoHelp(endpoint);
    }

    // ---- a certain node

    /** Where a node can be spoken to; {@link #NONE} while it cannot, or leaves all unanswered. */
    int reaching(long nodeId, long nowMillis) {
        for (Map.Entry<Integer, Endpoint> each : all.entrySet()) {
            Endpoint one = each.getValue();
            if (one.isIntroduced && one.nodeId == nodeId && nowMillis >= one.silentUntilMillis) {
                return each.getKey();
            }
        }
        return NONE;
    }

    /** It left a request unanswered that it need not have asked others about. */
    void onSilence(int endpoint, long nowMillis) {
        of(endpoint).silentUntilMillis = nowMillis + SILENT_MILLIS;
    }

    void onHeard(int endpoint) {
        of(endpoint).silentUntilMillis = Long.MIN_VALUE;
    }

    // ---- connections

    void onConnected(int endpoint) {
        of(endpoint).isConnected = true;
        onHeard(endpoint);
    }

    /** Returns whether it was the last that could be spoken to. */
    boolean onDisconnected(int endpoint, long nowMillis) {
        boolean wasReached = isAnyReached();
        of(endpoint).isConnected = false;
        of(endpoint).isIntroduced = false;
        boolean isAlone = wasReached && !isAnyReached();
        if (isAlone) {
            aloneSinceMillis = nowMillis;
        }
        return isAlone;
    }

    /** When the last node was lost that had been reached. */
    long aloneSinceMillis() {
        return aloneSinceMillis;
    }

    void onHello(int endpoint, long nodeId) {
        of(endpoint).nodeId = nodeId;
        of(endpoint).isIntroduced = true;
    }

    /**
     * Whether any node can be spoken to. A connection alone does not show that: it may be a port of
     * something else, which takes what it is sent and never answers.
     */
    boolean isAnyReached() {
        for (Endpoint each : all.values()) {
            if (each.isIntroduced) {
                return true;
            }
        }
        return false;
    }

    boolean has(int endpoint) {
        return all.containsKey(endpoint);
    }

    boolean isIntroduced(int endpoint) {
        return of(endpoint).isIntroduced;
    }

    boolean isGiven(int endpoint) {
        return of(endpoint).isGiven;
    }

    // ---- the nodes of the map

    /** Those that were not given and have no use: no node has that address, or a given one has. */
    List<Integer> needless(List<NodeInfo> nodes) {
        List<Integer> needless = new ArrayList<>();
        all.forEach((number, one) -> {
            boolean isUseful =
                    nodes.stream().anyMatch(node -> one.isAt(node) && !reachesByGiven(node));
            if (!one.isGiven && !isUseful) {
                needless.add(number);
            }
        });
        return needless;
    }

    private boolean reachesByGiven(NodeInfo node) {
        return all.values().stream()
                .anyMatch(
                        each -> each.isGiven && each.isIntroduced && each.nodeId == node.nodeId());
    }

    void remove(int endpoint) {
        all.remove(endpoint);
    }

    /** Nodes that there is no connection to, and none that is being tried. */
    List<NodeInfo> missing(List<NodeInfo> nodes) {
        return nodes.stream()
                .filter(node -> !reachesByGiven(node))
                .filter(node -> all.values().stream().noneMatch(each -> each.isAt(node)))
                .toList();
    }

    int add(NodeInfo node) {
        return add(addressOf(node), false);
    }

    static NodeAddress addressOf(NodeInfo node) {
        return new NodeAddress(node.host(), node.peerPort());
    }

    private Endpoint of(int endpoint) {
        Endpoint one = all.get(endpoint);
        if (one == null) {
            throw Invariant.unreachable("no endpoint " + endpoint);
        }
        return one;
    }

    @Override
    public String toString() {
        return "preferred " + preferred + " of " + all.keySet();
    }
}
