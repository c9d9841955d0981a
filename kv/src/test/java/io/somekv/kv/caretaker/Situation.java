package io.somekv.kv.caretaker;

import static io.somekv.protocol.caretaker.NodeUse.Kind.OPEN;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.Decision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the caretaker sees, piece by piece, and what it decides then. */
abstract class Situation {
    static final long LONG = 3_600_000;

    CaretakerSettings settings = CaretakerSettings.DEFAULTS;
    final List<ClusterView.Node> nodes = new ArrayList<>();
    final List<ClusterView.Group> groups = new ArrayList<>();
    final List<ClusterView.Shard> shards = new ArrayList<>();

    void node(long id, String zone) {
        node(new ClusterView.Node(id, zone, 0, LONG, OPEN, true));
    }

    void node(ClusterView.Node node) {
        nodes.removeIf(n -> n.nodeId() == node.nodeId());
        nodes.add(node);
        nodes.sort((a, b) -> Long.compare(a.nodeId(), b.nodeId()));
    }

    void silent(long id, String zone, long millis) {
        node(new ClusterView.Node(id, zone, millis, 0, OPEN, true));
    }

    void group(long id, long leader, Long... voters) {
        group(id, leader, LONG, false, voters);
    }

    void group(long id, long leader, long ledMillis, boolean isChanging, Long... voters) {
        List<ClusterView.Replica> replicas =
                Arrays.stream(voters).map(node -> new ClusterView.Replica(node, true)).toList();
        groups.add(new ClusterView.Group(id, replicas, leader, ledMillis, isChanging, false));
    }

    void leaving(long id, long leader, Long... voters) {
        group(id, leader, voters);
        ClusterView.Group group = groups.removeLast();
        groups.add(new ClusterView.Group(id, group.replicas(), leader, LONG, false, true));
    }

    /** With one that only listens. */
    void listening(long id, long leader, long learner, Long... voters) {
        group(id, leader, voters);
        ClusterView.Group group = groups.removeLast();
        List<ClusterView.Replica> replicas = new ArrayList<>(group.replicas());
        replicas.add(new ClusterView.Replica(learner, false));
        groups.add(new ClusterView.Group(id, replicas, leader, LONG, false, false));
    }

    void shard(long group, long ops) {
        shards.add(new ClusterView.Shard(group, ops, 0, false, false));
    }

    List<Decision> decide() {
        return Planner.decide(new ClusterView(nodes, groups, shards), settings);
    }

    void fourNodes() {
        for (long id = 1; id <= 4; id++) {
            node(id, "");
        }
    }
}
