package io.somekv.sim.search;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * How a {@link SmallGroup} is built, and what may happen to it.
 *
 * @param groups of which the first has the only shard at first; a second one is to get it
 * @param voters replicas of each group, each on a node of its own, from 1
 * @param works of clients that have an identity of their own
 * @param plainWorks of clients without, each at the last node: its lane lends them one
 * @param hasSlowDisks an append is durable some time later, and not at once
 * @param chances how often each may be taken; those left out never
 */
record GroupSetting(
        int groups,
        int voters,
        List<SearchClient.Work> works,
        List<SearchClient.Work> plainWorks,
        boolean hasSlowDisks,
        Map<Chance, Integer> chances) {
    /** What may happen besides messages that arrive and disks that sync. */
    enum Chance {
        /** Time goes on at a node, so long that it wants an election or leads no more. */
        TIMEOUT,
        /** Time goes on at a node, so long that it sends a request again. */
        TICK,
        /** Time goes on at a client until it sends again. */
        WAIT,
        CRASH,
        /** Of a node that has crashed. */
        START,
        /** A message arrives and stays on its way. */
        COPY,
        /** A node hears of the config that gives the shard to the second group. */
        LEARN
    }

    /** The shard master's only node, which is not there. */
    private static final long OUT_OF_REACH = 9;

    GroupSetting {
        works = List.copyOf(works);
        plainWorks = List.copyOf(plainWorks);
        chances = Map.copyOf(chances);
    }

    /** One group. */
    GroupSetting(
            int voters,
            List<SearchClient.Work> works,
            List<SearchClient.Work> plainWorks,
            boolean hasSlowDisks,
            Map<Chance, Integer> chances) {
        this(1, voters, works, plainWorks, hasSlowDisks, chances);
    }

    int nodes() {
        return groups * voters;
    }

    long groupOf(long node) {
        return (node - 1) / voters + 1;
    }

    /** Of a group; leads it when the search begins. */
    long firstNode(long group) {
        return (group - 1) * voters + 1;
    }

    Membership membership(long group) {
        List<Member> members = new ArrayList<>();
        for (long id = firstNode(group); id < firstNode(group + 1); id++) {
            members.add(new Member(id, id, SearchNode.storeOf(id)));
        }
        return Membership.of(members);
    }

    /** By the config of that number the group of that number has the only shard. */
    ClusterMap map(long number) {
        List<GroupSpec> specs = new ArrayList<>();
        List<NodeInfo> infos = new ArrayList<>();
        for (long group = 1; group <= groups; group++) {
            List<GroupSpec.Replica> replicas = new ArrayList<>();
            for (Member member : membership(group).members()) {
                long id = member.nodeId();
                replicas.add(new GroupSpec.Replica(id, id));
                infos.add(new NodeInfo(id, SearchNode.storeOf(id), "host" + id, 1, 2, 3, 4));
            }
            specs.add(new GroupSpec(group, replicas));
        }
        return new ClusterMap(
                new UUID(1, 2),
                GroupSettings.defaults(1),
                new ShardConfig(number, specs, List.of(number)),
                new GroupSpec(GroupSpec.MASTER, List.of(new GroupSpec.Replica(1, OUT_OF_REACH))),
                infos,
                List.of(new Served(1, 1)),
                List.of(),
                MoveSettings.DEFAULT);
    }
}
