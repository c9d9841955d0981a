package io.somekv.node;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where things are, as far as this lane knows: its own groups, the cluster map, which nodes are up,
 * and who led a group when last heard of. All of it but the own groups may be stale; answers
 * correct it.
 */
final class Places {
    private final long ownNode;
    private final TreeMap<Long, GroupHost> hosts = new TreeMap<>();

    /**
     * Each group at most once: see {@link GroupHost#isTouched} and {@link GroupHost#isInBacklog}.
     */
    private final ArrayDeque<GroupHost> touched = new ArrayDeque<>();

    private final ArrayDeque<GroupHost> backlog = new ArrayDeque<>();

    /** Those that time may matter to at any tick; each once: see {@link GroupHost#isRestless}. */
    private final List<GroupHost> restless = new ArrayList<>();

    /** Connected: one of which nothing was heard in this life is as good as down. */
    private final TreeSet<Long> upNodes = new TreeSet<>();

    private final TreeMap<Long, Long> leaderNodeByGroup = new TreeMap<>();
    private final ShardOwners owners = new ShardOwners();
    private boolean freshMapWanted;

    Places(long ownNode) {
        this.ownNode = ownNode;
        upNodes.add(ownNode);
    }

    // ---- own groups

    @Nullable GroupHost host(long groupId) {
        return hosts.get(groupId);
    }

    Collection<GroupHost> hosts() {
        return hosts.values();
    }

    void add(GroupHost host) {
        hosts.put(host.groupId(), host);
        touch(host);
    }

    /** The replica of this group is no more. */
    void remove(GroupHost host) {
        hosts.remove(host.groupId());
        leaderNodeByGroup.remove(host.groupId());
        backlog.remove(host);
        host.isInBacklog = false;
    }

    /** Puts a group that has settled among those that are looked at each tick, if it should be. */
    void maybeTend(GroupHost host) {
        if (!host.isRestless && !host.isAtRest()) {
            host.isRestless = true;
            restless.add(host);
        }
    }

    /** Groups that are not at rest. */
    List<GroupHost> restless() {
        restless.removeIf(host -> {
            host.isRestless = hosts.get(host.groupId()) == host && !host.isAtRest();
            return !host.isRestless;
        });
        return restless;
    }

    /** Has a group that is led here go on from another's log time, as far as its clocks allow. */
    void advanceTime(Now now, GroupHost host, long logTime) {
        host.step(now, new Input.AdvanceTime(logTime));
        touch(host);
    }

    /** Marks a group as one that must settle before the batch ends. */
    void touch(GroupHost host) {
        if (!host.isTouched) {
            host.isTouched = true;
            touched.addLast(host);
        }
    }

    /** A group that was touched and has not settled since; null when all have. */
    @Nullable GroupHost nextTouched() {
        GroupHost host = touched.pollFirst();
        if (host != null) {
            host.isTouched = false;
        }
        return host;
    }

    /** Marks a group as one that has work for a turn of its own, if it has any. */
    void maybeQueue(GroupHost host) {
        if (host.hasBacklog() && !host.isInBacklog) {
            host.isInBacklog = true;
            backlog.addLast(host);
        }
    }

    int backlogCount() {
        return backlog.size();
    }

    GroupHost nextInBacklog() {
        GroupHost host = backlog.removeFirst();
        host.isInBacklog = false;
        return host;
    }

    // ---- the map

    Optional<ClusterMap> map() {
        return owners.map();
    }

    /** How shards are moved, as far as this lane has heard. */
    MoveSettings moveSettings() {
        return map().map(ClusterMap::moves).orElse(MoveSettings.DEFAULT);
    }

    /** Takes a map that is newer than the one at hand, or knows nodes or members otherwise. */
    boolean learn(ClusterMap newer) {
        boolean isNewer = owners.learn(newer);
        freshMapWanted &= !isNewer;
        return isNewer;
    }

    /** Which group has which shard. */
    ShardOwners owners() {
        return owners;
    }

    void wantFreshMap() {
        freshMapWanted = true;
    }

    boolean isFreshMapWanted() {
        return freshMapWanted;
    }

