package io.somekv.kv.shardmaster;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.MachineRows;
import io.somekv.kv.RowKind;
import io.somekv.kv.SettingsCheck;
import io.somekv.kv.StateMachine;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of group 0 (DESIGN §7): which clients, nodes and groups there are, and every
 * config that says which group should own which shard. What a config says is a wish; the groups
 * carry it out.
 *
 * <p>Join, Leave and Move, and what stands for one of them, are executed once for each stamp, as
 * writes of keys are. The others are idempotent by what they name, and need none.
 */
public final class ShardMasterMachine implements StateMachine {
    private static final Outcome.Refused NOT_STARTED =
            new Outcome.Refused(Reason.NOT_STARTED, "the cluster is not started");
    private static final Outcome.Invalid NO_STAMP =
            new Outcome.Invalid("join, leave and move need a stamp");
    private static final Outcome.Invalid OF_A_DATA_GROUP =
            new Outcome.Invalid("a command of a data group");

    private final long storeId;
    private final MachineRows rows;
    private final ClientRegistry clients;
    private final ConfigHistory configs;
    private final GroupMembers members;
    private final MoveRegister moves;
    private final CaretakerRegister caretaker;
    private final Map<Long, NodeInfo> nodes = new TreeMap<>();
    private final ConfigChanges changes;
    private MasterRows.@Nullable Cluster cluster;

