package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.base.Bytes;
import io.somekv.node.Lane;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.raft.Now;
import io.somekv.sim.check.Breach;
import io.somekv.sim.check.DurabilityWatch;
import io.somekv.storage.disk.DiskOperation;
import io.somekv.storage.disk.MemoryDisk;
import io.somekv.storage.wal.CorruptLogException;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A node: a disk and an engine that outlive its processes, and at most one process on them, made of
 * the real lanes and the real log. It dies and starts again as the faults want it.
 */
public final class SimNode implements Network.Endpoint {
    public static final int LANES = 2;

    private static final int SEGMENT_SIZE = 64 << 10;

    private final World world;
    private final Network network;
    private final long id;
    private UUID storeId;
    private final SplittableRandom random;
    private MemoryDisk disk = new MemoryDisk();
    private final WatchedEngine engine;
    private final NodeClock clock;
    private DurabilityWatch durability = new DurabilityWatch();

    /** What a node keeps of the cluster map for its next start; an old one may do as well. */
    private Optional<ClusterMap> keptMap = Optional.empty();

    private @Nullable NodeProcess process;
    private Runnable onEnd = () -> {};
    private long lives;
    private boolean damaged;
    private boolean rotten;
    private boolean lostDisk;

    /** Of the last process; one on a blank disk begins behind it, as production's does. */
    private long lastIncarnation;

    /** Faults that wait for their moment; see the methods that set them. */
    private long pausedUntil;

    private long slowDiskUntil;
    private int effectsUntilDeath = -1;

    SimNode(World world, Network network, long id) {
        this.world = world;
        this.network = network;
        this.id = id;
        this.random = world.fork();
        this.storeId = new UUID(random.nextLong(), random.nextLong());
        this.engine = new WatchedEngine(world, id);
        this.clock =
                new NodeClock(
                        world.timeline(),
                        world.fork(),
                        world.scenario().clocks().driftPermilleMax());
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

    /** As the others are told of it. */
    NodeInfo info() {
        return new NodeInfo(id, storeId, "node" + id, 1, 2, 3, 4);
    }

    @Override
    public boolean isUp() {
        return process != null;
    }

    /** Its log is damaged and was refused: it will not come back in this run. */
    public boolean isDamaged() {
        return damaged;
    }

    /** It came back on a blank disk: replicas of its are members of groups and are no more. */
    boolean lostDisk() {
        return lostDisk;
    }

    /** Whether one of its replicas takes itself for a leader. */
    public boolean leadsSomething() {
        return process != null && process.leadsSomething();
    }

    Network network() {
        return network;
    }

    /** Outlives processes, as the disk does. */
    WatchedEngine engine() {
        return engine;
    }

    Now now() {
        return clock.now();
    }

    /** The lanes of the process that runs; none where none does. */
    public List<Lane> lanes() {
        return process == null ? List.of() : process.lanes();
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
        lastIncarnation = wal.incarnation();
        List<RecoveredGroup> recovered = wal.recovered();
        world.trace().event(Trace.Kind.START, id, wal.incarnation(), () -> Texts.groups(recovered));
        durability.recovered(recovered);
        world.watch().recovered(id, recovered);
        recovered.forEach(group -> engine.belongs(group.storeId(), group.groupId()));
        process = new NodeProcess(world, this, wal, new LogLoop(world, this, wal, durability));
        process.start(engine, recovered, keptMap);
    }

    private WalConfig walConfig() {
        return WalConfig.of(storeId)
                .withFirstIncarnation(lastIncarnation + 1)
                .withSegmentSize(SEGMENT_SIZE)
                .withMutations(world.mutations());
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
        onEnd.run();
        ending.end();
    }

    /**
     * The log failed: the node stops. Then a power cut shows what was lost, or the kernel shows
     * what may not be on the disk.
     */
    void onLogFailure(IOException e) {
        world.trace().remark(() -> "node " + id + " log: " + e);
        if (random.nextBoolean()) {
            cutPower();
        } else {
            kill();
        }
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

    /** The process that runs; empty where none does: a door that is closed. */
    Optional<NodeProcess> process() {
        return Optional.ofNullable(process);
    }

    @Override
    public long incarnation() {
        return process == null ? 0 : process.wal().incarnation();
    }

    @Override
    public void receive(long from, long incarnation, Bytes bytes) {
        process().ifPresent(running -> running.receive(from, incarnation, Texts.decode(bytes)));
    }

    @Override
    public void connection(long peer, boolean up) {
        process().ifPresent(running -> running.connection(peer, up));
    }

    // ---- for the lanes

    void handedOut(List<GroupRecord> records) {
        SimLane.learnStores(engine, records);
        durability.handedOut(records);
        world.watch().handedOut(id, records);
    }

    void drop(long storeId) {
        engine.drop(storeId);
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

    /** Lets the {@code nth} such operation fail. */
    void failDisk(DiskOperation operation, int nth) {
        disk.fail(operation, nth);
    }

    /** For a while there is room for a few segments at most, or for half of the next. */
    void fillDisk(long nanos) {
        disk.capacity(random.nextLong(6 * SEGMENT_SIZE));
        MemoryDisk full = disk;
        world.timeline().after(nanos, () -> full.capacity(Long.MAX_VALUE));
    }

    void pause(long nanos) {
        pausedUntil = world.timeline().now() + nanos;
    }

    void leaveLeadership() {
        process().ifPresent(NodeProcess::leaveLeadership);
    }

    void nearlyFull(boolean is) {
        DiskRoom room = is ? new DiskRoom(true, 0) : DiskRoom.PLENTY;
        process().ifPresent(running -> running.disk(room));
    }

    void slowDisk(long nanos) {
        slowDiskUntil = world.timeline().now() + nanos;
    }

    void wallClock(long offsetMillis) {
        clock.offset(offsetMillis);
    }

    /** The disk is gone with all that was on it; the next process finds a blank one. */
    void wipe() {
        end("disk lost");
        disk = new MemoryDisk();
        storeId = new UUID(random.nextLong(), random.nextLong());
        engine.lose();
        durability = new DurabilityWatch();
        keptMap = Optional.empty();
        lostDisk = true;
        world.watch().diskLost(id);
    }

    /** Damages the log while nothing runs; false where there is too little of it. */
    boolean damage(Rot kind) {
        disk.forgive();
        rotten |= process == null && kind.strike(world, id, disk, random);
        return rotten;
    }

    /** Nothing goes wrong from now on. */
    void quiet() {
        pausedUntil = 0;
        slowDiskUntil = 0;
        effectsUntilDeath = -1;
        clock.quiet();
        disk.capacity(Long.MAX_VALUE);
        disk.forgive();
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
                                process.flushed(random.nextInt(3) > 0);
                            }
                            flushNowAndThen();
                        });
    }
}
