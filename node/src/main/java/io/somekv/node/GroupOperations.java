package io.somekv.node;

import io.somekv.protocol.caretaker.Steering;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Now;
import java.util.List;
import java.util.Optional;

/** What operators ask of the groups of a lane: a new replica, other members, another leader. */
final class GroupOperations {
    private final long ownNode;
    private final Places places;
    private final Nursery nursery;
    private final Outbox outbox;

    GroupOperations(long ownNode, Places places, Nursery nursery, Outbox outbox) {
        this.ownNode = ownNode;
        this.places = places;
        this.nursery = nursery;
        this.outbox = outbox;
    }

    void onCreate(Now now, LaneInput.CreateReplica create) {
        Optional<Nursery.Unborn> unborn = nursery.unborn(create.groupId());
        Optional<GroupHost> host =
                unborn.map(Nursery.Unborn::host)
                        .or(() -> Optional.ofNullable(places.host(create.groupId())));
        Optional<String> objection = nursery.objection(create, host.map(GroupHost::membership));
        if (objection.isPresent()) {
            outbox.answer(create.token(), new Outcome.Invalid(objection.get()));
        } else if (unborn.isPresent()) {
            unborn.get().tokens().add(create.token());
        } else if (host.isPresent()) {
            outbox.answer(create.token(), new Outcome.Ok());
        } else {
            nursery.conceive(now, create);
        }
    }

    void onTransfer(Now now, LaneInput.TransferLeadership transfer) {
        GroupHost host = places.host(transfer.groupId());
        if (host == null) {
            outbox.answer(transfer.token(), new Outcome.NotLeader(0));
        } else {
            outbox.answer(transfer.token(), host.transfer(now, transfer.toNode()));
            places.touch(host);
        }
    }

    void onChange(Now now, LaneInput.ChangeMembers change) {
        GroupHost host = places.host(change.groupId());
        if (host == null) {
            outbox.answer(change.token(), new Outcome.NotLeader(0));
        } else {
            host.clients()
                    .change(
                            now,
                            change.change(),
                            (then, outcome, logTime) -> outbox.answer(change.token(), outcome));
            places.touch(host);
        }
    }

    /** The caretaker's wish; what cannot be now, it will wish again. */
    void onSteer(Now now, long groupId, Steering steering) {
        GroupHost host = places.host(groupId);
        if (host == null || !host.leads()) {
            return;
        }
        switch (steering) {
            case Steering.Add add when add.replacesNode() == 0 ->
                    change(now, host, new MembershipChange.Add(add.toNode(), add.storeId(), 0));
            case Steering.Add add ->
                    replicaOn(host.membership().voters(), add.replacesNode())
                            .ifPresent(replaced ->
                                    change(
                                            now,
                                            host,
                                            new MembershipChange.Add(
                                                    add.toNode(), add.storeId(), replaced)));
            case Steering.Remove remove ->
                    // The newest first: where a node is to replace its own, that is who listens.
                    replicaOn(host.membership().members().reversed(), remove.fromNode())
                            .ifPresent(id -> change(now, host, new MembershipChange.Remove(id)));
            case Steering.HandOver over -> host.transfer(now, over.toNode());
        }
        places.touch(host);
    }

    private static Optional<Long> replicaOn(List<Member> members, long node) {
        return members.stream()
                .filter(member -> member.nodeId() == node)
                .map(Member::replicaId)
                .findFirst();
    }

    private static void change(Now now, GroupHost host, MembershipChange change) {
        host.clients().change(now, change, (then, outcome, logTime) -> {});
    }

    /** Only where somebody is there: a leader that asks nobody would stand still for a while. */
    void onLeave(Now now) {
        for (GroupHost host : places.hosts()) {
            boolean isAccompanied =
                    host.membership().voters().stream()
                            .map(Member::nodeId)
                            .anyMatch(node -> node != ownNode && places.isUp(node));
            if (host.leads() && isAccompanied) {
                host.step(now, new Input.TransferLeadership(0));
                places.touch(host);
            }
        }
    }

    /** Whether a group that is led here is on its way to another leader. */
    boolean isLeaving() {
        for (GroupHost host : places.hosts()) {
            if (host.isTransferring()) {
                return true;
            }
        }
        return false;
    }
}
