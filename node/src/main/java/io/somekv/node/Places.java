package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import io.somekv.raft.Member;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where things are, as far as this lane knows: its own groups, the shard map with its past, and who
 * led a group when last heard of. All of it but the own groups may be stale; answers correct it.
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
    private final TreeMap<Long, ShardConfig> configs = new TreeMap<>();

    /** Of shards that the newest config gives to another group, who served them when last asked. */
    private final TreeMap<Integer, Long> servingByShard = new TreeMap<>();

    private Optional<ClusterMap> map = Optional.empty();
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
        return map;
    }

    /** Takes a map that is newer than the one at hand, or knows nodes or members otherwise. */
    boolean learn(ClusterMap newer) {
        boolean isNewer =
                map.isEmpty()
                        || newer.config().number() > map.get().config().number()
                        || (newer.config().number() == map.get().config().number()
                                && !newer.equals(map.get()));
        if (isNewer) {
            map = Optional.of(newer);
            configs.put(newer.config().number(), newer.config());
            freshMapWanted = false;
        }
        configs.putIfAbsent(newer.config().number(), newer.config());
        return isNewer;
    }

    Optional<ShardConfig> config(long number) {
        return Optional.ofNullable(configs.get(number));
    }

    void learnPast(ShardConfig config) {
        configs.putIfAbsent(config.number(), config);
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

    OptionalInt shardCount() {
        return map.map(m -> OptionalInt.of(m.config().shardCount())).orElse(OptionalInt.empty());
    }

    /**
     * The group to ask. A shard may still be served by an owner before the latest: requests that
     * meet a wrong group take turns among all that the known configs name, the latest first.
     *
     * @param turn how often the request met a wrong group
     */
    OptionalLong groupFor(Command command, int turn) {
        return switch (command) {
            case Command.Keyed keyed ->
                    map.isEmpty()
                            ? OptionalLong.empty()
                            : groupOfShard(
                                    Slots.shardOf(keyed.keys().get(0), shardCount().getAsInt()),
                                    turn);
            case Command.CountKeys count -> groupOfShard(count.shard(), turn);
            case Command.OfSlot of ->
                    map.isEmpty()
                            ? OptionalLong.empty()
                            : groupOfShard(
                                    Slots.shardOfSlot(of.slot(), shardCount().getAsInt()), turn);
            case Command.Clear clear -> groupOfShard(clear.shard(), turn);
            case Command.IsPristine pristine -> groupOfShard(pristine.shard(), turn);
            case Command.ReadShard read -> groupOfShard(read.shard(), turn);
            case Command.DigestShard digest -> groupOfShard(digest.shard(), turn);
            case Command.MoveStep step -> groupOfShard(step.shard(), turn);
            case Command.Configure _, Command.StateDigest _ -> OptionalLong.empty();
            case Command.MasterWrite _, Command.QueryConfig _, Command.QueryCaretaker _ ->
                    OptionalLong.of(GroupSpec.MASTER);
        };
    }

    /**
     * That group has just served the command's shard, or, not {@code serves}, has refused to, or
     * not answered: a group that is gone would else be asked for ever, since it refuses nothing.
     */
    void learnServing(Command command, long group, boolean serves) {
        OptionalInt shard = shardOf(command);
        if (shard.isPresent() && serves) {
            servingByShard.put(shard.getAsInt(), group);
        } else if (shard.isPresent()) {
            servingByShard.remove(shard.getAsInt(), group);
        }
    }

    /** Of a client's command. */
    OptionalInt shardOf(Command command) {
        return switch (command) {
            case Command.Keyed keyed when map.isPresent() ->
                    OptionalInt.of(Slots.shardOf(keyed.keys().get(0), shardCount().getAsInt()));
            case Command.CountKeys count -> OptionalInt.of(count.shard());
            case Command.Clear clear -> OptionalInt.of(clear.shard());
            default -> OptionalInt.empty();
        };
    }

    /** The group that serves a shard, as far as known: of a shard on its way, the one it leaves. */
    OptionalLong servingGroup(int shard) {
        return groupOfShard(shard, 0);
    }

    private OptionalLong groupOfShard(int shard, int turn) {
        if (turn == 0) {
            long likely = likelyOwner(shard);
            if (likely != ShardConfig.UNASSIGNED) {
                return OptionalLong.of(likely);
            }
        }
        List<Long> owners = owners(shard);
        return owners.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(owners.get(turn % owners.size()));
    }

    /** Who served it when last asked; else, by the map. */
    private long likelyOwner(int shard) {
        Long serving = servingByShard.get(shard);
        if (serving != null) {
            return serving;
        }
        if (map.isEmpty()) {
            return ShardConfig.UNASSIGNED;
        }
        ShardConfig config = map.get().config();
        boolean exists = shard >= 0 && shard < config.shardCount();
        long latest = exists ? config.owner(shard) : ShardConfig.UNASSIGNED;
        long served = map.get().served(shard).groupId();
        return served == ShardConfig.UNASSIGNED ? latest : served;
    }

    /**
     * Groups that the map and the known configs give the shard to, each once: who is likely to
     * serve it, then the latest first.
     */
    private List<Long> owners(int shard) {
        List<Long> owners = new ArrayList<>();
        long likely = likelyOwner(shard);
        if (likely != ShardConfig.UNASSIGNED) {
            owners.add(likely);
        }
        for (ShardConfig config : configs.descendingMap().values()) {
            boolean exists = shard >= 0 && shard < config.shardCount();
            long owner = exists ? config.owner(shard) : ShardConfig.UNASSIGNED;
            if (owner != ShardConfig.UNASSIGNED && !owners.contains(owner)) {
                owners.add(owner);
            }
        }
        return owners;
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
        if (map.isEmpty()) {
            return Optional.empty();
        }
        ClusterMap known = map.get();
        Stream<GroupSpec> groups =
                Stream.of(
                                Stream.of(known.master()),
                                known.config().groups().stream(),
                                known.formerGroups().stream())
                        .flatMap(each -> each);
        return groups.filter(group -> group.groupId() == groupId).findFirst();
    }
}
