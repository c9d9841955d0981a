package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;
import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.base.Bytes;
import io.somekv.node.Lane;
import io.somekv.node.LaneConfig;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import io.somekv.sim.check.Breach;
import io.somekv.sim.check.DurabilityWatch;
import io.somekv.storage.disk.DiskOperation;
import io.somekv.storage.disk.MemoryDisk;
import io.somekv.storage.wal.CorruptLogException;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node: a disk and an engine that outlive its processes, and at most one process on them, made of
 * the real lanes and the real log. It dies and starts again as the faults want it.
 */
public final class SimNode implements Network.Endpoint {
    public static final int LANES = 2;

    private static final UUID NO_CLUSTER = new UUID(0, 0);
    private static final int SEGMENT_SIZE = 64 << 10;
    private static final long ASK_TIMEOUT = 5 * SECOND;

    private final World world;
    private final Network network;
    private final long id;
    private final UUID storeId;
    private final SplittableRandom random;
    private final MemoryDisk disk = new MemoryDisk();
    private final WatchedEngine engine;
    private final NodeClock clock;
    private final DurabilityWatch durability = new DurabilityWatch();

    /** What a node keeps of the cluster map for its next start; an old one may do as well. */
    private Optional<ClusterMap> keptMap = Optional.empty();

    private @Nullable NodeProcess process;
    private Runnable onEnd = () -> {};
    private long lives;
    private boolean damaged;
    private boolean rotten;

    /** Faults that wait for their moment; see the methods that set them. */
    private long pausedUntil;

    private long slowDiskUntil;
    private int effectsUntilDeath = -1;

    /** What lives and dies together. */
    private static final class NodeProcess {
        final Wal wal;
        final LogLoop log;
        final List<SimLane> lanes = new ArrayList<>();
        final TreeMap<Long, Consumer<LaneEffect.Answer>> asked = new TreeMap<>();
        long nextToken = 1;

        NodeProcess(Wal wal, LogLoop log) {
            this.wal = wal;
            this.log = log;
        }
    }

    SimNode(World world, Network network, long id) {
        this.world = world;
        this.network = network;
        this.id = id;
        this.random = world.fork();
        this.storeId = new UUID(random.nextLong(), random.nextLong());
        this.engine = new WatchedEngine(world, id);
        this.clock = new NodeClock(world.timeline(), random);
        network.add(id, this);
        flushNowAndThen();
    }

    // ---- what others see

    public long id() {
        return id;
    }

    public UUID storeId() {
        return storeId;
    }

    @Override
    public boolean isUp() {
        return process != null;
    }

    /** Its log is damaged and was refused: it will not come back in this run. */
    public boolean isDamaged() {
        return damaged;
    }

    /** Whether one of its replicas takes itself for a leader. */
    public boolean leadsSomething() {
        NodeProcess running = process;
        return running != null && running.lanes.stream().anyMatch(SimLane::leadsSomething);
    }

    Network network() {
        return network;
    }

    Now now() {
        return clock.now();
    }

    /** The lanes of the process that runs; none where none does. */
    public List<Lane> lanes() {
        NodeProcess running = process;
        return running == null ? List.of() : running.lanes.stream().map(SimLane::lane).toList();
    }

    /** Told whenever a process of this node ends. */
    void onEnd(Runnable listener) {
        onEnd = listener;
    }

    // ---- a process begins and ends

    /** Starts a process, if none runs and the disk lets it. */
    public void start() {
        if (process != null || damaged) {
            return;
        }
        lives++;
        Wal wal;
        try {
            wal = Wal.open(disk, walConfig());
        } catch (CorruptLogException e) {
            if (!rotten) {
                throw new Breach("node " + id + " refuses a log that nobody damaged: " + e);
            }
            damaged = true;
            world.trace().event(Trace.Kind.START, id, 1, () -> "refused: " + e.getMessage());
            return;
        } catch (IOException e) {
            disk.restart();
            world.trace().event(Trace.Kind.START, id, 2, () -> "failed: " + e.getMessage());
            return;
        }
        List<RecoveredGroup> recovered = wal.recovered();
        world.trace().event(Trace.Kind.START, id, wal.incarnation(), () -> words(recovered));
        durability.recovered(recovered);
        world.watch().recovered(id, recovered);
        recovered.forEach(group -> engine.belongs(group.storeId(), group.groupId()));
        NodeProcess starting = new NodeProcess(wal, new LogLoop(world, this, wal, durability));
        process = starting;
        ClientId identity = new ClientId(random.nextLong(), random.nextLong());
        long firstStoreId =
                1 + recovered.stream().mapToLong(RecoveredGroup::storeId).max().orElse(0);
        for (int number = 0; number < LANES; number++) {
            int lane = number;
            LaneConfig config =
                    new LaneConfig(
                            number,
                            LANES,
                            id,
                            wal.storeUuid(),
                            wal.incarnation(),
                            identity,
                            random.nextLong(),
                            firstStoreId,
                            raftConfig(),
                            ASK_TIMEOUT,
                            world.mutations());
            List<RecoveredGroup> own =
                    recovered.stream().filter(g -> g.groupId() % LANES == lane).toList();
            starting.lanes.add(
                    new SimLane(
                            world, this, number, new Lane(config, engine, own, keptMap, now())));
        }
    }

