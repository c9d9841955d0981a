package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Where a client that knows of the cluster is sent (docs/decisions/0012). Only what a replica of
 * this node says, or a leader has shown, sends a client away: a guess does not, or two nodes might
 * send it to each other for ever. For a replica's leader is of its term, that of the leader's own
 * word of the same term or a later one, and terms only grow: so a chain of such words ends.
 */
public final class Directions {
    /** In {@link LaneInput.Note.Led}: that lane has no replica of the group any more. */
    static final long NOT_HOSTED = -1;

    private static final int HINT_USES_MAX = 100;

    private final long ownNode;
    private final Places places;
    private final SettledShards settled = new SettledShards();

    /** Of groups that other lanes of this node host: the leader's node, 0 while it knows none. */
    private final TreeMap<Long, Long> leadersByNeighbours = new TreeMap<>();

    /** Of groups that this node does not host: how many were sent to the leader it was told of. */
    private final TreeMap<Long, Integer> hintUses = new TreeMap<>();

    Directions(long ownNode, Places places) {
        this.ownNode = ownNode;
        this.places = places;
    }

    void tick(Now now, Optional<Long> mapReadNanos) {
        settled.look(now, places.map(), mapReadNanos);
    }

    void learn(LaneInput.Note.Led led) {
        if (led.leaderNode() == NOT_HOSTED) {
            leadersByNeighbours.remove(led.groupId());
            places.learnLeader(led.groupId(), 0);
        } else {
            leadersByNeighbours.put(led.groupId(), led.leaderNode());
        }
    }

    /**
     * The node that is to be asked instead of this one; 0 where this one serves the command or
     * should pass it on, for want of a better one that is known and up.
     */
    public long elsewhere(Command.Keyed command, ReadMode mode) {
        OptionalInt shard = places.owners().shardOf(command);
        OptionalLong group = places.owners().groupFor(command, 0);
        if (shard.isEmpty()
                || group.isEmpty()
                || !settled.isSettled(shard.getAsInt(), group.getAsLong())) {
            return 0;
        }
        long leader = knownLeader(group.getAsLong());
        boolean isHosted = isHosted(group.getAsLong());
        boolean isHere =
                leader == ownNode
                        || (isHosted && mode.isLocal() && command instanceof Command.Read);
        if (isHere || !places.isUp(leader)) {
            return 0;
        }
        if (!isHosted) {
            maybeForget(group.getAsLong());
        }
        return leader;
    }

    /** What nobody here can see to be stale is asked anew now and then: by passing a request on. */
    private void maybeForget(long group) {
        if (hintUses.merge(group, 1, Integer::sum) >= HINT_USES_MAX) {
            hintUses.remove(group);
            places.learnLeader(group, 0);
        }
    }

    private boolean isHosted(long group) {
        return places.host(group) != null || leadersByNeighbours.containsKey(group);
    }

    /** 0 where nobody is known for certain to lead it, or to have led it a moment ago. */
    private long knownLeader(long group) {
        GroupHost host = places.host(group);
        if (host != null) {
            return host.leads() ? ownNode : host.leaderNode();
        }
        Long neighbours = leadersByNeighbours.get(group);
        return neighbours != null ? neighbours : places.leaderHint(group);
    }

    /** Who serves what; empty while this node is in no cluster. */
    public Optional<ServingMap> serving() {
        return places.map().map(this::serving);
    }

    private ServingMap serving(ClusterMap map) {
        List<Long> servingGroups = new ArrayList<>();
        TreeMap<Long, ServingMap.Replicas> groups = new TreeMap<>();
        for (int shard = 0; shard < map.config().shardCount(); shard++) {
            long group = places.owners().servingGroup(shard).orElse(ShardConfig.UNASSIGNED);
            servingGroups.add(group);
            if (group != ShardConfig.UNASSIGNED) {
                groups.computeIfAbsent(group, this::replicas);
            }
        }
        List<Long> up = new ArrayList<>();
        for (NodeInfo node : map.nodes()) {
            if (places.isUp(node.nodeId())) {
                up.add(node.nodeId());
            }
        }
        return new ServingMap(map, servingGroups, groups, up);
    }

    private ServingMap.Replicas replicas(long group) {
        long known = knownLeader(group);
        boolean isKnown = places.isUp(known);
        long leader = isKnown ? known : places.guessLeader(group, 0);
        List<Long> followers = new ArrayList<>(places.nodesOf(group));
        followers.remove(leader);
        return new ServingMap.Replicas(leader, isKnown, followers);
    }
}
