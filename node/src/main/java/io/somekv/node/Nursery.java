package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.shardmaster.ShardMasterMachine;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.EntryId;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.Recovered;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a lane's replicas come from: found in the shared log when the process starts, or created. A
 * replica takes part in nothing before the record that it exists is durable: it would vote, and be
 * forgotten.
 */
final class Nursery {
    private final LaneConfig config;
    private final Engine engine;
    private final Outbox outbox;

    /** Replicas whose first record is not yet durable. */
    private final TreeMap<Long, Unborn> unbornByGroup = new TreeMap<>();

    private long nextStoreId;

    /**
     * A replica on its way.
     *
     * @param tokens of those who wait for it
     */
    record Unborn(GroupHost host, List<Long> tokens) {}

    Nursery(LaneConfig config, Engine engine, Outbox outbox) {
        this.config = config;
        this.engine = engine;
        this.outbox = outbox;
        this.nextStoreId = config.firstStoreId() + config.lane();
    }

    /** A replica that the shared log knows. */
    GroupHost recover(RecoveredGroup group, Now startedAt) {
        Optional<Member> self = group.memberships().current().find(group.replicaId());
        Invariant.check(
                self.isEmpty() || self.get().storeId().equals(config.storeId()),
                "a replica lives on the disk that it was created on");
        long applied =
                config.mutations().contains(Mutation.COMMIT_TAKEN_FOR_APPLIED)
                        ? group.hardState().commit()
                        : engine.applied(group.storeId());
        Invariant.check(
                applied <= group.lastIndex(),
                "nothing is applied that the log does not hold: the disk was rolled back",
                applied,
                group.lastIndex());
        Recovered recovered =
                new Recovered(
                        config.incarnation(),
                        group.hardState(),
                        group.memberships(),
                        EntryId.ZERO,
                        0,
                        group.terms(),
                        group.lastIndex(),
                        group.lastLogTime(),
                        applied);
        return host(group.groupId(), group.replicaId(), group.storeId(), recovered, startedAt);
    }

    /** Whether that very replica was asked for here before and waits for its record. */
    Optional<Unborn> unborn(long groupId) {
        return Optional.ofNullable(unbornByGroup.get(groupId));
    }

    /** Begins a new replica: {@link #born} gives it once its record is durable. */
    void conceive(Now now, LaneInput.CreateReplica create) {
        long storeId = nextStoreId;
        nextStoreId += config.laneCount();
        Recovered fresh = Recovered.fresh(config.incarnation(), create.membership());
        GroupHost host = host(create.groupId(), create.replicaId(), storeId, fresh, now);
        unbornByGroup.put(
                create.groupId(), new Unborn(host, new ArrayList<>(List.of(create.token()))));
        outbox.persist(host.birth(create.membership()), host.birthMark(config.incarnation()));
    }

    /** The replica whose first record this mark names, if it does. */
    Optional<Unborn> born(LaneInput.GroupMark mark) {
        return mark.mark().number() == 0
                ? Optional.ofNullable(unbornByGroup.remove(mark.groupId()))
                : Optional.empty();
    }

    /**
     * Why a replica must not be created here; empty where it may, or exists.
     *
     * @param present membership of the group's replica here, if there is one
     */
    Optional<String> objection(LaneInput.CreateReplica create, Optional<Membership> present) {
        Optional<Member> self = create.membership().find(create.replicaId());
        if (self.isEmpty()
                || self.get().nodeId() != config.nodeId()
                || !self.get().storeId().equals(config.storeId())) {
            return Optional.of(
                    "replica "
                            + create.replicaId()
                            + " of group "
                            + create.groupId()
                            + " belongs to another node or another disk than node "
                            + config.nodeId()
                            + " with store "
                            + config.storeId());
        }
        if (present.isPresent() && !present.get().equals(create.membership())) {
            return Optional.of(
                    "group "
                            + create.groupId()
                            + " exists here with other members: choose another id");
        }
        return Optional.empty();
    }

    private GroupHost host(
            long groupId, long replicaId, long storeId, Recovered recovered, Now startedAt) {
        StateMachine machine =
                groupId == GroupSpec.MASTER
                        ? new ShardMasterMachine(engine, storeId, config.mutations())
                        : new KvMachine(engine, storeId, config.mutations());
        RaftReplica replica =
                new RaftReplica(
                        config.raft(),
                        replicaId,
                        recovered,
                        config.seed() ^ groupId * 0x9e3779b97f4a7c15L,
                        startedAt);
        return new GroupHost(groupId, replicaId, storeId, replica, machine, outbox);
    }
}