    private WalConfig walConfig() {
        return WalConfig.of(storeId).withSegmentSize(SEGMENT_SIZE).withMutations(world.mutations());
    }

    private RaftConfig raftConfig() {
        RaftConfig defaults = RaftConfig.defaults();
        return new RaftConfig(
                defaults.electionTimeoutNanos(),
                defaults.heartbeatNanos(),
                world.scenario().appendBytesMax(),
                4 * world.scenario().appendBytesMax(),
                64 << 10,
                2 << 10,
                defaults.diskStallNanos(),
                defaults.clockLeadMillisMax(),
                world.mutations());
    }

    /**
     * The process is killed. What it wrote is with the kernel, what its engine buffered is lost.
     */
    public void kill() {
        if (process != null) {
            end("killed");
            disk.restart();
        }
    }

    /** The power goes: of what was not synced, anything may be left. */
    public void cutPower() {
        if (process != null) {
            end("power cut");
            disk.crash(random);
        }
    }

    private void end(String how) {
        NodeProcess ending = process;
        if (ending == null) {
            return;
        }
        world.trace().event(Trace.Kind.CRASH, id, how.length(), () -> how);
        process = null;
        lives++;
        effectsUntilDeath = -1;
        engine.memory().crash();
        network.died(id);
        Outcome lost = new Outcome.Unknown("the node is gone");
        onEnd.run();
        ending.asked.values().forEach(asker -> asker.accept(new LaneEffect.Answer(0, lost, 0)));
    }

    /** A write or sync of the log failed: the node stops, and a power cut shows what was lost. */
    void onLogFailure(IOException e) {
        world.trace().remark(() -> "node " + id + " log: " + e);
        cutPower();
    }

    /** Runs {@code action} later, if the process of now still runs then. */
    void after(long nanos, Runnable action) {
        long life = lives;
        world.timeline()
                .after(
                        nanos,
                        () -> {
                            if (process != null && lives == life) {
                                action.run();
                            }
                        });
    }

    // ---- doors

    /** A client of this node's own door asks. The answer is Unknown if the node dies first. */
    void ask(long groupId, Request request, Consumer<LaneEffect.Answer> done) {
        NodeProcess running = process;
        if (running == null) {
            done.accept(new LaneEffect.Answer(0, new Outcome.NotLeader(0), 0));
            return;
        }
        long token = running.nextToken++;
        running.asked.put(token, done);
        int lane = groupId == Frame.ANY_GROUP ? random.nextInt(LANES) : (int) groupId % LANES;
        running.lanes
                .get(lane)
                .postAfter(
                        random.nextLong(MILLISECOND), new LaneInput.Ask(token, groupId, request));
    }

    /** Creates a replica here; see {@link LaneInput.CreateReplica}. */
    void createReplica(
            long groupId, long replicaId, Membership members, Consumer<LaneEffect.Answer> done) {
        NodeProcess running = process;
        if (running == null) {
            done.accept(new LaneEffect.Answer(0, new Outcome.NotLeader(0), 0));
            return;
        }
        long token = running.nextToken++;
        running.asked.put(token, done);
        running.lanes
                .get((int) (groupId % LANES))
                .post(new LaneInput.CreateReplica(token, groupId, replicaId, members));
    }

    /** Makes a map known that this node has not heard of yet. */
    void learn(ClusterMap map) {
        NodeProcess running = process;
        if (running != null) {
            running.lanes.forEach(lane -> lane.post(new LaneInput.Learned(map)));
        }
    }

    void answer(LaneEffect.Answer answer) {
        NodeProcess running = process;
        if (running == null) {
            return;
        }
        Consumer<LaneEffect.Answer> asker = running.asked.remove(answer.token());
        if (asker == null) {
            throw new IllegalStateException("token " + answer.token() + " answered twice");
        }
        asker.accept(answer);
    }

