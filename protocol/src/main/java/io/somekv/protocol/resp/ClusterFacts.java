package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The cluster as a node sees it, in the terms of Redis Cluster.
 *
 * @param configNumber what counts the versions of the shard map; 0 in no cluster
 * @param self the node that tells; one of {@code nodes}
 * @param nodes all that are known, ascending by id
 * @param groups those that serve a shard, ascending by id
 * @param servingGroups by shard; {@link ShardConfig#UNASSIGNED} where none has it. Empty in no
 *     cluster
 */
public record ClusterFacts(
        long configNumber,
        Node self,
        List<Node> nodes,
        List<Group> groups,
        List<Long> servingGroups) {
    /**
     * @param port of its cluster door
     * @param peerPort where nodes speak to each other
     */
    public record Node(
            long nodeId, UUID storeId, String host, int port, int peerPort, boolean isUp) {
        /** Forty hexadecimal digits, of this node on this disk for ever. */
        String id() {
            return String.format(
                    Locale.ROOT,
                    "%016x%016x%08x",
                    storeId.getMostSignificantBits(),
                    storeId.getLeastSignificantBits(),
                    (int) nodeId);
        }

        /**
         * The same for this node as a follower of {@code leader}: clients expect that an id is
         * either a leader's or that of one leader's follower, and here a node may be all of that.
         */
        String idAsFollowerOf(Node leader) {
            Bytes both = Bytes.utf8(leader.id() + id());
            long first = new Hash64().add(both).value();
            long second = new Hash64().add(both).add(first).value();
            return String.format(Locale.ROOT, "%016x%016x%08x", first, second, (int) nodeId);
        }
    }

    /**
     * @param leader the node to ask first
     * @param followers those that are up
     */
    public record Group(long groupId, Node leader, List<Node> followers) {
        public Group {
            followers = List.copyOf(followers);
        }
    }

    /** Slots {@code first} to {@code last}, both included, that one group serves. */
    record Run(int first, int last, Group group) {
        int count() {
            return last - first + 1;
        }

        boolean continuesWith(Group next, int slot) {
            return last == slot - 1 && group.groupId == next.groupId;
        }
    }

    public ClusterFacts {
        nodes = List.copyOf(nodes);
        groups = List.copyOf(groups);
        servingGroups = List.copyOf(servingGroups);
    }

    /** All slots that somebody serves, in order; neighbours of one group make one run. */
    List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        int count = servingGroups.size();
        for (int shard = 0; shard < count; shard++) {
            Optional<Group> group = group(servingGroups.get(shard));
            if (group.isEmpty()) {
                continue;
            }
            int first = Slots.firstOfShard(shard, count);
            int last = Slots.firstOfShard(shard + 1, count) - 1;
            Run before = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (before != null && before.continuesWith(group.get(), first)) {
                runs.set(runs.size() - 1, new Run(before.first, last, before.group));
            } else {
                runs.add(new Run(first, last, group.get()));
            }
        }
        return runs;
    }

    private Optional<Group> group(long groupId) {
        for (Group group : groups) {
            if (group.groupId == groupId) {
                return Optional.of(group);
            }
        }
        return Optional.empty();
    }
}
