package io.somekv.sim.search;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.node.GroupStatus;
import io.somekv.node.Lane;
import io.somekv.node.LaneConfig;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.Wish;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import io.somekv.raft.ReplicaStatus;
import io.somekv.sim.check.ClusterWatch;
import io.somekv.sim.check.DurabilityWatch;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A node of a {@link SmallGroup}: the real lane, with a clock, a disk and a door of its own. */
final class SearchNode {
    /**
     * What all nodes share.
     *
     * @param hasSlowDisks appends wait for {@link #sync}
     */
    record Around(
            ClusterMap map,
            ClusterWatch watch,
            Set<Mutation> bugs,
            boolean hasSlowDisks,
            BiConsumer<Long, LaneEffect.Send> network) {
        Around {
            EnumSet<Mutation> copy = EnumSet.noneOf(Mutation.class);
            copy.addAll(bugs);
            bugs = Collections.unmodifiableSet(copy);
        }
    }

    /** An election begins after once to twice this. */
    static final long ELECTION_NANOS = 3_000_000_000L;

    private static final long START_MILLIS = 1_700_000_000_000L;

    /** A heartbeat each second; nothing goes quiet, and no clock or disk is found fault with. */
    private static RaftConfig raft(Set<Mutation> bugs) {
        long never = Long.MAX_VALUE / 4;
        return new RaftConfig(
                ELECTION_NANOS,
                1_000_000_000L,
                1 << 20,
                8 << 20,
                64L << 20,
                32L << 20,
                never,
                0,
                never,
                0,
                0,
                bugs);
    }

    private final long id;
    private final long group;
    private final Around around;
    private final SearchDisk disk = new SearchDisk();
    private final DurabilityWatch durability = new DurabilityWatch();
    private final ArrayDeque<LaneInput> inputs = new ArrayDeque<>();
    private final TreeMap<Long, Consumer<LaneEffect.Answer>> door = new TreeMap<>();
    private @Nullable Lane lane;
    private long nanos = 1;
    private long nextToken = 1;

    /** Over all messages that arrived in this life, in whatever order. */
    private long received;

    SearchNode(long id, long group, Around around) {
        this.id = id;
        this.group = group;
        this.around = around;
        lane = newLane();
    }

    long incarnation() {
        return disk.incarnation;
    }

    private Lane newLane() {
        LaneConfig config =
                new LaneConfig(
                        0,
                        1,
                        id,
                        storeOf(id),
                        disk.incarnation,
                        new ClientId(id << 40, disk.incarnation),
                        id * 100 + disk.incarnation,
                        1,
                        raft(around.bugs()),
                        600_000_000_000L,
                        KvMachine.PIECE_SIZE,
                        around.bugs(),
                        LaneConfig.Care.NONE);
        return new Lane(config, disk.engine, disk.recovered(), Optional.of(around.map()), now());
    }

    static UUID storeOf(long node) {
        return new UUID(0xd15c, node);
    }

    private Now now() {
        return new Now(nanos, START_MILLIS + nanos / 1_000_000);
    }

    private Lane lane() {
        Lane running = lane;
        if (running == null) {
            throw Invariant.unreachable("node " + id + " is down");
        }
        return running;
    }

    boolean isUp() {
        return lane != null;
    }

    /** What was not durable is gone, and nobody is answered any more. */
    void crash() {
        lane = null;
        inputs.clear();
        door.clear();
        received = 0;
        disk.crash();
    }

    /** Begins its next life with what its disk holds. */
    void start() {
        durability.recovered(disk.recovered());
        around.watch().recovered(id, disk.recovered());
        lane = newLane();
        observe();
    }

    /** Time goes on, on this node alone. */
    void pass(long someNanos) {
        nanos += someNanos;
        step(new LaneInput.Tick());
    }

    /** Asks as one who came to the door. */
    void ask(long groupId, Request request, Consumer<LaneEffect.Answer> waiter) {
        ask(new Frame.Call(0, groupId, false, request, ReadMode.LEADER), waiter);
    }

    /** Asks as a client that speaks frames. */
    void ask(Frame.Call call, Consumer<LaneEffect.Answer> waiter) {
        long token = nextToken++;
        door.put(token, waiter);
        step(new LaneInput.Ask(token, Wish.of(call)));
    }

    /** Creates this node's replica of the group, which has the node's number. */
    void create(Membership membership) {
        long token = nextToken++;
        door.put(token, _ -> {});
        step(new LaneInput.CreateReplica(token, group, id, membership));
    }

