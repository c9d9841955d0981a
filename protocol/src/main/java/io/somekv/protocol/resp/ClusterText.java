package io.somekv.protocol.resp;

import io.somekv.protocol.config.Slots;
import io.somekv.protocol.resp.ClusterFacts.Group;
import io.somekv.protocol.resp.ClusterFacts.Node;
import io.somekv.protocol.resp.ClusterFacts.Run;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * CLUSTER NODES, REPLICAS and INFO: who is there, in lines of text.
 *
 * <p>Redis Cluster knows a node as a master or as one master's replica; ours lead some groups and
 * follow others. So every node has one line as a master, with the slots of all groups that it
 * leads, if any; and a line as a replica for each other node of which it follows a group, under an
 * id made of the two, for clients that read from replicas.
 */
final class ClusterText {
    private ClusterText() {}

    static RespReply nodes(ClusterFacts facts) {
        StringBuilder text = new StringBuilder();
        Map<Node, List<Run>> slots = slotsByLeader(facts);
        for (Node node : facts.nodes()) {
            text.append(master(facts, node, slots.getOrDefault(node, List.of()))).append('\n');
        }
        for (Node leader : facts.nodes()) {
            for (Node follower : followersOf(leader, facts)) {
                text.append(replica(facts, leader, follower)).append('\n');
            }
        }
        return new RespReply.Verbatim("txt", text.toString());
    }

    /** The lines of those that follow a node; empty where there is no such node. */
    static List<String> replicas(ClusterFacts facts, Node leader) {
        List<String> lines = new ArrayList<>();
        for (Node follower : followersOf(leader, facts)) {
            lines.add(replica(facts, leader, follower));
        }
        return lines;
    }

    private static List<Node> followersOf(Node leader, ClusterFacts facts) {
        List<Node> followers = new ArrayList<>();
        for (Group group : facts.groups()) {
            for (Node follower : group.followers()) {
                if (group.leader().equals(leader) && !followers.contains(follower)) {
                    followers.add(follower);
                }
            }
        }
        return followers;
    }

    /** Neighbours make one run, also where two groups of one leader meet. */
    private static Map<Node, List<Run>> slotsByLeader(ClusterFacts facts) {
        Map<Node, List<Run>> slots = new LinkedHashMap<>();
        for (Run run : facts.runs()) {
            Node leader = run.group().leader();
            List<Run> own = slots.computeIfAbsent(leader, none -> new ArrayList<>());
            Run before = own.isEmpty() ? null : own.get(own.size() - 1);
            if (before != null && before.last() == run.first() - 1) {
                own.set(own.size() - 1, new Run(before.first(), run.last(), run.group()));
            } else {
                own.add(run);
            }
        }
        return slots;
    }

    private static String master(ClusterFacts facts, Node node, List<Run> slots) {
        StringBuilder line = new StringBuilder(node.id());
        line.append(' ').append(address(node)).append(' ');
        line.append(node.equals(facts.self()) ? "myself,master" : "master");
        line.append(node.isUp() ? " -" : ",fail? -").append(state(facts, node));
        for (Run run : slots) {
            line.append(' ').append(run.first());
            if (run.last() != run.first()) {
                line.append('-').append(run.last());
            }
        }
        return line.toString();
    }

    private static String replica(ClusterFacts facts, Node leader, Node follower) {
        return follower.idAsFollowerOf(leader)
                + ' '
                + address(follower)
                + " slave "
                + leader.id()
                + state(facts, follower);
    }

    private static String address(Node node) {
        return node.host() + ':' + node.port() + '@' + node.peerPort();
    }

    /** When it was asked, when it answered, the epoch, and whether there is a connection. */
    private static String state(ClusterFacts facts, Node node) {
        return " 0 0 " + facts.configNumber() + (node.isUp() ? " connected" : " disconnected");
    }

    static RespReply info(ClusterFacts facts) {
        int assigned = 0;
        int ok = 0;
        for (Run run : facts.runs()) {
            assigned += run.count();
            ok += run.group().leader().isUp() ? run.count() : 0;
        }
        Map<String, Object> lines = new LinkedHashMap<>();
        lines.put("cluster_state", assigned == Slots.COUNT ? "ok" : "fail");
        lines.put("cluster_slots_assigned", assigned);
        lines.put("cluster_slots_ok", ok);
        lines.put("cluster_slots_pfail", assigned - ok);
        lines.put("cluster_slots_fail", 0);
        lines.put("cluster_known_nodes", facts.nodes().size());
        lines.put("cluster_size", slotsByLeader(facts).size());
        lines.put("cluster_current_epoch", facts.configNumber());
        lines.put("cluster_my_epoch", facts.configNumber());
        lines.put("cluster_stats_messages_sent", 0);
        lines.put("cluster_stats_messages_received", 0);
        lines.put("total_cluster_links_buffer_limit_exceeded", 0);
        StringBuilder text = new StringBuilder();
        lines.forEach((name, value) -> text.append(name).append(':').append(value).append("\r\n"));
        return new RespReply.Verbatim("txt", text.toString());
    }
}
