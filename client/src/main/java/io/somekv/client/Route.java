package io.somekv.client;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.Frame;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Who serves a key, as far as the client knows: the group by the cluster map, its leader by what
 * nodes have said. All of it may be stale. So it is only ever a better guess than any node, which
 * knows the way as well; where one misses, the request goes to any node, and a fresh map is wanted.
 */
final class Route {
    private static final UUID NOBODY = new UUID(0, 0);

    /** From one map to the question for the next; doubles while that brings nothing new. */
    private static final long MAP_PAUSE_MILLIS_MIN = 500;

    private static final long MAP_PAUSE_MILLIS_MAX = 16_000;

    /** Where a request for a key of that shard is sent, and who is thought to be there. */
    record Target(int shard, long groupId, long nodeId, int endpoint) {}

    private final Endpoints endpoints;
    private Optional<ClusterMap> map = Optional.empty();

    /** Of each group in the map, the nodes that its replicas are on. */
    private final TreeMap<Long, List<Long>> nodesByGroup = new TreeMap<>();

    /** Who leads, by the word of another node, or who comes next to be tried; groups of the map. */
    private final TreeMap<Long, Long> leaderByGroup = new TreeMap<>();

    /** Shards that are not where the map has them. */
    private final BitSet astray = new BitSet();

    private boolean isMapWanted = true;
    private boolean isMapAsked;
    private long askedAtMillis = Long.MIN_VALUE / 2;
    private long mapPauseMillis = MAP_PAUSE_MILLIS_MIN;

    Route(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    /** Where the map has led to, only a node of that map's cluster is to listen. */
    Frame.Hello hello(int endpoint) {
        UUID cluster =
                endpoints.isGiven(endpoint)
                        ? NOBODY
                        : map.map(ClusterMap::clusterId).orElse(NOBODY);
        return new Frame.Hello(cluster, 0, NOBODY, 0, 0);
    }

    /** There a node of another cluster may answer: from here that address is another node's. */
    void onHello(int endpoint, Frame.Hello hello) {
        boolean isOurs = map.filter(m -> m.clusterId().equals(hello.clusterId())).isPresent();
        if (endpoints.isGiven(endpoint) || isOurs) {
            endpoints.onHello(endpoint, hello.nodeId());
        }
    }

    /** The node to send a command to; empty where any will do, or none is known to be better. */
    Optional<Target> target(Command command, long nowMillis) {
        if (map.isEmpty() || !(command instanceof Command.Keyed keyed) || keyed.keys().isEmpty()) {
            return Optional.empty();
        }
        ShardConfig config = map.get().config();
        int shard = Slots.shardOf(keyed.keys().get(0), config.shardCount());
        long served = map.get().served(shard).groupId();
        long group = served == ShardConfig.UNASSIGNED ? config.owner(shard) : served;
        List<Long> nodes = nodesByGroup.get(group);
        if (nodes == null || astray.get(shard)) {
            isMapWanted = true;
            return Optional.empty();
        }
        long node = leaderByGroup.computeIfAbsent(group, id -> next(nodes, 0, nowMillis));
        int endpoint = endpoints.reaching(node, nowMillis);
        if (endpoint == Endpoints.NONE) {
            isMapWanted = true;
            return Optional.empty();
        }
        return Optional.of(new Target(shard, group, node, endpoint));
    }

    /**
     * Behind {@code before} in their order, the next that can be reached; the first if none can.
     */
    private long next(List<Long> nodes, long before, long nowMillis) {
        int from = nodes.indexOf(before) + 1;
        for (int turn = 0; turn < nodes.size(); turn++) {
            long node = nodes.get((from + turn) % nodes.size());
            if (endpoints.reaching(node, nowMillis) != Endpoints.NONE) {
                return node;
            }
        }
        return nodes.get(0);
    }

    /** It does not lead the group; that node does, it says. */
    void onLeader(Target tried, long nodeId) {
        leaderByGroup.replace(tried.groupId(), nodeId);
    }

    /** It knows no leader, or has not answered. */
    void onNoHelp(Target tried, long nowMillis) {
        isMapWanted = true;
        List<Long> nodes = nodesByGroup.get(tried.groupId());
        if (nodes != null) {
            long next = next(nodes, tried.nodeId(), nowMillis);
            leaderByGroup.replace(tried.groupId(), tried.nodeId(), next);
        }
    }

    /** The group does not serve the shard. */
    void onWrongGroup(Target tried) {
        isMapWanted = true;
        mapPauseMillis = MAP_PAUSE_MILLIS_MIN;
        astray.set(tried.shard());
    }

    // ---- the map

    /** Whether to ask for a map now; who is told so does, and tells when that is over. */
    boolean beginsToAsk(long nowMillis) {
        if (!isMapWanted || isMapAsked || nowMillis - askedAtMillis < mapPauseMillis) {
            return false;
        }
        isMapAsked = true;
        return true;
    }

    void onAsked(long nowMillis) {
        isMapAsked = false;
        askedAtMillis = nowMillis;
    }

    /** What was found to be wrong with the last one is forgotten, also who leads but is not met. */
    void learn(ClusterMap newer, long nowMillis) {
        boolean isNew = !map.equals(Optional.of(newer));
        mapPauseMillis =
                isNew ? MAP_PAUSE_MILLIS_MIN : Math.min(2 * mapPauseMillis, MAP_PAUSE_MILLIS_MAX);
        map = Optional.of(newer);
        isMapWanted = false;
        astray.clear();
        nodesByGroup.clear();
        newer.formerGroups().forEach(this::add);
        newer.config().groups().forEach(this::add);
        leaderByGroup.keySet().retainAll(nodesByGroup.keySet());
        leaderByGroup
                .values()
                .removeIf(node -> endpoints.reaching(node, nowMillis) == Endpoints.NONE);
    }

    private void add(GroupSpec group) {
        nodesByGroup.put(
                group.groupId(), group.replicas().stream().map(GroupSpec.Replica::nodeId).toList());
    }
}
