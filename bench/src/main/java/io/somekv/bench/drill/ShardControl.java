package io.somekv.bench.drill;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.IncomingShard;
import io.somekv.protocol.v1.OutgoingShard;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.grpc.ControlChannel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What an operator sees of shards and groups, and does to them, through whatever node answers. */
final class ShardControl implements AutoCloseable {
    private static final long STATUS_MILLIS_MAX = 2_000;
    private static final long POLL_MILLIS = 20;

    private final Nodes nodes;
    private final Map<Integer, ControlChannel> channels = new TreeMap<>();

    ShardControl(Nodes nodes) {
        this.nodes = nodes;
    }

    private synchronized ControlChannel channel(int node) {
        return channels.computeIfAbsent(node, n -> ControlChannel.to(nodes.controlAddress(n)));
    }

    /** One that failed waits before it connects again, longer than a node takes to start. */
    private synchronized void drop(int node, ControlChannel channel) {
        if (channels.remove(node, channel)) {
            channel.close();
        }
    }

    /** What a node says of itself; empty where it does not answer. */
    Optional<GetStatusResponse> status(int node) {
        ControlChannel channel = channel(node);
        try {
            return Optional.of(channel.status(STATUS_MILLIS_MAX));
        } catch (ControlException e) {
            drop(node, channel);
            return Optional.empty();
        }
    }

    /** Asks one node after the other until one answers. */
    private <T> T ask(Function<ControlChannel, T> question) {
        ControlException failure =
                new ControlException(ControlException.Kind.UNREACHABLE, "there is no node");
        for (int node = 1; node <= nodes.count(); node++) {
            if (!nodes.isAlive(node)) {
                continue;
            }
            ControlChannel channel = channel(node);
            try {
                return question.apply(channel);
            } catch (ControlException e) {
                failure = e;
                if (e.kind() != ControlException.Kind.UNREACHABLE) {
                    break;
                }
                drop(node, channel);
            }
        }
        throw failure;
    }

    ClusterMap map() {
        return ask(channel -> channel.config(-1));
    }

    /** From now on nothing moves but by the drill. */
    void switchCaretakerOff() {
        ask(channel -> {
            channel.tuneCaretaker(CaretakerSettings.DEFAULTS.withDuties(List.of()));
            return channel;
        });
    }

    void move(int shard, long group) {
        ask(channel -> {
            channel.move(shard, group);
            return group;
        });
    }

    /** A group that is new gets a replica on every node; one that was there before has them. */
    void join(long group) {
        ask(channel -> {
            GroupSpec spec = JoinOrder.newGroup(group, channel.config(-1).nodes());
            channel.join(List.of(spec), List.of());
            return group;
        });
    }

    void leave(long group) {
        ask(channel -> {
            channel.leave(List.of(group));
            return group;
        });
    }

    /** The replica that leads a group, as its node tells it, with the node; empty for none. */
    Optional<Led> leader(long group) {
        Optional<Led> found = Optional.empty();
        for (int node = 1; node <= nodes.count(); node++) {
            for (ReplicaStatus replica : replicas(node)) {
                boolean isNewer =
                        found.isEmpty() || found.get().replica.getTerm() < replica.getTerm();
                if (replica.getGroupId() == group && isLeader(replica) && isNewer) {
                    found = Optional.of(new Led(node, replica));
                }
            }
        }
        return found;
    }

    record Led(int node, ReplicaStatus replica) {}

    private static boolean isLeader(ReplicaStatus replica) {
        return replica.getRole().equals("LEADER");
    }

    private List<ReplicaStatus> replicas(int node) {
        if (!nodes.isAlive(node)) {
            return List.of();
        }
        return status(node).map(GetStatusResponse::getReplicasList).orElse(List.of());
    }

