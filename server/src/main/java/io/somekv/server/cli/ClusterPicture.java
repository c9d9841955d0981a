package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import io.somekv.server.grpc.ProtoMapping;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/**
 * The cluster as its nodes see it, each asked for itself: so a node that is down, or that sees
 * things otherwise, shows.
 */
final class ClusterPicture {
    /** Of groups that nobody leads, so many are written about at length. */
    private static final int LEADERLESS_SHOWN = 5;

    /** Some elections, and nodes that have only just started. */
    private static final long ELECTION_NANOS_MAX = 15_000_000_000L;

    private static final long LOOK_AGAIN_MILLIS = 200;

    /**
     * One node and what it said.
     *
     * @param status empty where it did not answer
     */
    private record Seen(NodeInfo node, Optional<GetStatusResponse> status) {}

    private final String clusterId;
    private final Optional<ClusterMap> map;
    private final List<Seen> nodes;

    /** Highest commit index by group: what replicas are measured by. */
    private final TreeMap<Long, Long> commits = new TreeMap<>();

    private ClusterPicture(String clusterId, Optional<ClusterMap> map, List<Seen> nodes) {
        this.clusterId = clusterId;
        this.map = map;
        this.nodes = nodes;
        for (Seen seen : nodes) {
            for (ReplicaStatus replica : replicas(seen)) {
                commits.merge(replica.getGroupId(), replica.getCommitIndex(), Math::max);
            }
        }
    }

    /** Asks the node behind {@code channel}, and then all that it knows. */
    static ClusterPicture take(ControlChannel channel, boolean digests) {
        GetStatusResponse first = channel.status(digests);
        Optional<ClusterMap> map =
                first.hasMap() ? Optional.of(ProtoMapping.from(first.getMap())) : Optional.empty();
        NodeInfo asked = ProtoMapping.from(first.getNode());
        List<Seen> seen = new ArrayList<>();
        for (NodeInfo node : map.map(ClusterMap::nodes).orElse(List.of(asked))) {
            seen.add(
                    new Seen(
                            node,
                            node.nodeId() == asked.nodeId()
                                    ? Optional.of(first)
                                    : ask(node, digests)));
        }
        return new ClusterPicture(first.getClusterId(), map, seen);
    }

