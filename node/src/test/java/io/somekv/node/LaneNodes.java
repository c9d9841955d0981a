package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a {@link LaneCluster}: their lanes, which take turns in one queue of work, and
 * whoever carries out what those want done. Time goes on by ticks. Frames travel as bytes, each
 * answer comes once or the run fails.
 */
final class LaneNodes {
    private static final long TICK_NANOS = 5_000_000L;

    private record Address(long node, int lane) {}

    private final Setup setup;
    private final LaneNetwork network;
    private final TreeMap<Long, NodeDisk> disks = new TreeMap<>();
    private final TreeMap<Long, Lane[]> lanesByNode = new TreeMap<>();
    private final TreeMap<Long, Outcome> answers = new TreeMap<>();
    private final TreeMap<Long, Long> clockOffsets = new TreeMap<>();
    private final TreeSet<Long> answered = new TreeSet<>();
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private final TreeSet<String> touched = new TreeSet<>();
    private @Nullable ClusterMap newestMap;
    private long nanos = 1;

    /** What all lanes have in common. */
    record Setup(RaftConfig raft, Set<Mutation> mutations, LaneConfig.Care care, int pieceSize) {
        static final Setup DEFAULT =
                new Setup(
                        RaftConfig.defaults(),
                        Collections.emptySet(),
                        LaneConfig.Care.NONE,
                        KvMachine.PIECE_SIZE);

        Setup withMutations(Set<Mutation> other) {
            return new Setup(raft, other, care, pieceSize);
        }

        /** A caretaker that hears of nodes once a second. */
        Setup withCaretaker() {
            return new Setup(raft, mutations, new LaneConfig.Care(1_000_000_000L, ""), pieceSize);
        }

        Setup withPieces(int size) {
            return new Setup(raft, mutations, care, size);
        }
    }

    LaneNodes(int count, Setup setup, LaneNetwork network) {
        this.setup = setup;
        this.network = network;
        for (long node = 1; node <= count; node++) {
            disks.put(node, new NodeDisk());
            boot(node);
        }
        for (long node = 1; node <= count; node++) {
            for (long other = 1; other <= count; other++) {
                if (other != node) {
                    giveAll(node, new LaneInput.PeerUp(other, true));
                }
            }
        }
    }

    /** Ids of all nodes, also of those that are down. */
    Set<Long> all() {
        return disks.keySet();
    }

    /** Ids of the nodes that run. */
    Set<Long> up() {
        return lanesByNode.keySet();
    }

    /** The newest that any lane has told its rim. */
    ClusterMap newestMap() {
        return Objects.requireNonNull(newestMap);
    }

    boolean isAnswered(long token) {
        return answers.containsKey(token);
    }

    Outcome takeAnswer(long token) {
        return Objects.requireNonNull(answers.remove(token), "answered in time");
    }

    /** Puts what arrives at nodes into the queue. */
    void enqueue(Collection<Runnable> arrivals) {
        work.addAll(arrivals);
    }

    private void boot(long node) {
        NodeDisk disk = disk(node);
        long firstStoreId = disk.firstStoreId();
        Lane[] lanes = new Lane[LaneCluster.LANES];
        for (int lane = 0; lane < LaneCluster.LANES; lane++) {
            LaneConfig config =
                    new LaneConfig(
                            lane,
                            LaneCluster.LANES,
                            node,
                            LaneCluster.storeOf(node),
                            disk.incarnation,
                            new ClientId(node << 40, disk.incarnation),
                            node * 100 + lane + disk.incarnation * 7,
                            firstStoreId,
                            setup.raft,
                            10_000_000_000L,
                            setup.pieceSize,
                            setup.mutations,
                            setup.care);
            lanes[lane] =
                    new Lane(
                            config,
                            disk.engine,
                            disk.recovered(lane, LaneCluster.LANES),
                            Optional.empty(),
                            now());
        }
        lanesByNode.put(node, lanes);
    }

    NodeDisk disk(long node) {
        return Objects.requireNonNull(disks.get(node));
    }

    /** The process ends; appends that were not durable, and unflushed rows, are gone. */
    void crash(long node) {
        lanesByNode.remove(node);
        disk(node).crash();
        for (long other : List.copyOf(lanesByNode.keySet())) {
            giveAll(other, new LaneInput.PeerUp(node, false));
        }
    }

    void restart(long node) {
        disk(node).incarnation++;
        boot(node);
        for (long other : List.copyOf(lanesByNode.keySet())) {
            if (other != node) {
                giveAll(other, new LaneInput.PeerUp(node, true));
                giveAll(node, new LaneInput.PeerUp(other, true));
            }
        }
    }

    /** Whether nobody waits for an answer anywhere. */
    boolean isIdle() {
        for (Lane[] lanes : lanesByNode.values()) {
            for (Lane lane : lanes) {
                if (!lane.isIdle()) {
                    return false;
                }
            }
        }
        return true;
    }

    Now now() {
        return new Now(nanos, 1_700_000_000_000L + nanos / 1_000_000);
    }