    /** Has a node lead a group. */
    void lead(long group, int node) throws IOException, InterruptedException {
        await(
                "node " + node + " does not come to lead group " + group,
                60_000,
                () -> {
                    Optional<Led> leader = leader(group);
                    if (leader.isPresent() && leader.get().node != node) {
                        ControlChannel channel = channel(leader.get().node);
                        try {
                            channel.transferLeadership(group, node);
                            TimeUnit.MILLISECONDS.sleep(200);
                        } catch (ControlException e) {
                            TimeUnit.MILLISECONDS.sleep(500);
                        }
                    }
                    return leader.isPresent() && leader.get().node == node;
                });
    }

    /** A group's replica on a node, if it leads the group there. */
    Optional<ReplicaStatus> leading(int node, long group) {
        return replicas(node).stream()
                .filter(replica -> replica.getGroupId() == group && isLeader(replica))
                .findFirst();
    }

    /** What is not yet as the newest config wants it; empty when nothing is on its way. */
    Optional<String> unsettled() {
        ShardConfig config;
        try {
            config = map().config();
        } catch (ControlException e) {
            return Optional.of("the shard master does not answer: " + e.getMessage());
        }
        Map<Long, Integer> due = new TreeMap<>();
        IntStream.range(0, config.shardCount())
                .forEach(shard -> due.merge(config.owner(shard), 1, Integer::sum));
        Map<Long, Led> led = new TreeMap<>();
        for (int node = 1; node <= nodes.count(); node++) {
            for (ReplicaStatus replica : replicas(node)) {
                if (isLeader(replica)) {
                    int at = node;
                    led.merge(
                            replica.getGroupId(),
                            new Led(at, replica),
                            (a, b) -> a.replica.getTerm() > b.replica.getTerm() ? a : b);
                }
            }
        }
        for (long group : due.keySet()) {
            if (!led.containsKey(group)) {
                return Optional.of("nobody leads group " + group);
            }
        }
        for (Led each : led.values()) {
            ReplicaStatus replica = each.replica;
            long group = replica.getGroupId();
            Optional<String> moving = moving(replica);
            if (moving.isPresent()) {
                return moving;
            }
            int wanted = due.getOrDefault(group, 0);
            if (replica.getShardsServed() != wanted) {
                return Optional.of(
                        "group %d serves %d shards, %d are its own in config %d"
                                .formatted(
                                        group, replica.getShardsServed(), wanted, config.number()));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> moving(ReplicaStatus replica) {
        if (replica.getIncomingCount() > 0) {
            IncomingShard move = replica.getIncoming(0);
            return Optional.of(
                    "group %d takes in shard %d from group %d: %s"
                            .formatted(
                                    replica.getGroupId(),
                                    move.getShard(),
                                    move.getSourceGroup(),
                                    move.getPhase()));
        } else if (replica.getOutgoingCount() > 0) {
            OutgoingShard move = replica.getOutgoing(0);
            return Optional.of(
                    "group %d gives shard %d to group %d: %s"
                            .formatted(
                                    replica.getGroupId(),
                                    move.getShard(),
                                    move.getTargetGroup(),
                                    move.getPhase()));
        }
        return Optional.empty();
    }

    /** Waits until nothing is on its way; fails when something still is. */
    void awaitSettled(long millisMax) throws IOException, InterruptedException {
        String[] last = {""};
        await(
                "shards do not settle",
                millisMax,
                last,
                () -> {
                    last[0] = unsettled().orElse("");
                    return last[0].isEmpty();
                });
    }

    /** A look that may take its time. */
    interface Condition {
        boolean holds() throws InterruptedException;
    }

    static void await(String what, long millisMax, Condition condition)
            throws IOException, InterruptedException {
        await(what, millisMax, new String[] {""}, condition);
    }

    private static void await(String what, long millisMax, String[] why, Condition condition)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
        while (!condition.holds()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(what + " within " + millisMax + " ms: " + why[0]);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    @Override
    public synchronized void close() {
        channels.values().forEach(ControlChannel::close);
        channels.clear();
    }
}
