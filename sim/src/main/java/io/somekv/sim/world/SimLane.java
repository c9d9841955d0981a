package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.node.GroupStatus;
import io.somekv.node.Lane;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Entry;
import io.somekv.raft.Now;
import io.somekv.raft.ReplicaStatus;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * One lane in one life of its node, and the loop around it: inputs queue up, the loop takes a
 * batch, steps, and carries out the effects one by one. Whatever production answers inline is
 * answered after a delay here.
 */
final class SimLane {
    private static final int BATCH_MAX = 64;

    /** Every so many applied entries the states of replicas are compared as a whole. */
    private static final int DIGEST_EVERY = 64;

    private final World world;
    private final SimNode node;
    private final NodeProcess process;
    private final int number;
    private final Lane lane;
    private final SplittableRandom random;
    private final ArrayDeque<LaneInput> inputs = new ArrayDeque<>();

    /** Applied index at which a group's state was last compared with other replicas. */
    private final TreeMap<Long, Long> comparedAt = new TreeMap<>();

    private final TreeMap<Long, Long> seenApplied = new TreeMap<>();
    private boolean scheduled;

    /** Until then the thread for snapshots has work. */
    private long bulkUntil;

    private boolean wasPaused;

    /** Inputs that came in a pause and still wait. */
    private int catchingUp;

    SimLane(World world, SimNode node, NodeProcess process, int number, Lane lane) {
        this.world = world;
        this.node = node;
        this.process = process;
        this.number = number;
        this.lane = lane;
        this.random = world.fork();
        tick();
    }

    Lane lane() {
        return lane;
    }

    /** A timer that was due in a pause fires once behind it, however often it was due. */
    private void tick() {
        if (node.pausedNanos() == 0) {
            post(new LaneInput.Tick());
        }
        long nanos = world.scenario().tickNanos();
        node.after(nanos / 2 + random.nextLong(nanos), this::tick);
    }

    void post(LaneInput input) {
        inputs.add(input);
        if (!scheduled) {
            scheduled = true;
            node.after(10_000 + random.nextLong(90_000) + node.pausedNanos(), this::run);
        }
    }

    void postAfter(long nanos, LaneInput input) {
        node.after(nanos, () -> post(input));
    }

    private void run() {
        long paused = node.pausedNanos();
        if (paused > 0) {
            wasPaused = true;
            node.after(paused, this::run);
            return;
        }
        if (wasPaused) {
            wasPaused = false;
            mixSources();
            catchingUp = inputs.size();
        }
        scheduled = false;
        Now now = node.now();
        int size = Math.min(inputs.size(), catchingUp > 0 ? burst() : BATCH_MAX);
        catchingUp -= size;
        world.trace().event(Trace.Kind.INPUT, node.id(), number * 100L + size, () -> words(size));
        for (int i = 0; i < size; i++) {
            lane.step(now, inputs.remove());
        }
        List<LaneEffect> effects = lane.effects(now);
        for (LaneEffect effect : effects) {
            if (effect instanceof LaneEffect.Append append) {
                node.handedOut(append.records());
            }
        }
        observe(now);
        for (LaneEffect effect : effects) {
            if (node.diesBeforeEffect()) {
                return;
            }
            perform(effect);
        }
        if (!inputs.isEmpty() && !scheduled) {
            scheduled = true;
            node.after(10_000 + random.nextLong(50_000), this::run);
        }
    }

    /** What a loop finds at one source before it looks at the next is a batch of its own. */
    private int burst() {
        long source = sourceOf(inputs.getFirst());
        int size = 0;
        for (LaneInput input : inputs) {
            if (sourceOf(input) != source || size == BATCH_MAX) {
                break;
            }
            size++;
        }
        return size;
    }

    /**
     * After a pause every connection has bytes to read, and a loop reads them in any order, a burst
     * from each: what came from one source stays in order, and nothing else does.
     */
    private void mixSources() {
        TreeMap<Long, ArrayDeque<LaneInput>> bySource = new TreeMap<>();
        int left = inputs.size();
        for (LaneInput input : inputs) {
            bySource.computeIfAbsent(sourceOf(input), _ -> new ArrayDeque<>()).add(input);
        }
        inputs.clear();
        List<ArrayDeque<LaneInput>> sources = List.copyOf(bySource.values());
        while (left > 0) {
            ArrayDeque<LaneInput> source = sources.get(random.nextInt(sources.size()));
            for (int burst = random.nextInt(BATCH_MAX); burst >= 0 && !source.isEmpty(); burst--) {
                inputs.add(source.remove());
                left--;
            }
        }
    }

    private static long sourceOf(LaneInput input) {
        return switch (input) {
            case LaneInput.FromPeer peer -> peer.nodeId();
            case LaneInput.PeerUp peer -> peer.nodeId();
            case LaneInput.Ask _,
                    LaneInput.CreateReplica _,
                    LaneInput.TransferLeadership _,
                    LaneInput.ChangeMembers _,
                    LaneInput.LeaveLeadership _,
                    LaneInput.Disk _,
                    LaneInput.Learned _ ->
                    -1;
            case LaneInput.FromLane _ -> -2;
            case LaneInput.Appended _ -> -3;
            case LaneInput.Tick _, LaneInput.Fetched _, LaneInput.ApplyTurn _ -> -4;
            case LaneInput.SnapshotRead _, LaneInput.RowsStaged _, LaneInput.Flushed _ -> -5;
        };
    }

