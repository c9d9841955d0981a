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
import io.somekv.protocol.caretaker.Decision;
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
import java.util.TreeSet;
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
                    cluster == null ? NOT_STARTED : moves.tune(tune.settings(), writes);
            case Command.TuneCaretaker tune ->
                    cluster == null ? NOT_STARTED : caretaker.tune(tune.settings(), writes);
            case Command.UseNode use -> use(use.use(), writes);
            case Command.Decide decide -> decide(decide, writes);
            case Command.RegisterClient register ->
                    cluster == null
                            ? NOT_STARTED
                            : new Outcome.Registered(
                                    clients.register(
                                            register.nonce(), cluster.clusterId(), writes));
            case Command.Join join ->
                    executeOnce(request, writes, () -> join(join.groups(), writes));
            case Command.Leave leave ->
                    executeOnce(request, writes, () -> leave(leave.groupIds(), writes));
            case Command.Move move -> executeOnce(request, writes, () -> move(move, writes));
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
        for (GroupSpec group : map(configs.latest()).config().groups()) {
            if (hasReplica(group, nodeId)) {
                return new Outcome.Refused(
                        Reason.NOTHING_TO_DO,
                        "node " + nodeId + " has a replica of group " + group.groupId());
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

    /** All shards that move make one config. */
    private Outcome decide(Command.Decide decide, EntryWrites writes) {
        if (cluster == null) {
            return NOT_STARTED;
        }
        ShardConfig latest = configs.latest();
        if (decide.config() != latest.number() || decide.number() != caretaker.nextNumber()) {
            return new Outcome.Refused(Reason.NOTHING_TO_DO, "decided on what is not so any more");
        }
        Map<Long, GroupSpec> groups = groups();
        List<Long> owners = new ArrayList<>(latest.owners());
        for (Decision decision : decide.decisions()) {
            if (decision instanceof Decision.MoveShard move) {
                boolean isSound =
                        move.shard() >= 0
                                && move.shard() < latest.shardCount()
                                && owners.get(move.shard()) == move.fromGroup()
                                && groups.containsKey(move.toGroup());
                if (!isSound) {
                    return new Outcome.Invalid("shard " + move.shard() + " cannot move so");
                }
                owners.set(move.shard(), move.toGroup());
            }
        }
        decide.decisions().forEach(decision -> caretaker.note(decision, writes));
        if (!owners.equals(latest.owners())) {
            configs.add(new ShardConfig(latest.number() + 1, latest.groups(), owners), writes);
        }
        return new Outcome.Ok();
    }

    private void store(NodeInfo node, EntryWrites writes) {
        nodes.put(node.nodeId(), node);
        writes.put(
                EngineKey.numbered(storeId, RowKind.NODE, node.nodeId()), MasterRows.encode(node));
    }

    // ---- configs

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

    private Outcome join(List<GroupSpec> joining, EntryWrites writes) {
        Map<Long, GroupSpec> groups = groups();
        if (joining.isEmpty()) {
            return new Outcome.Refused(Reason.NOTHING_TO_DO, "no group to join");
        }
        for (GroupSpec group : joining) {
            Optional<Outcome> fault = faultOf(group);
            if (fault.isPresent()) {
                return fault.get();
            }
            if (groups.putIfAbsent(group.groupId(), group) != null) {
                return new Outcome.Refused(
                        Reason.GROUP_EXISTS, "group " + group.groupId() + " is there");
            }
        }
        joining.forEach(group -> members.learn(GroupMembers.Report.atFirst(group), writes));
        return rebalance(groups, writes);
    }

    private Optional<Outcome> faultOf(GroupSpec group) {
        if (group.groupId() <= GroupSpec.MASTER) {
            return Optional.of(new Outcome.Invalid("group ids count from 1"));
        }
        Set<Long> replicaIds = new TreeSet<>();
        Set<Long> nodeIds = new TreeSet<>();
        for (GroupSpec.Replica replica : group.replicas()) {
            if (!nodes.containsKey(replica.nodeId())) {
                return Optional.of(
                        new Outcome.Refused(Reason.NO_SUCH_NODE, "no node " + replica.nodeId()));
            }
            if (!replicaIds.add(replica.replicaId()) || !nodeIds.add(replica.nodeId())) {
                return Optional.of(
                        new Outcome.Invalid("replicas of a group have ids and nodes of their own"));
            }
        }
        return Optional.empty();
    }

    private Outcome leave(List<Long> leaving, EntryWrites writes) {
        Map<Long, GroupSpec> groups = groups();
        if (leaving.isEmpty()) {
            return new Outcome.Refused(Reason.NOTHING_TO_DO, "no group to leave");
        }
        for (long groupId : leaving) {
            if (groups.remove(groupId) == null) {
                return new Outcome.Refused(Reason.NO_SUCH_GROUP, "no group " + groupId);
            }
        }
        return rebalance(groups, writes);
    }

    private Outcome rebalance(Map<Long, GroupSpec> groups, EntryWrites writes) {
        ShardConfig latest = configs.latest();
        caretaker.unpinAll(writes);
        configs.add(
                new ShardConfig(
                        latest.number() + 1,
                        new ArrayList<>(groups.values()),
                        Rebalancer.rebalance(new ArrayList<>(groups.keySet()), latest.owners())),
                writes);
        return new Outcome.Ok();
    }

    private Outcome move(Command.Move move, EntryWrites writes) {
        ShardConfig latest = configs.latest();
        if (move.shard() < 0 || move.shard() >= latest.shardCount()) {
            return new Outcome.Refused(Reason.NO_SUCH_SHARD, "no shard " + move.shard());
        }
        if (!groups().containsKey(move.groupId())) {
            return new Outcome.Refused(Reason.NO_SUCH_GROUP, "no group " + move.groupId());
        }
        if (latest.owner(move.shard()) == move.groupId()) {
            return new Outcome.Refused(
                    Reason.NOTHING_TO_DO,
                    "shard " + move.shard() + " is group " + move.groupId() + "'s");
        }
        List<Long> owners = new ArrayList<>(latest.owners());
        owners.set(move.shard(), move.groupId());
        caretaker.pin(move.shard(), writes);
        configs.add(new ShardConfig(latest.number() + 1, latest.groups(), owners), writes);
        return new Outcome.Ok();
    }

    private Map<Long, GroupSpec> groups() {
        Map<Long, GroupSpec> groups = new TreeMap<>();
        for (GroupSpec group : configs.latest().groups()) {
            groups.put(group.groupId(), group);
        }
        return groups;
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
                members.withoutThose(groups().keySet()),
                moves.settings());
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