    /** Goes on where the store's rows leave off. */
    public ShardMasterMachine(Engine engine, long storeId, Set<Mutation> mutations) {
        this.storeId = storeId;
        this.rows = new MachineRows(engine, storeId, mutations);
        this.clients = new ClientRegistry(engine, storeId);
        this.configs = new ConfigHistory(engine, storeId);
        this.members = new GroupMembers(engine, storeId);
        this.moves = new MoveRegister(engine, storeId, configs);
        this.caretaker = new CaretakerRegister(engine, storeId);
        this.changes = new ConfigChanges(configs, members, caretaker, nodes);
        this.cluster = engine.get(clusterKey()).map(MasterRows::cluster).orElse(null);
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.NODE),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.NODE + 1),
                (_, row) -> {
                    NodeInfo node = MasterRows.node(row);
                    nodes.put(node.nodeId(), node);
                    return true;
                });
    }

    @Override
    public long appliedIndex() {
        return rows.appliedIndex();
    }

    @Override
    public long appliedLogTime() {
        return rows.appliedLogTime();
    }

    /** The map at the latest config; empty until the cluster was started. */
    public Optional<ClusterMap> latest() {
        return cluster == null ? Optional.empty() : Optional.of(map(configs.latest()));
    }

    /** What is kept for the caretaker. */
    public CaretakerRegister caretaker() {
        return caretaker;
    }

    @Override
    public List<Outcome> apply(AppliedEntry entry) {
        return rows.apply(entry, clients::sweep, this::apply);
    }

    private Outcome apply(Request request, EntryWrites writes) {
        return switch (request.command()) {
            case Command.Read _ -> new Outcome.Invalid("a read does not go through the log");
            case Command.StartCluster start -> start(start, writes);
            case Command.RegisterNode register -> registerNode(register.node(), writes);
            case Command.ForgetNode forget -> forgetNode(forget.nodeId(), writes);
            case Command.ReportMembers report -> reportMembers(report, writes);
            case Command.ReportServed report ->
                    cluster == null ? NOT_STARTED : moves.report(report, writes);
            case Command.TuneMoves tune ->
                    cluster == null ? NOT_STARTED : moves.tune(tune.tuning(), writes);
            case Command.TuneCaretaker tune ->
                    cluster == null ? NOT_STARTED : caretaker.tune(tune.settings(), writes);
            case Command.UseNode use -> use(use.use(), writes);
            case Command.Decide decide ->
                    cluster == null ? NOT_STARTED : changes.decide(decide, writes);
            case Command.RegisterClient register ->
                    cluster == null
                            ? NOT_STARTED
                            : new Outcome.Registered(
                                    clients.register(
                                            register.nonce(), cluster.clusterId(), writes));
            case Command.Join join ->
                    executeOnce(request, writes, () -> changes.join(join.groups(), writes));
            case Command.Leave leave ->
                    executeOnce(request, writes, () -> changes.leave(leave.groupIds(), writes));
            case Command.Move move ->
                    executeOnce(request, writes, () -> changes.move(move, writes));
            case Command.Keyed _, Command.Clear _, Command.MoveStep _, Command.Configure _ ->
                    OF_A_DATA_GROUP;
        };
    }

    private Outcome start(Command.StartCluster start, EntryWrites writes) {
        if (cluster != null) {
            return cluster.clusterId().equals(start.clusterId())
                    ? new Outcome.Ok()
                    : new Outcome.Refused(
                            Reason.ALREADY_STARTED,
                            "the cluster was started as " + cluster.clusterId());
        }
        if (start.shardCount() != start.settings().shardCount()) {
            return new Outcome.Invalid("two numbers of shards that differ");
        }
        Optional<String> fault = SettingsCheck.fault(start.settings());
        if (fault.isPresent()) {
            return new Outcome.Invalid(fault.get());
        }
        if (start.nodes().isEmpty()) {
            return new Outcome.Invalid("a cluster starts on at least one node");
        }
        cluster =
                new MasterRows.Cluster(
                        start.clusterId(), start.settings(), masterOn(start.nodes()));
        writes.put(clusterKey(), MasterRows.encode(cluster));
        for (NodeInfo node : start.nodes()) {
            store(node, writes);
        }
        configs.begin(start.shardCount(), writes);
        return new Outcome.Ok();
    }

    /** The shard master's group was made on the nodes that the cluster starts on, in order. */
    private static GroupSpec masterOn(List<NodeInfo> nodes) {
        List<GroupSpec.Replica> replicas = new ArrayList<>(nodes.size());
        for (NodeInfo node : nodes) {
            replicas.add(new GroupSpec.Replica(replicas.size() + 1, node.nodeId()));
        }
        return new GroupSpec(GroupSpec.MASTER, replicas);
    }

    private Outcome registerNode(NodeInfo node, EntryWrites writes) {
        if (cluster == null) {
            return NOT_STARTED;
        }
        if (!node.equals(nodes.get(node.nodeId()))) {
            store(node, writes);
        }
        return new Outcome.Ok();
    }

    private Outcome forgetNode(long nodeId, EntryWrites writes) {
        if (cluster == null) {
            return NOT_STARTED;
        }
        ClusterMap map = map(configs.latest());
        for (GroupSpec group : map.config().groups()) {
            if (hasReplica(group, nodeId)) {
                return new Outcome.Refused(
                        Reason.NOTHING_TO_DO,
                        "node " + nodeId + " has a replica of group " + group.groupId());
            }
        }
        for (GroupSpec group : map.formerGroups()) {
            if (hasReplica(group, nodeId) && map.serves(group.groupId())) {
                return new Outcome.Refused(
                        Reason.NOTHING_TO_DO,
                        "node %d has a replica of group %d, which has left and still has shards"
                                .formatted(nodeId, group.groupId()));
            }
        }
        if (hasReplica(members.now(cluster.master()), nodeId)) {
            return new Outcome.Refused(
                    Reason.NOTHING_TO_DO,
                    "node " + nodeId + " has a replica of group 0, the shard master");
        }
        caretaker.use(new NodeUse(nodeId, NodeUse.Kind.OPEN), writes);
        if (nodes.remove(nodeId) != null) {
            writes.delete(EngineKey.numbered(storeId, RowKind.NODE, nodeId));
        }
        return new Outcome.Ok();
    }

    private static boolean hasReplica(GroupSpec group, long nodeId) {
        return group.replicas().stream().anyMatch(replica -> replica.nodeId() == nodeId);
    }

    private Outcome reportMembers(Command.ReportMembers report, EntryWrites writes) {
        long groupId = report.group().groupId();
        if (cluster == null) {
            return NOT_STARTED;
        } else if (groupId != GroupSpec.MASTER && members.find(groupId).isEmpty()) {
            return new Outcome.Refused(Reason.NO_SUCH_GROUP, "no group " + groupId);
        }
        members.learn(new GroupMembers.Report(report.group(), report.version()), writes);
        return new Outcome.Ok();
    }

    private Outcome use(NodeUse use, EntryWrites writes) {
        if (cluster == null) {
            return NOT_STARTED;
        }
        if (!nodes.containsKey(use.nodeId())) {
            return new Outcome.Refused(Reason.NO_SUCH_NODE, "no node " + use.nodeId());
        }
        caretaker.use(use, writes);
        return new Outcome.Ok();
    }

    private void store(NodeInfo node, EntryWrites writes) {
        nodes.put(node.nodeId(), node);
        writes.put(
                EngineKey.numbered(storeId, RowKind.NODE, node.nodeId()), MasterRows.encode(node));
    }

    private Outcome executeOnce(Request request, EntryWrites writes, Supplier<Outcome> execution) {
        if (cluster == null) {
            return NOT_STARTED;
        }
        if (request.stamp().isEmpty()) {
            return NO_STAMP;
        }
        return rows.executeOnce(
                EngineKey.GROUP,
                request.stamp().get(),
                writes,
                new DuplicateTable.Limits(cluster.settings().sequenceWindow(), false),
                execution);
    }

    // ---- reads

    @Override
    public Outcome read(Command.Read command) {
        return switch (command) {
            case Command.QueryConfig query ->
                    cluster == null
                            ? NOT_STARTED
                            : new Outcome.Cluster(map(configs.at(query.number())));
            case Command.QueryCaretaker query ->
                    new Outcome.Caretaker(caretaker.state(query.decisionsMax()));
            case Command.StateDigest _ -> new Outcome.Int(rows.digest());
            case Command.Keyed _,
                    Command.CountKeys _,
                    Command.ReadShard _,
                    Command.DigestShard _,
                    Command.IsPristine _ ->
                    OF_A_DATA_GROUP;
            case Command.OfSlot _ -> OF_A_DATA_GROUP;
        };
    }

    private ClusterMap map(ShardConfig config) {
        MasterRows.Cluster started = Objects.requireNonNull(cluster);
        return new ClusterMap(
                started.clusterId(),
                started.settings(),
                members.now(config),
                members.now(started.master()),
                new ArrayList<>(nodes.values()),
                moves.served(),
                members.withoutThose(changes.groups().keySet()),
                moves.settings());
    }

    /** Nothing here is of one shard. */
    @Override
    public Optional<Outcome> wrongGroup(Command.Write command) {
        return Optional.empty();
    }

    /** Nothing here expires. */
    @Override
    public boolean awaitsTime(Command.Read command, long logTime) {
        return false;
    }

    private Bytes clusterKey() {
        return EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.CLUSTER);
    }
}
