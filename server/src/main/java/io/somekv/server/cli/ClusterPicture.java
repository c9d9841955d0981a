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
    /** Of reasons why nobody leads groups, so many are written about at length. */
    private static final int LEADERLESS_SHOWN = 5;

    /** Some elections, and nodes that have only just started. */
    private static final long ELECTION_NANOS_MAX = 15_000_000_000L;

    private static final long LOOK_AGAIN_MILLIS = 200;

    private final String clusterId;
    private final Optional<ClusterMap> map;
    private final List<SeenNode> nodes;

    /** Highest commit index by group: what replicas are measured by. */
    private final TreeMap<Long, Long> commits = new TreeMap<>();

    /** The node that leads each group: of several that say so, the one of the newest term. */
    private final TreeMap<Long, SeenNode> leaders = new TreeMap<>();

    ClusterPicture(String clusterId, Optional<ClusterMap> map, List<SeenNode> nodes) {
        this.clusterId = clusterId;
        this.map = map;
        this.nodes = nodes;
        for (SeenNode seen : nodes) {
            for (ReplicaStatus replica : seen.replicas()) {
                commits.merge(replica.getGroupId(), replica.getCommitIndex(), Math::max);
                if (replica.getRole().equals("LEADER")) {
                    leaders.merge(
                            replica.getGroupId(),
                            seen,
                            (a, b) -> newer(replica.getGroupId(), a, b));
                }
            }
        }
    }

    private static SeenNode newer(long groupId, SeenNode a, SeenNode b) {
        return term(b, groupId) > term(a, groupId) ? b : a;
    }

    private static long term(SeenNode seen, long groupId) {
        return seen.replica(groupId).map(ReplicaStatus::getTerm).orElse(-1L);
    }

    /** Asks the node behind {@code channel}, and then all that it knows. */
    static ClusterPicture take(ControlChannel channel, boolean digests) {
        GetStatusResponse first = channel.status(digests);
        Optional<ClusterMap> map =
                first.hasMap() ? Optional.of(ProtoMapping.from(first.getMap())) : Optional.empty();
        NodeInfo asked = ProtoMapping.from(first.getNode());
        List<SeenNode> seen = new ArrayList<>();
        for (NodeInfo node : map.map(ClusterMap::nodes).orElse(List.of(asked))) {
            seen.add(
                    node.nodeId() == asked.nodeId()
                            ? new SeenNode(node, Optional.of(first))
                            : SeenNode.ask(node, digests));
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

    String clusterId() {
        return clusterId;
    }

    Optional<ClusterMap> map() {
        return map;
    }

    List<SeenNode> seen() {
        return nodes;
    }

    /** The node that leads a group. */
    Optional<NodeInfo> leaderOf(long groupId) {
        return Optional.ofNullable(leaders.get(groupId)).map(SeenNode::node);
    }

    /** What the node that leads a group says of it. */
    Optional<ReplicaStatus> leaderReplica(long groupId) {
        return Optional.ofNullable(leaders.get(groupId)).flatMap(seen -> seen.replica(groupId));
    }

    /** Ids of all groups that a node which answers has a replica of, ascending. */
    List<Long> groups() {
        return List.copyOf(commits.keySet());
    }

    /** All nodes that are known, and how many replicas each has; empty where it does not answer. */
    Map<NodeInfo, Optional<Integer>> replicaCounts() {
        Map<NodeInfo, Optional<Integer>> counts = new LinkedHashMap<>();
        for (SeenNode seen : nodes) {
            counts.put(seen.node(), seen.status().map(GetStatusResponse::getReplicasCount));
        }
        return counts;
    }

    Optional<NodeInfo> node(long nodeId) {
        return nodes.stream().map(SeenNode::node).filter(n -> n.nodeId() == nodeId).findFirst();
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
        return find(nodeId).filter(SeenNode::answers).isPresent();
    }

    private Optional<SeenNode> find(long nodeId) {
        return nodes.stream().filter(seen -> seen.nodeId() == nodeId).findFirst();
    }

    /** Than the cluster knows it by, or than a replica of it was made on. */
    boolean isOnAnotherDisk(SeenNode seen) {
        return seen.isOnAnotherDiskThan(seen.node().storeId().toString())
                || leaders.keySet().stream().anyMatch(group -> isOnAnotherDisk(seen, group));
    }

    private boolean isOnAnotherDisk(SeenNode seen, long groupId) {
        return asLed(groupId).stream()
                .flatMap(led -> led.getMembersList().stream())
                .anyMatch(member -> isOnAnotherDisk(seen, member));
    }

    private static boolean isOnAnotherDisk(SeenNode seen, GroupMember member) {
        return member.getNodeId() == seen.nodeId() && seen.isOnAnotherDiskThan(member.getStoreId());
    }

    /**
     * A sentence about a node that runs on another disk than the cluster knows it by, or than its
     * replica of a group was made on; empty where it does not.
     */
    Optional<String> otherDisk(long groupId, long nodeId) {
        return find(nodeId)
                .filter(seen ->
                        seen.isOnAnotherDiskThan(seen.node().storeId().toString())
                                || isOnAnotherDisk(seen, groupId))
                .map(seen -> "node " + nodeId + " runs " + seen.otherDisk());
    }

    /** The group as its leader sees it; empty where none is known. */
    Optional<ReplicaStatus> asLed(long groupId) {
        return Optional.ofNullable(leaders.get(groupId)).flatMap(leader -> leader.replica(groupId));
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
    List<Long> leaderless() {
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

    String whyNoLeader(long groupId) {
        return leaderless(groupId).text();
    }

    private boolean mayElect(long groupId) {
        return leaderless(groupId).mayElect();
    }

    private WhyNoLeader leaderless(long groupId) {
        TreeMap<Long, ReplicaStatus> found = new TreeMap<>();
        List<Long> answering = new ArrayList<>();
        for (SeenNode seen : nodes) {
            seen.status().ifPresent(_ -> answering.add(seen.nodeId()));
            seen.replica(groupId).ifPresent(replica -> found.put(seen.nodeId(), replica));
        }
        return new WhyNoLeader(groupId, found, answering);
    }

    /** A group's replica as its node describes it; empty where that does not answer or has none. */
    Optional<ReplicaStatus> replica(long groupId, long nodeId) {
        return find(nodeId).flatMap(seen -> seen.replica(groupId));
    }

    /** Committed, as far as anyone knows, and not applied by this replica. */
    long lag(ReplicaStatus replica) {
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
        return text.append(differing()).append(leaderlessText()).toString();
    }

    private String differing() {
        boolean isAny =
                MovePicture.of(this).moves().stream().anyMatch(MovePicture.SeenMove::differs);
        return isAny
                ? """

                a shard has come with other rows than were handed over: see
                'somekv cluster moves'
                """
                : "";
    }

    private String leaderlessText() {
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder();
        List<String> whys = WhyNoLeader.texts(leaderless().stream().map(this::leaderless).toList());
        whys.stream()
                .limit(LEADERLESS_SHOWN)
                .forEach(why -> text.append(line).append(why).append(line));
        if (whys.size() > LEADERLESS_SHOWN) {
            text.append(line)
                    .append("more groups have no leader, for other reasons: 'somekv group");
            text.append(" members GROUP' says why of each").append(line);
        }
        return text.toString();
    }

    private TextTable nodeTable() {
        TextTable table =
                new TextTable("NODE", "HOST", "REDIS", "CLUSTER", "PEERS", "CONTROL", "STATE");
        for (SeenNode seen : nodes) {
            NodeInfo node = seen.node();
            table.row(
                    Long.toString(node.nodeId()),
                    node.host(),
                    Integer.toString(node.respPort()),
                    Integer.toString(node.clusterPort()),
                    Integer.toString(node.peerPort()),
                    Integer.toString(node.grpcPort()),
                    seen.state(isOnAnotherDisk(seen)));
        }
        return table;
    }

    private TextTable groupTable() {
        TextTable table =
                new TextTable(
                        "GROUP", "NODE", "ROLE", "TERM", "COMMIT", "APPLIED", "LAG", "SHARDS",
                        "DIGEST");
        for (long groupId : commits.keySet()) {
            for (SeenNode seen : nodes) {
                seen.replica(groupId).ifPresent(replica -> row(table, seen.node(), replica));
            }
        }
        return table;
    }

    private void row(TextTable table, NodeInfo node, ReplicaStatus replica) {
        boolean leads = replica.getRole().equals("LEADER");
        table.row(
                replica.getGroupId() == 0 ? "0 (master)" : Long.toString(replica.getGroupId()),
                Long.toString(node.nodeId()),
                lower(replica.getRole()),
                Long.toString(replica.getTerm()),
                Long.toString(replica.getCommitIndex()),
                Long.toString(replica.getAppliedIndex()),
                Long.toString(lag(replica)),
                leads && replica.getGroupId() != 0
                        ? Integer.toString(replica.getShardsServed())
                        : "",
                replica.hasDigest() ? HexFormat.of().toHexDigits(replica.getDigest()) : "");
    }

    static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** Who the members of a group are as its leader sees it, and how far each is. */
    String members(long groupId) {
        ReplicaStatus led = needLed(groupId);
        TextTable table = new TextTable("REPLICA", "NODE", "MEMBER", "ROLE", "LAST", "APPLIED");
        for (GroupMember member : led.getMembersList()) {
            Optional<ReplicaStatus> replica =
                    replica(groupId, member.getNodeId())
                            .filter(found -> found.getReplicaId() == member.getReplicaId());
            table.row(
                    Long.toString(member.getReplicaId()),
                    Long.toString(member.getNodeId()),
                    lower(member.getRole())
                            + (member.getReplaces() == 0 ? "" : " for " + member.getReplaces()),
                    replica.map(r -> lower(r.getRole())).orElseGet(() -> absent(member)),
                    replica.map(r -> Long.toString(r.getLastIndex())).orElse(""),
                    replica.map(r -> Long.toString(r.getAppliedIndex())).orElse(""));
        }
        StringBuilder text = new StringBuilder(table.toString());
        for (GroupMember member : led.getMembersList()) {
            otherDisk(groupId, member.getNodeId())
                    .ifPresent(said -> text.append(said).append(System.lineSeparator()));
        }
        return text.toString();
    }

    /** What there is to say of a member of which no replica is known. */
    private String absent(GroupMember member) {
        Optional<SeenNode> seen = find(member.getNodeId()).filter(SeenNode::answers);
        if (seen.isEmpty()) {
            return "no answer";
        }
        return isOnAnotherDisk(seen.get(), member) ? "on another disk" : "no replica";
    }
}