    /**
     * The same for a command that needs leaders: waits while groups elect theirs, for a node may
     * only just have died.
     *
     * @param out is told what is waited for
     * @param matters the groups whose leaders it needs
     */
    static ClusterPicture settled(ControlChannel channel, PrintWriter out, LongPredicate matters)
            throws InterruptedException {
        long deadline = System.nanoTime() + ELECTION_NANOS_MAX;
        boolean said = false;
        while (true) {
            ClusterPicture picture = take(channel, false);
            List<Long> electing =
                    picture.leaderless().stream()
                            .filter(group -> matters.test(group) && picture.mayElect(group))
                            .toList();
            if (electing.isEmpty() || System.nanoTime() - deadline > 0) {
                return picture;
            }
            if (!said) {
                out.println("waits until there are leaders of groups " + electing);
                out.flush();
                said = true;
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    private static Optional<GetStatusResponse> ask(NodeInfo node, boolean digests) {
        try (ControlChannel channel = ControlChannel.to(node.host() + ":" + node.grpcPort())) {
            return Optional.of(
                    digests ? channel.status(true) : channel.status(NodeOption.PROBE_MILLIS));
        } catch (ControlException e) {
            return Optional.empty();
        }
    }

    private static List<ReplicaStatus> replicas(Seen seen) {
        return seen.status.map(GetStatusResponse::getReplicasList).orElse(List.of());
    }

    /** The node that leads a group: of several that say so, the one of the newest term. */
    Optional<NodeInfo> leaderOf(long groupId) {
        Optional<NodeInfo> leader = Optional.empty();
        long newest = -1;
        for (Seen seen : nodes) {
            for (ReplicaStatus replica : replicas(seen)) {
                if (replica.getGroupId() == groupId
                        && replica.getRole().equals("LEADER")
                        && replica.getTerm() > newest) {
                    newest = replica.getTerm();
                    leader = Optional.of(seen.node);
                }
            }
        }
        return leader;
    }

    /** Ids of all groups that a node which answers has a replica of, ascending. */
    List<Long> groups() {
        return List.copyOf(commits.keySet());
    }

    /** All nodes that are known, and how many replicas each has; empty where it does not answer. */
    Map<NodeInfo, Optional<Integer>> replicaCounts() {
        Map<NodeInfo, Optional<Integer>> counts = new LinkedHashMap<>();
        for (Seen seen : nodes) {
            counts.put(seen.node, seen.status.map(GetStatusResponse::getReplicasCount));
        }
        return counts;
    }

    Optional<NodeInfo> node(long nodeId) {
        return nodes.stream().map(Seen::node).filter(n -> n.nodeId() == nodeId).findFirst();
    }

    /** A node that somebody named. */
    NodeInfo needNode(long nodeId) {
        return node(nodeId)
                .orElseThrow(() ->
                        new ControlException(
                                ControlException.Kind.INVALID,
                                "the cluster knows no node "
                                        + nodeId
                                        + ": 'somekv cluster status' shows them, 'somekv node join'"
                                        + " adds one"));
    }

    boolean answers(long nodeId) {
        return nodes.stream()
                .anyMatch(seen -> seen.node.nodeId() == nodeId && seen.status.isPresent());
    }

    /** The group as its leader sees it; empty where none is known. */
    Optional<ReplicaStatus> asLed(long groupId) {
        return leaderOf(groupId).flatMap(leader -> replica(groupId, leader.nodeId()));
    }

    /** The group as its leader sees it. */
    ReplicaStatus needLed(long groupId) {
        if (!known().contains(groupId)) {
            throw new ControlException(
                    ControlException.Kind.INVALID,
                    "no node that answers has a replica of group "
                            + groupId
                            + ", and the cluster knows no such group: 'somekv cluster status' shows"
                            + " them");
        }
        return asLed(groupId)
                .orElseThrow(() ->
                        new ControlException(ControlException.Kind.NOT_NOW, whyNoLeader(groupId)));
    }

    /** Groups that nobody leads, those included that no node which answers has a replica of. */
    private List<Long> leaderless() {
        return known().stream().filter(group -> leaderOf(group).isEmpty()).toList();
    }

    /** Groups of the map, and those that a node which answers has a replica of. */
    SortedSet<Long> known() {
        SortedSet<Long> groups = new TreeSet<>(commits.keySet());
        map.ifPresent(known -> {
            groups.add(known.master().groupId());
            known.config().groups().forEach(group -> groups.add(group.groupId()));
        });
        return groups;
    }

    private String whyNoLeader(long groupId) {
        return leaderless(groupId).text();
    }

    private boolean mayElect(long groupId) {
        return leaderless(groupId).mayElect();
    }

    private WhyNoLeader leaderless(long groupId) {
        TreeMap<Long, ReplicaStatus> found = new TreeMap<>();
        List<Long> answering = new ArrayList<>();
        for (Seen seen : nodes) {
            seen.status.ifPresent(_ -> answering.add(seen.node.nodeId()));
            for (ReplicaStatus replica : replicas(seen)) {
                if (replica.getGroupId() == groupId) {
                    found.put(seen.node.nodeId(), replica);
                }
            }
        }
        return new WhyNoLeader(groupId, found, answering);
    }

    /** A group's replica as its node describes it; empty where that does not answer or has none. */
    Optional<ReplicaStatus> replica(long groupId, long nodeId) {
        return nodes.stream()
                .filter(seen -> seen.node.nodeId() == nodeId)
                .flatMap(seen -> replicas(seen).stream())
                .filter(replica -> replica.getGroupId() == groupId)
                .findFirst();
    }

    /** Committed, as far as anyone knows, and not applied by this replica. */
    private long lag(ReplicaStatus replica) {
        return Math.max(
                0, commits.getOrDefault(replica.getGroupId(), 0L) - replica.getAppliedIndex());
    }

    String table() {
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder();
        text.append(clusterId.isEmpty() ? "in no cluster yet" : "cluster " + clusterId);
        map.ifPresent(known ->
                text.append(", config ")
                        .append(known.config().number())
                        .append(", ")
                        .append(known.settings().shardCount())
                        .append(" shards"));
        text.append(line).append(line).append(nodeTable()).append(line).append(groupTable());
        return text.append(leaderlessText()).toString();
    }

    private String leaderlessText() {
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder();
        List<Long> groups = leaderless();
        for (long groupId : groups.stream().limit(LEADERLESS_SHOWN).toList()) {
            text.append(line).append(whyNoLeader(groupId)).append(line);
        }
        if (groups.size() > LEADERLESS_SHOWN) {
            text.append(line).append("without a leader as well: ");
            text.append(groups.size() - LEADERLESS_SHOWN).append(" groups more").append(line);
        }
        return text.toString();
    }

    private TextTable nodeTable() {
        TextTable table = new TextTable("NODE", "HOST", "REDIS", "PEERS", "CONTROL", "STATE");
        for (Seen seen : nodes) {
            NodeInfo node = seen.node;
            table.row(
                    Long.toString(node.nodeId()),
                    node.host(),
                    Integer.toString(node.respPort()),
                    Integer.toString(node.peerPort()),
                    Integer.toString(node.grpcPort()),
                    seen.status.map(ClusterPicture::state).orElse("no answer"));
        }
        return table;
    }

    private static String state(GetStatusResponse status) {
        return status.getDiskNearlyFull()
                ? "up, disk nearly full: " + (status.getDiskFreeBytes() >> 20) + " MiB free"
                : "up";
    }

    private TextTable groupTable() {
        TextTable table =
                new TextTable(
                        "GROUP", "NODE", "ROLE", "TERM", "COMMIT", "APPLIED", "LAG", "SHARDS",
                        "DIGEST");
        for (long groupId : commits.keySet()) {
            for (Seen seen : nodes) {
                for (ReplicaStatus replica : replicas(seen)) {
                    if (replica.getGroupId() == groupId) {
                        row(table, seen.node, replica);
                    }
                }
            }
        }
        return table;
    }

    private void row(TextTable table, NodeInfo node, ReplicaStatus replica) {
        boolean leads = replica.getRole().equals("LEADER");
        table.row(
                replica.getGroupId() == 0 ? "0 (master)" : Long.toString(replica.getGroupId()),
                Long.toString(node.nodeId()),
                replica.getRole().toLowerCase(Locale.ROOT),
                Long.toString(replica.getTerm()),
                Long.toString(replica.getCommitIndex()),
                Long.toString(replica.getAppliedIndex()),
                Long.toString(lag(replica)),
                leads && replica.getGroupId() != 0
                        ? Integer.toString(replica.getShardsServed())
                        : "",
                replica.hasDigest() ? HexFormat.of().toHexDigits(replica.getDigest()) : "");
    }

    /** Who the members of a group are as its leader sees it, and how far each is. */
    TextTable members(long groupId) {
        ReplicaStatus led = needLed(groupId);
        TextTable table = new TextTable("REPLICA", "NODE", "MEMBER", "ROLE", "LAST", "APPLIED");
        for (GroupMember member : led.getMembersList()) {
            Optional<ReplicaStatus> replica =
                    replica(groupId, member.getNodeId())
                            .filter(found -> found.getReplicaId() == member.getReplicaId());
            table.row(
                    Long.toString(member.getReplicaId()),
                    Long.toString(member.getNodeId()),
                    member.getRole().toLowerCase(Locale.ROOT)
                            + (member.getReplaces() == 0 ? "" : " for " + member.getReplaces()),
                    replica.map(r -> r.getRole().toLowerCase(Locale.ROOT)).orElse("no answer"),
                    replica.map(r -> Long.toString(r.getLastIndex())).orElse(""),
                    replica.map(r -> Long.toString(r.getAppliedIndex())).orElse(""));
        }
        return table;
    }

    String json() {
        Json json = new Json();
        json.beginObject().name("cluster").string(clusterId);
        json.name("config").number(map.map(known -> known.config().number()).orElse(-1L));
        json.name("nodes").beginArray();
        for (Seen seen : nodes) {
            json.beginObject().name("node").number(seen.node.nodeId());
            json.name("host").string(seen.node.host());
            json.name("resp_port").number(seen.node.respPort());
            json.name("peer_port").number(seen.node.peerPort());
            json.name("grpc_port").number(seen.node.grpcPort());
            json.name("up").bool(seen.status.isPresent());
            if (seen.status.isPresent()) {
                json.name("disk_free_bytes").number(seen.status.get().getDiskFreeBytes());
                json.name("disk_nearly_full").bool(seen.status.get().getDiskNearlyFull());
            }
            json.name("replicas").beginArray();
            for (ReplicaStatus replica : replicas(seen)) {
                json(json, replica);
            }
            json.endArray().endObject();
        }
        json.endArray().name("leaderless").beginArray();
        for (long groupId : leaderless()) {
            json.beginObject().name("group").number(groupId);
            json.name("why").string(whyNoLeader(groupId)).endObject();
        }
        json.endArray().endObject();
        return json + System.lineSeparator();
    }

    private void json(Json json, ReplicaStatus replica) {
        json.beginObject().name("group").number(replica.getGroupId());
        json.name("role").string(replica.getRole().toLowerCase(Locale.ROOT));
        json.name("term").number(replica.getTerm());
        json.name("leader_node").number(replica.getLeaderNode());
        json.name("commit").number(replica.getCommitIndex());
        json.name("applied").number(replica.getAppliedIndex());
        json.name("last").number(replica.getLastIndex());
        json.name("lag").number(lag(replica));
        json.name("shards").number(replica.getShardsServed());
        json.name("heartbeat_gap_ms").number(replica.getHeartbeatGapMaxMillis());
        if (replica.hasDigest()) {
            json.name("digest").string(HexFormat.of().toHexDigits(replica.getDigest()));
        }
        json.endObject();
    }
}
