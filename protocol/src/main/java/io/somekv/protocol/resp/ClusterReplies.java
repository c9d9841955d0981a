package io.somekv.protocol.resp;

import io.somekv.protocol.resp.ClusterFacts.Group;
import io.somekv.protocol.resp.ClusterFacts.Node;
import io.somekv.protocol.resp.ClusterFacts.Run;
import java.util.ArrayList;
import java.util.List;

/** CLUSTER SLOTS and SHARDS: who serves what, in lists. */
final class ClusterReplies {
    private ClusterReplies() {}

    /** A run of slots each: first, last, the leader, then the followers. */
    static RespReply slots(ClusterFacts facts) {
        List<RespReply> rows = new ArrayList<>();
        for (Run run : facts.runs()) {
            List<RespReply> row = new ArrayList<>();
            row.add(new RespReply.Int(run.first()));
            row.add(new RespReply.Int(run.last()));
            row.add(endpoint(run.group().leader()));
            run.group().followers().forEach(node -> row.add(endpoint(node)));
            rows.add(new RespReply.Array(row));
        }
        return new RespReply.Array(rows);
    }

    /** The last is what else is known of the address: nothing. */
    private static RespReply endpoint(Node node) {
        return new RespReply.Array(
                List.of(
                        RespReply.bulk(node.host()),
                        new RespReply.Int(node.port()),
                        RespReply.bulk(node.id()),
                        new RespReply.Map(List.of())));
    }

    /** A group each: its slots, its nodes. */
    static RespReply shards(ClusterFacts facts) {
        List<Run> runs = facts.runs();
        List<RespReply> rows = new ArrayList<>();
        for (Group group : facts.groups()) {
            List<RespReply> slots = new ArrayList<>();
            for (Run run : runs) {
                if (run.group().equals(group)) {
                    slots.add(new RespReply.Int(run.first()));
                    slots.add(new RespReply.Int(run.last()));
                }
            }
            List<RespReply> nodes = new ArrayList<>();
            nodes.add(member(group.leader(), "master"));
            group.followers().forEach(node -> nodes.add(member(node, "replica")));
            rows.add(
                    new RespReply.Map(
                            List.of(
                                    RespReply.field("slots", new RespReply.Array(slots)),
                                    RespReply.field("nodes", new RespReply.Array(nodes)))));
        }
        return new RespReply.Array(rows);
    }

    private static RespReply member(Node node, String role) {
        return new RespReply.Map(
                List.of(
                        RespReply.field("id", RespReply.bulk(node.id())),
                        RespReply.field("port", new RespReply.Int(node.port())),
                        RespReply.field("ip", RespReply.bulk(node.host())),
                        RespReply.field("endpoint", RespReply.bulk(node.host())),
                        RespReply.field("role", RespReply.bulk(role)),
                        RespReply.field("replication-offset", new RespReply.Int(0)),
                        RespReply.field(
                                "health", RespReply.bulk(node.isUp() ? "online" : "fail"))));
    }
}