    void freshMapAsked() {
        freshMapWanted = false;
    }

    // ---- leaders

    void learnLeader(long groupId, long nodeId) {
        if (nodeId == 0) {
            leaderNodeByGroup.remove(groupId);
        } else {
            leaderNodeByGroup.put(groupId, nodeId);
        }
    }

    /** That node has just answered as the leader of a group without a replica on this lane. */
    void confirmLeader(long groupId, long nodeId) {
        if (nodeId != 0 && !hosts.containsKey(groupId)) {
            leaderNodeByGroup.put(groupId, nodeId);
        }
    }

    /** Who led the group when last heard of; 0 for nobody. */
    long leaderHint(long groupId) {
        return leaderNodeByGroup.getOrDefault(groupId, 0L);
    }

    /** That node does not lead the group, and knows of no one who does. */
    void unlearnLeader(long groupId, long nodeId) {
        leaderNodeByGroup.remove(groupId, nodeId);
    }

    /**
     * The connection to a node is up or gone. A frame shows neither: it may be a late one of a node
     * that is gone, and whoever counts as up is asked first.
     */
    void learnPeer(long nodeId, boolean isUp) {
        if (isUp) {
            upNodes.add(nodeId);
        } else {
            upNodes.remove(nodeId);
        }
    }

    boolean isUp(long nodeId) {
        return upNodes.contains(nodeId);
    }

    /**
     * The node to ask for a group; 0 when nothing is known of it. Guesses take turns by attempt,
     * nodes without a connection last.
     */
    long guessLeader(long groupId, int attempt) {
        GroupHost host = hosts.get(groupId);
        if (host != null && host.leaderNode() != 0 && upNodes.contains(host.leaderNode())) {
            return host.leaderNode();
        }
        Long hint = leaderNodeByGroup.get(groupId);
        if (hint != null && upNodes.contains(hint)) {
            return hint;
        }
        List<Long> nodes = nodesOf(groupId);
        if (groupId == GroupSpec.MASTER) {
            List<Long> others = othersUp(nodes);
            boolean isNobodyElse = nodes.stream().noneMatch(upNodes::contains);
            boolean isTheirTurn = attempt > nodes.size() && attempt % 2 == 0;
            if (!others.isEmpty() && (isNobodyElse || isTheirTurn)) {
                return others.get(attempt / (isNobodyElse ? 1 : 2) % others.size());
            }
        }
        for (int turn = 0; turn < nodes.size(); turn++) {
            long node = nodes.get((attempt + turn) % nodes.size());
            if (upNodes.contains(node)) {
                return node;
            }
        }
        return nodes.isEmpty() ? 0 : nodes.get(attempt % nodes.size());
    }

    /**
     * The shard master is found without a map, and where its whole group has moved since the map
     * was made: nobody but itself could tell.
     */
    private List<Long> othersUp(List<Long> nodes) {
        List<Long> others = new ArrayList<>();
        for (long node : upNodes) {
            if (node != ownNode && !nodes.contains(node)) {
                others.add(node);
            }
        }
        return others;
    }

    /** Whether there is another node to ask. */
    boolean isAnyOtherUp() {
        return upNodes.size() > 1;
    }

    /** Nodes that have a replica of the group, as far as known. */
    List<Long> nodesOf(long groupId) {
        GroupHost host = hosts.get(groupId);
        List<Long> nodes = new ArrayList<>();
        if (host != null) {
            for (Member member : host.membership().electorate()) {
                nodes.add(member.nodeId());
            }
        } else {
            spec(groupId).ifPresent(spec -> spec.replicas().forEach(r -> nodes.add(r.nodeId())));
        }
        return nodes;
    }

    /** How the map describes it; one that has left by what it said of itself last. */
    Optional<GroupSpec> spec(long groupId) {
        if (map().isEmpty()) {
            return Optional.empty();
        }
        ClusterMap known = map().get();
        Stream<GroupSpec> groups =
                Stream.of(
                                Stream.of(known.master()),
                                known.config().groups().stream(),
                                known.formerGroups().stream())
                        .flatMap(each -> each);
        return groups.filter(group -> group.groupId() == groupId).findFirst();
    }
}