    @Override
    public void receive(long from, Bytes bytes) {
        NodeProcess running = process;
        if (running == null) {
            return;
        }
        Frame frame = Texts.decode(bytes);
        if (from < Trace.CLIENTS_FROM) {
            if (frame instanceof Frame.Reply reply) {
                SimLane lane = running.lanes.get((int) (reply.token() % LANES));
                lane.post(new LaneInput.FromPeer(from, Connections.ofLane(reply)));
            } else {
                SimLane lane = running.lanes.get((int) ((from + id) % LANES));
                lane.post(new LaneInput.FromPeer(from, frame));
            }
        } else if (frame instanceof Frame.Hello) {
            Frame hello = new Frame.Hello(NO_CLUSTER, id, storeId, running.wal.incarnation());
            network.send(id, from, FrameCodec.encode(hello), Network.Tie.CONNECTION);
        } else if (frame instanceof Frame.Call call) {
            ask(
                    call.groupId(),
                    call.request(),
                    answer -> {
                        if (process == running) {
                            reply(from, call.token(), answer);
                        }
                    });
        }
    }

    private void reply(long client, long token, LaneEffect.Answer answer) {
        Frame reply = new Frame.Reply(token, answer.outcome(), answer.logTime());
        network.send(id, client, FrameCodec.encode(reply), Network.Tie.CONNECTION);
    }

    @Override
    public void connection(long peer, boolean up) {
        NodeProcess running = process;
        if (running != null && peer < Trace.CLIENTS_FROM) {
            running.lanes.forEach(lane -> lane.post(new LaneInput.PeerUp(peer, up)));
        }
    }

    // ---- for the lanes

    void handedOut(List<GroupRecord> records) {
        SimLane.learnStores(engine, records);
        world.watch().handedOut(id, records);
    }

    void applied(long groupId, long index) {
        durability.applied(groupId, index, world.watch().committedTerm(groupId, index));
    }

    void keep(ClusterMap map) {
        boolean newer =
                keptMap.isEmpty() || keptMap.get().config().number() <= map.config().number();
        // Not every change finds its way to the disk in time.
        if (newer && (keptMap.isEmpty() || random.nextInt(4) > 0)) {
            keptMap = Optional.of(map);
        }
    }

    LogLoop log() {
        return running().log;
    }

    Wal wal() {
        return running().wal;
    }

    SimLane lane(int number) {
        return running().lanes.get(number);
    }

    private NodeProcess running() {
        NodeProcess running = process;
        if (running == null) {
            throw new IllegalStateException("node " + id + " is down");
        }
        return running;
    }

    /** How long a turn of applying may be put off. */
    long applyNanosMax() {
        return world.scenario().syncNanosMax();
    }

    long syncNanos(SplittableRandom chance) {
        boolean slow = world.timeline().now() < slowDiskUntil;
        long normal = world.scenario().syncNanosMax();
        return 50_000 + chance.nextLong(slow ? (1 + chance.nextLong(8)) * SECOND / 2 : normal);
    }

    long pausedNanos() {
        return Math.max(0, pausedUntil - world.timeline().now());
    }

    /** Whether the node dies here and now, between two effects. */
    boolean diesBeforeEffect() {
        if (effectsUntilDeath < 0 || effectsUntilDeath-- > 0) {
            return process == null;
        }
        if (random.nextBoolean()) {
            kill();
        } else {
            cutPower();
        }
        return true;
    }

    // ---- faults

    void dieAtEffect(int effects) {
        effectsUntilDeath = effects;
    }

    void cutPowerInWrite(int operations) {
        disk.cutPowerAfter(operations);
    }

    void failSync() {
        disk.fail(DiskOperation.SYNC, 1);
    }

    void pause(long nanos) {
        pausedUntil = world.timeline().now() + nanos;
    }

    void slowDisk(long nanos) {
        slowDiskUntil = world.timeline().now() + nanos;
    }

    void wallClock(long offsetMillis) {
        clock.offset(offsetMillis);
    }

    /** Flips a bit of the log while nothing runs; false where there is too little of it. */
    boolean rot() {
        rotten |= process == null && Rot.strike(world, id, disk, random);
        return rotten;
    }

    /** Nothing goes wrong from now on. */
    void quiet() {
        pausedUntil = 0;
        slowDiskUntil = 0;
        effectsUntilDeath = -1;
        if (process != null) {
            disk.forgive();
        }
    }

    private void flushNowAndThen() {
        long gap = world.scenario().flushGapNanos();
        world.timeline()
                .after(
                        random.nextLong(2 * gap),
                        () -> {
                            if (process != null) {
                                int some = engine.memory().unflushed();
                                engine.memory().flushSome(random.nextInt(some + 1));
                            }
                            flushNowAndThen();
                        });
    }

    private static String words(List<RecoveredGroup> groups) {
        StringBuilder text = new StringBuilder();
        for (RecoveredGroup group : groups) {
            text.append('g')
                    .append(group.groupId())
                    .append(" replica ")
                    .append(group.replicaId())
                    .append(" t")
                    .append(group.hardState().term())
                    .append(" vote ")
                    .append(group.hardState().votedFor())
                    .append(" commit ")
                    .append(group.hardState().commit())
                    .append(" last ")
                    .append(group.lastIndex())
                    .append(" | ");
        }
        return text.toString();
    }
}