    private void perform(LaneEffect effect) {
        switch (effect) {
            case LaneEffect.Append append -> process.log().append(this, append);
            case LaneEffect.Send send -> send(send.nodeId(), send.frame());
            case LaneEffect.Answer answer -> process.answer(answer);
            case LaneEffect.ToLane to ->
                    process.lane(to.lane())
                            .postAfter(
                                    random.nextLong(100_000),
                                    new LaneInput.FromLane(number, to.note()));
            case LaneEffect.FetchEntries fetch ->
                    node.after(random.nextLong(5_000_000), () -> fetch(fetch));
            case LaneEffect.WantsTurn _ ->
                    postAfter(random.nextLong(node.applyNanosMax()), new LaneInput.ApplyTurn());
            case LaneEffect.LeadershipChanged _,
                    LaneEffect.ReplicaRemoved _,
                    LaneEffect.ShardDiffers _,
                    LaneEffect.ShardAwaitsTime _,
                    LaneEffect.SnapshotInstalled _ -> {}
            case LaneEffect.ReadSnapshot read ->
                    node.after(
                            random.nextLong(5_000_000),
                            () ->
                                    post(
                                            new LaneInput.SnapshotRead(
                                                    read.groupId(),
                                                    read.replicaId(),
                                                    read.pin(),
                                                    read.part(),
                                                    read.piece())));
            case LaneEffect.StageRows stage -> bulk(() -> post(stage.carryOut()));
            case LaneEffect.AbandonStaging abandoned ->
                    bulk(() -> {
                        abandoned.staging().abandon();
                        // It may have been finished meanwhile.
                        node.drop(abandoned.storeId());
                    });
            case LaneEffect.DropStore drop ->
                    node.after(random.nextLong(5_000_000), () -> node.drop(drop.storeId()));
            case LaneEffect.MapChanged changed -> node.keep(changed.map());
        }
    }

    /** As on the one thread for snapshots: in order, each some time after the one before. */
    private void bulk(Runnable work) {
        long now = world.timeline().now();
        bulkUntil = Math.max(now, bulkUntil) + 1 + random.nextLong(5_000_000);
        node.after(bulkUntil - now, work);
    }

    private void send(long to, Frame frame) {
        Bytes bytes = FrameCodec.encode(frame);
        if (frame instanceof Frame.Consensus consensus) {
            for (Envelope envelope : ConsensusCodec.decode(consensus.messages())) {
                world.watch().sent(envelope.groupId(), envelope.message());
            }
        }
        node.network().send(node.id(), to, bytes, Connections.of(frame));
    }

    private void fetch(LaneEffect.FetchEntries wanted) {
        try {
            List<Entry> entries =
                    process.wal()
                            .read(
                                    wanted.groupId(),
                                    wanted.fetch().from(),
                                    wanted.fetch().to(),
                                    wanted.fetch().sizeMax());
            world.watch().readBack(wanted.groupId(), entries);
            postAfter(
                    random.nextLong(5_000_000),
                    new LaneInput.Fetched(wanted.groupId(), wanted.fetch(), entries));
        } catch (IOException e) {
            node.onLogFailure(e);
        }
    }

    private void observe(Now now) {
        for (GroupStatus status : lane.status(now)) {
            world.watch().observed(node.id(), status);
            long applied = status.applied();
            if (applied > 0 && seenApplied.getOrDefault(status.groupId(), 0L) != applied) {
                seenApplied.put(status.groupId(), applied);
                node.applied(status.groupId(), applied);
            }
            boolean due =
                    status.applied() % DIGEST_EVERY == 0
                            && !status.shards().states().isEmpty()
                            && comparedAt.getOrDefault(status.groupId(), 0L) != status.applied();
            if (due) {
                comparedAt.put(status.groupId(), status.applied());
                compareDigest(status);
            }
        }
    }

    /** Compares this replica's whole state with what others had at the same index. */
    void compareDigest(GroupStatus status) {
        lane.digest(status.groupId())
                .ifPresent(digest ->
                        world.watch()
                                .digest(node.id(), status.groupId(), status.applied(), digest));
    }

    boolean leadsSomething() {
        for (GroupStatus status : lane.status(node.now())) {
            if (status.replica().role() == ReplicaStatus.Role.LEADER) {
                return true;
            }
        }
        return false;
    }

    private String words(int size) {
        StringBuilder text = new StringBuilder("lane ").append(number).append(':');
        int left = size;
        for (LaneInput input : inputs) {
            if (left-- == 0) {
                break;
            }
            text.append(' ').append(input.getClass().getSimpleName());
        }
        return text.toString();
    }

    /** The records of an append, for those who must know which rows belong to which group. */
    static void learnStores(WatchedEngine engine, List<GroupRecord> records) {
        records.forEach(record -> engine.belongs(record.storeId(), record.groupId()));
    }
}
