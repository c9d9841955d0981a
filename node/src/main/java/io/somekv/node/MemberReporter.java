package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Tells the shard master who the members of this lane's groups are, where the map has it otherwise:
 * nodes and clients that have no replica of a group find it by the map.
 */
final class MemberReporter {
    private static final long INTERVAL_NANOS = 500_000_000L;

    /** More entries than any log will have. */
    private static final int INDEX_BITS = 40;

    private final Places places;
    private final Router router;
    private final TreeSet<Long> underWay = new TreeSet<>();
    private long nextNanos;

    MemberReporter(Places places, Router router, Now startedAt) {
        this.places = places;
        this.router = router;
        this.nextNanos = startedAt.nanos();
    }

    void tick(Now now) {
        if (places.map().isEmpty() || now.nanos() - nextNanos < 0) {
            return;
        }
        nextNanos = now.nanos() + INTERVAL_NANOS;
        for (GroupHost host : places.hosts()) {
            if (host.leads() && !host.isChanging()) {
                maybeReport(now, host);
            }
        }
    }

    private void maybeReport(Now now, GroupHost host) {
        GroupSpec members = spec(host.groupId(), host.membership());
        Optional<GroupSpec> known = places.spec(host.groupId());
        if (known.isPresent() && !known.get().equals(members) && underWay.add(host.groupId())) {
            Command report = new Command.ReportMembers(members, version(host));
            router.ask(
                    now,
                    GroupSpec.MASTER,
                    new Request(Optional.empty(), report),
                    (then, outcome, logTime) -> {
                        underWay.remove(host.groupId());
                        places.wantFreshMap();
                    });
        }
    }

    /**
     * Grows with each change: by the index of its entry, and above all by the ids given so far,
     * which a recovery without a majority skips some of, since its log may be shorter than the one
     * that was reported from.
     */
    private static long version(GroupHost host) {
        return (host.membership().nextReplicaId() << INDEX_BITS) + host.membershipIndex();
    }

    private static GroupSpec spec(long groupId, Membership membership) {
        List<GroupSpec.Replica> replicas =
                membership.voters().stream().map(MemberReporter::replica).toList();
        return new GroupSpec(groupId, replicas);
    }

    private static GroupSpec.Replica replica(Member member) {
        return new GroupSpec.Replica(member.replicaId(), member.nodeId());
    }
}
