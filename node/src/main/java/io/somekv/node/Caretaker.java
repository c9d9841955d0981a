package io.somekv.node;

import io.somekv.kv.caretaker.ClusterView;
import io.somekv.kv.caretaker.Planner;
import io.somekv.kv.shardmaster.CaretakerRegister;
import io.somekv.kv.shardmaster.ShardMasterMachine;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.protocol.caretaker.LoadReport.GroupLoad;
import io.somekv.protocol.caretaker.Steering;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.raft.Now;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a cluster in order while its node leads the shard master: looks at it, decides ({@link
 * Planner}), has the decisions and their reasons logged, and only then asks the groups' leaders for
 * what was decided. Shards that move are the log entry itself.
 *
 * <p>It asks, and does not wait: a group that it asked something of is let be until its leader
 * reports that it is so, or for a while. So a message that got lost, or a leader that changed,
 * costs time and nothing else, and a new caretaker goes on from what it sees.
 */
final class Caretaker {
    /** Everybody has told something by then. */
    private static final long FIRST_LOOK_MILLIS = 5_000;

    /** How long a group is let be after it was asked for something that does not show. */
    private static final long ASKED_NANOS_MAX = 10_000_000_000L;

    private final Places places;
    private final Router router;
    private final Sender sender;
    private final TreeMap<Long, Asked> asked = new TreeMap<>();
    private @Nullable ClusterSight sight;
    private boolean isDeciding;

    /** Brings a wish to the leader of a group. */
    interface Sender {
        void send(Now now, long toNode, long groupId, Steering steering);
    }

    private record Asked(Decision decision, long nanos) {}

    Caretaker(Places places, Router router, Sender sender) {
        this.places = places;
        this.router = router;
        this.sender = sender;
    }

    void onReport(Now now, long fromNode, LoadReport report) {
        GroupHost master = places.host(GroupSpec.MASTER);
        if (master != null && master.leads()) {
            sight(now).learn(now, fromNode, report);
        }
    }

    private ClusterSight sight(Now now) {
        ClusterSight known = sight;
        if (known == null) {
            known = new ClusterSight(now);
            sight = known;
        }
        return known;
    }

    void tick(Now now) {
        GroupHost master = places.host(GroupSpec.MASTER);
        if (master == null || !master.leads()) {
            sight = null;
            asked.clear();
            return;
        }
        ClusterSight seen = sight(now);
        ShardMasterMachine machine = (ShardMasterMachine) master.machine();
        Optional<ClusterMap> map = machine.latest();
        if (map.isPresent() && !isDeciding && seen.millisSince(now) >= FIRST_LOOK_MILLIS) {
            decide(now, seen, map.get(), machine.caretaker());
        }
    }

    private void decide(Now now, ClusterSight seen, ClusterMap map, CaretakerRegister register) {
        asked.entrySet().removeIf(entry -> isSettled(now, seen, entry.getKey(), entry.getValue()));
        ClusterView view = withAsked(seen.view(now, map, register));
        List<Decision> decisions = Planner.decide(view, register.settings());
        if (decisions.isEmpty()) {
            return;
        }
        isDeciding = true;
        Command log = new Command.Decide(map.config().number(), register.nextNumber(), decisions);
        router.ask(
                now,
                GroupSpec.MASTER,
                new Request(Optional.empty(), log),
                (then, outcome, logTime) -> {
                    isDeciding = false;
                    if (outcome instanceof Outcome.Ok && sight == seen) {
                        decisions.forEach(decision -> carryOut(then, seen, map, decision));
                    }
                });
    }

    private static boolean isSettled(Now now, ClusterSight seen, long groupId, Asked what) {
        if (now.nanos() - what.nanos > ASKED_NANOS_MAX) {
            return true;
        }
        GroupLoad load = seen.fresh(now, groupId);
        if (load == null) {
            return false;
        }
        return switch (what.decision) {
            case Decision.ReplaceReplica replace ->
                    load.voters().contains(replace.toNode())
                            && !load.voters().contains(replace.fromNode());
            case Decision.AddReplica add -> load.voters().contains(add.toNode());
            case Decision.RemoveReplica remove ->
                    !load.voters().contains(remove.fromNode())
                            && !load.learners().contains(remove.fromNode());
            case Decision.HandOver over -> seen.leaderNode(now, groupId) == over.toNode();
            case Decision.MoveShard _ -> true;
        };
    }

    private ClusterView withAsked(ClusterView view) {
        List<ClusterView.Group> groups =
                view.groups().stream()
                        .map(group ->
                                asked.containsKey(group.groupId())
                                        ? new ClusterView.Group(
                                                group.groupId(),
                                                group.replicas(),
                                                group.leaderNode(),
                                                group.ledMillis(),
                                                true,
                                                group.isLeaving())
                                        : group)
                        .toList();
        return new ClusterView(view.nodes(), groups, view.shards());
    }

    private void carryOut(Now now, ClusterSight seen, ClusterMap map, Decision decision) {
        switch (decision) {
            case Decision.ReplaceReplica replace ->
                    storeOf(map, replace.toNode())
                            .ifPresent(store ->
                                    ask(
                                            now,
                                            seen,
                                            replace.groupId(),
                                            replace,
                                            new Steering.Add(
                                                    replace.toNode(), store, replace.fromNode())));
            case Decision.AddReplica add ->
                    storeOf(map, add.toNode())
                            .ifPresent(store ->
                                    ask(
                                            now,
                                            seen,
                                            add.groupId(),
                                            add,
                                            new Steering.Add(add.toNode(), store, 0)));
            case Decision.RemoveReplica remove ->
                    ask(
                            now,
                            seen,
                            remove.groupId(),
                            remove,
                            new Steering.Remove(remove.fromNode()));
            case Decision.HandOver over ->
                    ask(now, seen, over.groupId(), over, new Steering.HandOver(over.toNode()));
            case Decision.MoveShard _ -> places.wantFreshMap();
        }
    }

    private static Optional<UUID> storeOf(ClusterMap map, long nodeId) {
        return map.nodes().stream()
                .filter(node -> node.nodeId() == nodeId)
                .map(NodeInfo::storeId)
                .findFirst();
    }

    private void ask(
            Now now, ClusterSight seen, long groupId, Decision decision, Steering steering) {
        asked.put(groupId, new Asked(decision, now.nanos()));
        long leader = seen.leaderNode(now, groupId);
        if (leader != 0) {
            sender.send(now, leader, groupId, steering);
        }
    }
}