    /** By that node's clocks. */
    private Now now(long node) {
        Now right = now();
        return new Now(right.nanos(), right.wallMillis() + clockOffsets.getOrDefault(node, 0L));
    }

    void wallClock(long node, long offsetMillis) {
        clockOffsets.put(node, offsetMillis);
    }

    Lane[] lanes(long node) {
        return Objects.requireNonNull(lanesByNode.get(node));
    }

    /** Lets some ticks of 5 ms go by. */
    void run(int ticks) {
        for (int i = 0; i < ticks; i++) {
            nanos += TICK_NANOS;
            for (long node : lanesByNode.keySet()) {
                giveAll(node, new LaneInput.Tick());
            }
            for (int steps = 0; !work.isEmpty(); steps++) {
                Invariant.check(steps < 1_000_000, "the lanes come to rest");
                work.removeFirst().run();
            }
        }
    }

    /** To each lane of the node. */
    void giveAll(long node, LaneInput input) {
        for (int lane = 0; lane < LaneCluster.LANES; lane++) {
            give(node, lane, input);
        }
    }

    void give(long node, int lane, LaneInput input) {
        Lane target = lanes(node)[lane];
        work.addLast(() -> {
            if (!isUp(node, target)) {
                return;
            }
            target.step(now(node), input);
            if (touched.add(node + "/" + lane)) {
                work.addLast(() -> flush(new Address(node, lane)));
            }
        });
    }

    /** Inputs of a process that has crashed since are nobody's. */
    private boolean isUp(long node, Lane lane) {
        return lanesByNode.containsKey(node) && List.of(lanes(node)).contains(lane);
    }

    private void flush(Address at) {
        touched.remove(at.node() + "/" + at.lane());
        if (!lanesByNode.containsKey(at.node())) {
            return;
        }
        for (LaneEffect effect : lanes(at.node())[at.lane()].effects(now(at.node()))) {
            carryOut(at, effect);
        }
    }

    private void carryOut(Address at, LaneEffect effect) {
        switch (effect) {
            case LaneEffect.Append append -> append(at, append);
            case LaneEffect.Send send -> send(at.node(), send);
            case LaneEffect.Answer answer -> {
                Invariant.check(answered.add(answer.token()), "answered once");
                answers.put(answer.token(), answer.outcome());
            }
            case LaneEffect.ToLane note ->
                    give(at.node(), note.lane(), new LaneInput.FromLane(at.lane(), note.note()));
            case LaneEffect.FetchEntries fetch ->
                    give(
                            at.node(),
                            at.lane(),
                            new LaneInput.Fetched(
                                    fetch.groupId(),
                                    fetch.fetch(),
                                    disk(at.node()).read(fetch.groupId(), fetch.fetch())));
            case LaneEffect.WantsTurn _ -> give(at.node(), at.lane(), new LaneInput.ApplyTurn());
            case LaneEffect.LeadershipChanged _,
                    LaneEffect.ReplicaRemoved _,
                    LaneEffect.ShardDiffers _,
                    LaneEffect.ShardAwaitsTime _,
                    LaneEffect.SnapshotInstalled _ -> {}
            case LaneEffect.DropStore drop -> disk(at.node()).engine.drop(drop.storeId());
            case LaneEffect.ReadSnapshot read ->
                    disk(at.node()).whenItCan(() -> readSnapshot(at, read));
            case LaneEffect.StageRows stage -> give(at.node(), at.lane(), stage.carryOut());
            case LaneEffect.AbandonStaging abandoned -> {
                abandoned.staging().abandon();
                disk(at.node()).engine.drop(abandoned.storeId());
            }
            case LaneEffect.MapChanged changed -> newestMap = changed.map();
        }
    }

    private void readSnapshot(Address at, LaneEffect.ReadSnapshot read) {
        LaneInput input =
                new LaneInput.SnapshotRead(
                        read.groupId(), read.replicaId(), read.pin(), read.part(), read.piece());
        give(at.node(), at.lane(), input);
    }

    private void append(Address at, LaneEffect.Append append) {
        NodeDisk disk = disk(at.node());
        disk.whenItCan(() -> {
            append.records().forEach(disk::write);
            give(at.node(), at.lane(), new LaneInput.Appended(append.marks()));
        });
    }

    private void send(long from, LaneEffect.Send send) {
        long to = send.nodeId();
        Bytes bytes = FrameCodec.encode(send.frame());
        int size = bytes.size() - FrameCodec.LENGTH_SIZE;
        Invariant.check(size <= FrameCodec.FRAME_SIZE_MAX, "a frame that fits", size, 0);
        Frame frame = FrameCodec.decode(bytes.slice(FrameCodec.LENGTH_SIZE, size));
        long incarnation = disk(from).incarnation;
        network.send(
                from,
                to,
                frame,
                audible -> {
                    if (lanesByNode.containsKey(to)) {
                        give(to, 0, new LaneInput.FromPeer(from, incarnation, audible));
                    }
                });
    }
}
