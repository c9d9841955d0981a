package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.shardmaster.ShardMasterMachine;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.raft.Message;
import io.somekv.raft.Now;
import io.somekv.raft.PersistMark;
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
    /** Names a birth among the persists: none of the core has this number. */
    private static final long BIRTH = 0;

    private final LaneConfig config;
    private final Engine engine;
    private final Outbox outbox;
    private final RoomWatch rooms;
    private final SnapshotBudget budget = new SnapshotBudget();

    /** Replicas whose first record is not yet durable. */
    private final TreeMap<Long, Unborn> unbornByGroup = new TreeMap<>();

    /** The highest replica id of each group that was destroyed here in this life. */
    private final TreeMap<Long, Long> goneByGroup = new TreeMap<>();

    /** Stores of replicas that are no more, by the number of the persist that says so. */
    private final TreeMap<Long, Long> buried = new TreeMap<>();

    /** No persist of a replica has such a number: those count from 1, these from the other end. */
    private long nextBurial = Long.MAX_VALUE;

    private long nextStoreId;

    /**
     * A replica on its way.
     *
     * @param tokens of those who wait for it
     */
    record Unborn(GroupHost host, List<Long> tokens) {}

    Nursery(LaneConfig config, Engine engine, Outbox outbox, RoomWatch rooms) {
        this.config = config;
        this.engine = engine;
        this.outbox = outbox;
        this.rooms = rooms;
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
                        group.base(),
                        group.baseLogTime(),
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
        long storeId = newStoreId();
        Recovered fresh = Recovered.fresh(config.incarnation(), create.membership());
        GroupHost host = host(create.groupId(), create.replicaId(), storeId, fresh, now);
        conceive(host, HardState.INITIAL, create.membership(), List.of(create.token()));
    }

    /**
     * Begins a replica that a leader wants as a learner, unless it must not be: it is another
     * node's, or another disk's, or was destroyed here. It begins in the leader's term with its
     * vote given to that leader: whatever this replica may have promised in that term before its
     * record was lost, it promises nobody else anything.
     */
    void maybeConceive(Now now, long groupId, Message.Introduce introduce) {
        long replicaId = introduce.to();
        Membership membership = introduce.membership();
        if (unbornByGroup.containsKey(groupId)
                || replicaId <= goneByGroup.getOrDefault(groupId, 0L)
                || membership.isVoter(replicaId)
                || !isOwn(membership.find(replicaId))) {
            return;
        }
        HardState hardState = new HardState(introduce.term(), introduce.from(), 0);
        Recovered fresh = Recovered.learner(config.incarnation(), hardState, membership);
        conceive(
                host(groupId, replicaId, newStoreId(), fresh, now),
                hardState,
                membership,
                List.of());
    }

    private void conceive(
            GroupHost host, HardState hardState, Membership membership, List<Long> tokens) {
        unbornByGroup.put(host.groupId(), new Unborn(host, new ArrayList<>(tokens)));
        outbox.persist(
                birth(host, hardState, membership),
                new PersistMark(config.incarnation(), BIRTH, EntryId.ZERO));
    }

    /**
     * A new replica's first record: that it exists, with its membership, before it does anything.
     */
    private static GroupRecord birth(GroupHost host, HardState hardState, Membership membership) {
        return new GroupRecord(
                host.groupId(),
                host.replicaId(),
                host.storeId(),
                hardState,
                MembershipState.initial(membership),
                EntryId.ZERO,
                0,
                0,
                List.of());
    }

    /**
     * A replica was removed from its group: it, and those before it, are no more. Its rows go once
     * that is durable; before, a restart would find a log without the state it speaks of.
     */
    void bury(GroupHost host) {
        goneByGroup.merge(host.groupId(), host.replicaId(), Math::max);
        long number = nextBurial--;
        buried.put(number, host.storeId());
        outbox.persist(
                host.farewell(), new PersistMark(config.incarnation(), number, EntryId.ZERO));
    }

    /** Whether the mark is of a burial, which is durable now. */
    boolean buried(LaneInput.GroupMark mark) {
        Long storeId = buried.remove(mark.mark().number());
        if (storeId != null) {
            outbox.add(new LaneEffect.DropStore(storeId));
        }
        return storeId != null;
    }

    /** Never given before on this node. */
    long newStoreId() {
        long storeId = nextStoreId;
        nextStoreId += config.laneCount();
        return storeId;
    }

    private boolean isOwn(Optional<Member> self) {
        return self.isPresent()
                && self.get().nodeId() == config.nodeId()
                && self.get().storeId().equals(config.storeId());
    }

    /** The replica whose first record this mark names, if it does. */
    Optional<Unborn> born(LaneInput.GroupMark mark) {
        return mark.mark().number() == BIRTH
                ? Optional.ofNullable(unbornByGroup.remove(mark.groupId()))
                : Optional.empty();
    }

    /**
     * Why a replica must not be created here; empty where it may, or exists.
     *
     * @param present membership of the group's replica here, if there is one
     */
    Optional<String> objection(LaneInput.CreateReplica create, Optional<Membership> present) {
        if (!isOwn(create.membership().find(create.replicaId()))) {
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

    Outbox outbox() {
        return outbox;
    }

    RoomWatch rooms() {
        return rooms;
    }

    /** A state machine on the rows of a store. */
    StateMachine machine(long groupId, long storeId) {
        return groupId == GroupSpec.MASTER
                ? new ShardMasterMachine(engine, storeId, config.mutations())
                : new KvMachine(engine, storeId, config.pieceSize(), config.mutations());
    }

    Engine.Staging stage(long storeId) {
        return engine.stage(storeId);
    }

    private GroupHost host(
            long groupId, long replicaId, long storeId, Recovered recovered, Now startedAt) {
        RaftReplica replica =
                new RaftReplica(
                        config.raft(),
                        replicaId,
                        recovered,
                        config.seed() ^ groupId * 0x9e3779b97f4a7c15L,
                        startedAt);
        GroupHost.Snapshots snapshots =
                new GroupHost.Snapshots(
                        new SnapshotSender(groupId, replica, engine, outbox, budget),
                        new SnapshotReceiver(groupId, replicaId, this, outbox, budget));
        return new GroupHost(groupId, replicaId, storeId, replica, this, snapshots);
    }
}
