package io.somekv.node;

import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Message;
import io.somekv.raft.Now;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Sees to it that members and map agree. Tells the shard master who the members of this lane's
 * groups are, where the map has it otherwise: nodes and clients that have no replica of a group
 * find it by the map. And a replica that hears no leader and is not in the map asks those who are:
 * all that it knows may have been removed since, as it was, and nobody is left there to tell it.
 */
final class MemberReporter {
    private static final long INTERVAL_NANOS = 500_000_000L;

    /** More entries than any log will have. */
    private static final int INDEX_BITS = 40;

    private final Places places;
    private final Router router;
    private final Outbox outbox;
    private final TreeSet<Long> underWay = new TreeSet<>();
    private long nextNanos;

    MemberReporter(Places places, Router router, Outbox outbox, Now startedAt) {
        this.places = places;
        this.router = router;
        this.outbox = outbox;
        this.nextNanos = startedAt.nanos();
    }

    void tick(Now now) {
        if (places.map().isEmpty() || now.nanos() - nextNanos < 0) {
            return;
        }
        nextNanos = now.nanos() + INTERVAL_NANOS;
        for (GroupHost host : places.hosts()) {
            if (host.leads()) {
                maybeReport(now, host);
            } else if (host.leaderNode() == 0) {
                maybeInquire(now, host);
            }
        }
    }

    private void maybeInquire(Now now, GroupHost host) {
        long self = host.replicaId();
        List<GroupSpec.Replica> known =
                places.spec(host.groupId()).map(GroupSpec::replicas).orElse(List.of());
        if (known.stream().anyMatch(member -> member.replicaId() == self)) {
            return;
        }
        long term = Math.max(1, host.status(now).term());
        for (GroupSpec.Replica member : known) {
            Message inquiry = new Message.Inquiry(self, member.replicaId(), term);
            outbox.message(member.nodeId(), new Envelope(host.groupId(), inquiry));
        }
    }

    private void maybeReport(Now now, GroupHost host) {
        if (host.isChanging()) {
            return;
        }
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