    /** Takes what arrives; the digest tells states apart by its text. */
    void receive(LaneInput.FromPeer frame, String text) {
        heard(text);
        step(frame);
    }

    void heard(String text) {
        received += new Hash64().add(Bytes.utf8(text)).value();
    }

    /** It hears of another map. */
    void learn(ClusterMap map) {
        step(new LaneInput.Learned(map));
    }

    /** It may speak to another node, or not any more. */
    void peer(long other, boolean isUp) {
        step(new LaneInput.PeerUp(other, isUp));
    }

    boolean hasPending() {
        return disk.pendingCount() > 0;
    }

    /** The oldest append becomes durable. */
    void sync() {
        LaneEffect.Append append = disk.sync();
        durability.written(append.records());
        durability.synced();
        around.watch().synced(append.records());
        step(new LaneInput.Appended(append.marks()));
    }

    private void step(LaneInput first) {
        inputs.add(first);
        while (!inputs.isEmpty()) {
            lane().step(now(), inputs.remove());
            for (LaneEffect effect : lane().effects(now())) {
                carryOut(effect);
            }
            observe();
            if (inputs.isEmpty() && hasPending() && !around.hasSlowDisks()) {
                sync();
            }
        }
    }

    private void carryOut(LaneEffect effect) {
        switch (effect) {
            case LaneEffect.Append append -> {
                around.watch().handedOut(id, append.records());
                durability.handedOut(append.records());
                disk.append(append);
            }
            case LaneEffect.Send send -> around.network().accept(id, send);
            case LaneEffect.Answer answer ->
                    Optional.ofNullable(door.remove(answer.token()))
                            .orElseThrow(() -> Invariant.unreachable("answered twice"))
                            .accept(answer);
            case LaneEffect.FetchEntries fetch ->
                    inputs.add(
                            new LaneInput.Fetched(
                                    fetch.groupId(), fetch.fetch(), disk.read(fetch.fetch())));
            case LaneEffect.WantsTurn _ -> inputs.add(new LaneInput.ApplyTurn());
            case LaneEffect.LeadershipChanged _, LaneEffect.MapChanged _ -> {}
            case LaneEffect.ToLane _,
                    LaneEffect.SnapshotInstalled _,
                    LaneEffect.ReplicaRemoved _,
                    LaneEffect.ShardDiffers _,
                    LaneEffect.ShardAwaitsTime _,
                    LaneEffect.ReadSnapshot _,
                    LaneEffect.StageRows _,
                    LaneEffect.AbandonStaging _,
                    LaneEffect.DropStore _ ->
                    throw Invariant.unreachable("nothing calls for " + effect);
        }
    }

    private void observe() {
        for (GroupStatus status : lane().status(now())) {
            around.watch().observed(id, status);
            long applied = status.applied();
            long term = around.watch().committedTerm(group, applied);
            if (applied > 0) {
                durability.applied(group, applied, term);
                lane().digest(group)
                        .ifPresent(digest -> around.watch().digest(id, group, applied, digest));
            }
        }
    }

    /** How its replica is; empty before it is created, and while the node is down. */
    Optional<GroupStatus> status() {
        return lane == null ? Optional.empty() : lane().status(now()).stream().findFirst();
    }

    /** The value of a key as of what is applied here; empty where its shard is not served here. */
    Optional<Bytes> value(Bytes key) {
        long storeId = disk.storeId();
        KvMachine machine = new KvMachine(disk.engine, storeId, around.bugs());
        return switch (machine.read(new Command.Get(key))) {
            case Outcome.Value(Bytes value) -> Optional.of(value);
            case Outcome.Nil _ -> Optional.of(Bytes.EMPTY);
            default -> Optional.empty();
        };
    }

    /**
     * What shows of the lane, what has arrived there in whatever order, and the disk. What a lane
     * remembers of the order shows only later: so a state may be left out that was to be looked at,
     * but none is found wrong that is not. Nor do measurements count, which nothing goes by.
     */
    String digest() {
        return status().map(s -> unmeasured(s.replica()) + " " + s.applied()).orElse("down")
                + " "
                + nanos
                + " "
                + received
                + " "
                + disk;
    }

    private static ReplicaStatus unmeasured(ReplicaStatus r) {
        return new ReplicaStatus(
                r.replicaId(),
                r.role(),
                r.term(),
                r.leaderId(),
                r.last(),
                r.commit(),
                r.applied(),
                r.logTime(),
                r.uncommittedBytes(),
                0);
    }
}
