package io.somekv.server.control;

import io.somekv.node.GroupStatus;
import io.somekv.node.LaneInput;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.raft.MembershipChange;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.folder.KnownCluster;
import io.somekv.server.folder.NodeFolder;
import io.somekv.server.lane.LaneLoop;
import io.somekv.server.peer.NodeDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What control can have this node do. Its methods block, so they belong to threads that may: the
 * virtual ones of the control door.
 */
public final class NodeControl {
    private static final long ANSWER_SECONDS_MAX = 30;

    private final NodeInfo self;
    private final NodeFolder folder;
    private final NodeDirectory directory;
    private final List<LaneLoop> lanes;
    private final Whereabouts whereabouts;

    /**
     * @param zone empty for none
     * @param disk how the node's disk stands
     */
    public record Whereabouts(String zone, Supplier<DiskRoom> disk) {}

    public NodeControl(
            NodeInfo self,
            NodeFolder folder,
            NodeDirectory directory,
            List<LaneLoop> lanes,
            Whereabouts whereabouts) {
        this.self = self;
        this.folder = folder;
        this.directory = directory;
        this.lanes = List.copyOf(lanes);
        this.whereabouts = whereabouts;
    }

    public NodeInfo self() {
        return self;
    }

    /** How this node's disk stands. */
    public DiskRoom disk() {
        return whereabouts.disk.get();
    }

    /** Empty for none. */
    public String zone() {
        return whereabouts.zone;
    }

    /** Nodes that this one has heard of. */
    List<NodeInfo> knownNodes() {
        return directory.nodes();
    }

    /** All groups that this node hosts, ascending by id. */
    public List<GroupStatus> groups() {
        List<GroupStatus> groups = new ArrayList<>();
        for (LaneLoop lane : lanes) {
            groups.addAll(get(lane.status()));
        }
        groups.sort((a, b) -> Long.compare(a.groupId(), b.groupId()));
        return groups;
    }

    /** A digest of what a group has applied here; it takes a walk over all its rows. */
    public Optional<Long> digest(long groupId) {
        return get(lane(groupId).digest(groupId));
    }

    /** The cluster this node is in; empty for none. */
    public Optional<UUID> clusterId() {
        return directory.inCluster() ? Optional.of(directory.clusterId()) : Optional.empty();
    }

    /** The newest map that a lane of this node knows. */
    public Optional<ClusterMap> map() {
        return lanes.get(0).map();
    }

    /** Asks a group and waits for the answer. */
    public Answer ask(long groupId, Request request) {
        return ask(groupId, request, ReadMode.LEADER);
    }

    /** As {@link #ask(long, Request)}, with a say in who may answer a read. */
    public Answer ask(long groupId, Request request, ReadMode mode) {
        LaneLoop lane = lane(Math.max(groupId, 0));
        return await(lane, asker -> lane.ask(groupId, request, mode, asker));
    }

    /**
     * Has another node lead a group that this one leads; returns once that has begun.
     *
     * @param toNode 0 for the one that has most of the log
     */
    public void transferLeadership(long groupId, long toNode) {
        LaneLoop lane = lane(groupId);
        expectDone(
                groupId,
                await(lane, asker -> lane.transferLeadership(groupId, toNode, asker)).outcome());
    }

    /** Has a member join or leave a group that this node leads; returns once that is committed. */
    public void changeMembers(long groupId, MembershipChange change) {
        LaneLoop lane = lane(groupId);
        expectDone(
                groupId,
                await(lane, asker -> lane.changeMembers(groupId, change, asker)).outcome());
    }

    private void expectDone(long groupId, Outcome outcome) {
        if (outcome instanceof Outcome.NotLeader notLeader) {
            throw new ControlException(
                    Kind.NOT_NOW,
                    "node "
                            + self.nodeId()
                            + " does not lead group "
                            + groupId
                            + (notLeader.leaderNode() == 0
                                    ? ""
                                    : ": ask node " + notLeader.leaderNode()));
        } else if (outcome instanceof Outcome.Invalid invalid) {
            throw new ControlException(Kind.NOT_NOW, invalid.message());
        } else if (!(outcome instanceof Outcome.Ok)) {
            throw ClusterControl.failure(groupId, outcome);
        }
    }

    private static Answer await(LaneLoop lane, Consumer<LaneLoop.Asker> question) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        LaneLoop.Asker asker = (outcome, logTime) -> answer.complete(new Answer(outcome, logTime));
        lane.eventLoop().execute(() -> question.accept(asker));
        return get(answer);
    }

    /**
     * Makes this node host a replica, durably before it returns. The cluster is noted first: a
     * replica must never be there without the addresses of its peers. Idempotent.
     */
    public synchronized void join(JoinOrder order) {
        Optional<UUID> cluster = clusterId();
        if (cluster.isPresent() && !cluster.get().equals(order.clusterId())) {
            throw new ControlException(
                    Kind.EXISTS,
                    "node "
                            + self.nodeId()
                            + " is in cluster "
                            + cluster.get()
                            + " and cannot join "
                            + order.clusterId());
        }
        if (!order.node(self.nodeId()).storeId().equals(self.storeId())) {
            throw new ControlException(
                    Kind.NOT_NOW,
                    "node "
                            + self.nodeId()
                            + " runs on store "
                            + self.storeId()
                            + ", and was asked to join as store "
                            + order.node(self.nodeId()).storeId()
                            + ": start it on the data folder it had");
        }
        note(order);
        order.group().ifPresent(group -> create(order, group));
    }

    private void note(JoinOrder order) {
        directory.learn(order.clusterId(), order.nodes());
        try {
            folder.save(new KnownCluster(order.clusterId(), directory.nodes()));
        } catch (IOException e) {
            throw new ControlException(
                    Kind.NOT_NOW, "cannot write to " + folder.path() + ": " + e.getMessage());
        }
        order.map().ifPresent(this::learn);
    }

    /** A map that is newer than what the lanes know, which they would else ask for in a second. */
    void learn(ClusterMap map) {
        for (LaneLoop lane : lanes) {
            lane.offerFromOutside(new LaneInput.Learned(map));
        }
    }

    private void create(JoinOrder order, GroupSpec group) {
        long replicaId =
                group.replicas().stream()
                        .filter(replica -> replica.nodeId() == self.nodeId())
                        .findFirst()
                        .orElseThrow(() ->
                                new ControlException(
                                        Kind.INVALID, "node " + self.nodeId() + " is no member"))
                        .replicaId();
        LaneLoop lane = lane(group.groupId());
        Answer answer =
                await(
                        lane,
                        asker ->
                                lane.createReplica(
                                        group.groupId(),
                                        replicaId,
                                        order.membership(group),
                                        asker));
        if (answer.outcome() instanceof Outcome.Invalid invalid) {
            throw new ControlException(Kind.EXISTS, invalid.message());
        }
    }

    private LaneLoop lane(long groupId) {
        return lanes.get((int) (groupId % lanes.size()));
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            throw new ControlException(
                    Kind.OUTCOME_UNKNOWN, "the node is stopping, or too busy to answer");
        }
    }
}
