package io.somekv.kv.shardmaster;

import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What makes one config of the one before: Join, Leave, Move, and what the caretaker decides. */
final class ConfigChanges {
    private final ConfigHistory configs;
    private final GroupMembers members;
    private final CaretakerRegister caretaker;
    private final Map<Long, NodeInfo> nodes;

    /**
     * @param nodes those of the cluster, as they are at any time
     */
    ConfigChanges(
            ConfigHistory configs,
            GroupMembers members,
            CaretakerRegister caretaker,
            Map<Long, NodeInfo> nodes) {
        this.configs = configs;
        this.members = members;
        this.caretaker = caretaker;
        this.nodes = nodes;
    }

    Outcome join(List<GroupSpec> joining, EntryWrites writes) {
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

    Outcome leave(List<Long> leaving, EntryWrites writes) {
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

    Outcome move(Command.Move move, EntryWrites writes) {
        ShardConfig latest = configs.latest();
        if (move.shard() < 0 || move.shard() >= latest.shardCount()) {
            return new Outcome.Refused(Reason.NO_SUCH_SHARD, "no shard " + move.shard());
        }
        if (!groups().containsKey(move.groupId())) {
            boolean hasLeft = members.find(move.groupId()).isPresent();
            return new Outcome.Refused(
                    Reason.NO_SUCH_GROUP,
                    hasLeft
                            ? "group " + move.groupId() + " has left: have it join again first"
                            : "no group " + move.groupId());
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

    Map<Long, GroupSpec> groups() {
        Map<Long, GroupSpec> groups = new TreeMap<>();
        for (GroupSpec group : configs.latest().groups()) {
            groups.put(group.groupId(), group);
        }
        return groups;
    }

    /** All shards that move make one config. */
    Outcome decide(Command.Decide decide, EntryWrites writes) {
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
}
