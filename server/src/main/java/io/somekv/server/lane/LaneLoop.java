package io.somekv.server.lane;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.collection.LongObjectHashMap;
import io.somekv.base.Invariant;
import io.somekv.node.Directions;
import io.somekv.node.GroupStatus;
import io.somekv.node.Lane;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneGauges;
import io.somekv.node.LaneInput;
import io.somekv.node.Wish;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Now;
import io.somekv.storage.rocks.EngineFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One lane on one network loop (DESIGN §9): the thread that reads a request from its socket also
 * steps the groups, applies, and writes the answer, so that the disk is the only hop on the way.
 *
 * <p>What arrives during an iteration of the loop is queued; when its I/O is done the lane takes
 * the queue as one batch. So many requests share one entry, one write to the log, and one write to
 * each socket. Then committed entries are applied, for a bounded time: what is left waits until the
 * sockets have been looked at again.
 *
 * <p>All methods belong to the loop's thread, but for those that say otherwise.
 */
public final class LaneLoop {
    private static final long TICK_MILLIS = 10;

    /** How often what other lanes may read is brought up to date. */
    private static final long LOOK_MILLIS = 1000;

    /** How long one batch may apply before I/O has its turn again. */
    private static final long APPLY_NANOS_MAX = 2_000_000;

    /** Whoever waits for an answer. Called on the loop. */
    @FunctionalInterface
    public interface Asker {
        /**
         * @param logTime of the group that answered; 0 when no leader was reached
         */
        void onAnswer(Outcome outcome, long logTime);
    }

    /** Gathers what it has to write, and writes it when a batch ends. */
    @FunctionalInterface
    public interface Output {
        void flush();
    }

    /** What a loop needs of its node. */
    public record Surroundings(
            LogWriter writer, LogReader reader, BulkWork bulk, LaneRim rim, Emergency emergency) {}

    private final int number;
    private final Lane lane;
    private final SingleThreadEventLoop loop;
    private final Surroundings node;
    private List<LaneLoop> lanes = List.of();

    private List<LaneInput> inputs = new ArrayList<>();
    private List<Output> outputs = new ArrayList<>();
    private final LongObjectHashMap<Asker> asked = new LongObjectHashMap<>();
    private long tokenLast;
    private boolean batchScheduled;
    private boolean wantsTurn;

    /** Completes when this lane has handed over what it led; null while it does not leave. */
    private @Nullable CompletableFuture<Void> leaving;

    /** Set once, on the loop: nothing is stepped any more. */
    private boolean stopped;

    /** Read by any thread. */
    private volatile @Nullable ClusterMap map;

    /** Read by any thread. */
    private volatile LaneGauges gauges = LaneGauges.NONE;

    public LaneLoop(int number, Lane lane, EventLoop loop, Surroundings node) {
        this.number = number;
        this.lane = lane;
        this.loop = (SingleThreadEventLoop) loop;
        this.node = node;
        this.map = lane.map().orElse(null);
    }

    /**
     * Begins to tick. Once, from any thread, before anything else is offered.
     *
     * @param all loops of the node, by number
     */
    public void start(List<LaneLoop> all) {
        lanes = List.copyOf(all);
        every(TICK_MILLIS, this::tick);
        every(LOOK_MILLIS, () -> gauges = lane.gauges(now()));
    }

    /**
     * Has other nodes lead what this lane leads, before the node stops: from any thread; completes
     * when they do, or could not be brought to within an election timeout.
     */
    public CompletableFuture<Void> leaveLeadership() {
        CompletableFuture<Void> left = new CompletableFuture<>();
        loop.execute(() -> {
            if (stopped) {
                left.complete(null);
            } else {
                leaving = left;
                offer(new LaneInput.LeaveLeadership());
            }
        });
        return left;
    }

    /** Ends stepping: from any thread; completes when nothing will be handed out any more. */
    public CompletableFuture<Void> stop() {
        return CompletableFuture.runAsync(() -> stopped = true, loop);
    }

    /** The lane that runs on {@code loop}. */
    public static LaneLoop on(EventLoop loop, List<LaneLoop> lanes) {
        for (LaneLoop lane : lanes) {
            if (lane.loop.equals(loop)) {
                return lane;
            }
        }
        throw Invariant.unreachable("a network loop without a lane");
    }

    /** Runs {@code task} on the loop again and again, until the loop ends; from any thread. */
    public void every(long millis, Runnable task) {
        Future<?> _ = loop.scheduleAtFixedRate(() -> guard(task), 0, millis, TimeUnit.MILLISECONDS);
    }

    private void guard(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            fail(e);
        }
    }

    public EventLoop eventLoop() {
        return loop;
    }

    public int number() {
        return number;
    }

    /** The newest cluster map this lane knows; from any thread. */
    public Optional<ClusterMap> map() {
        return Optional.ofNullable(map);
    }

    /** How many shards the cluster has; 0 while this lane knows of none. From any thread. */
    public int shardCount() {
        ClusterMap known = map;
        return known == null ? 0 : known.settings().shardCount();
    }

    /** All groups of this lane; from any thread. */
    public CompletableFuture<List<GroupStatus>> status() {
        return CompletableFuture.supplyAsync(this::statusNow, loop);
    }

    /** All groups of this lane. */
    public List<GroupStatus> statusNow() {
        return lane.status(now());
    }

    /** Where clients are sent. */
    public Directions directions() {
        return lane.directions();
    }

    /** Of all the node's lanes, as it was at most a second ago. */
    public LaneGauges gaugesOfNode() {
        return lanes.stream().map(each -> each.gauges).reduce(LaneGauges.NONE, LaneGauges::with);
    }

    /**
     * A digest of what a group of this lane has applied, for comparison between replicas; from any
     * thread. It walks the group's rows, and the lane stands still meanwhile.
     */
    public CompletableFuture<Optional<Long>> digest(long groupId) {
        return CompletableFuture.supplyAsync(() -> lane.digest(groupId), loop);
    }

    /** Queues an input for the batch that ends this iteration of the loop. */
    public void offer(LaneInput input) {
        inputs.add(input);
        scheduleBatch();
    }

    /** As {@link #offer}, from any other thread. */
    public void offerFromOutside(LaneInput input) {
        loop.execute(() -> offer(input));
    }

    /** Asks a group, {@link io.somekv.protocol.frame.Frame#ANY_GROUP} to route by the command. */
    public void ask(long groupId, Request request, Asker asker) {
        ask(groupId, request, ReadMode.LEADER, asker);
    }

    /** As {@link #ask(long, Request, Asker)}, with a say in who may answer a read. */
    public void ask(long groupId, Request request, ReadMode mode, Asker asker) {
        ask(Wish.of(groupId, request, mode), asker);
    }

    /** As above, for who has more to say about it. */
    public void ask(Wish wish, Asker asker) {
        offer(new LaneInput.Ask(expect(asker), wish));
    }

    /** Creates a replica on this node; answered as an ask is. */
    public void createReplica(long groupId, long replicaId, Membership membership, Asker asker) {
        offer(new LaneInput.CreateReplica(expect(asker), groupId, replicaId, membership));
    }

    /** Has another node lead a group; answered as an ask is. */
    public void transferLeadership(long groupId, long toNode, Asker asker) {
        offer(new LaneInput.TransferLeadership(expect(asker), groupId, toNode));
    }

    /** Has a member join or leave a group; answered as an ask is. */
    public void changeMembers(long groupId, MembershipChange change, Asker asker) {
        offer(new LaneInput.ChangeMembers(expect(asker), groupId, change));
    }

    /** Has {@code output} flushed when the batch ends. */
    public void flushAtEnd(Output output) {
        outputs.add(output);
        scheduleBatch();
    }

    private long expect(Asker asker) {
        asked.put(++tokenLast, asker);
        return tokenLast;
    }

    private static Now now() {
        return new Now(System.nanoTime(), System.currentTimeMillis());
    }

    private void tick() {
        offer(new LaneInput.Tick());
    }

    private void scheduleBatch() {
        if (!batchScheduled) {
            batchScheduled = true;
            loop.executeAfterEventLoopIteration(this::runBatch);
        }
    }

    /** The loop's edge: whatever is thrown below ends the node. */
    private void runBatch() {
        batchScheduled = false;
        if (stopped) {
            return;
        }
        try {
            stepInputs();
            flushOutputs();
            applyCommitted();
            flushOutputs();
            noticeLeft();
        } catch (Throwable e) {
            fail(e);
        }
    }

    /** Something that nobody expected happened on this loop: the node stops. */
    public void fail(Throwable cause) {
        stopped = true;
        if (leaving != null) {
            leaving.complete(null);
        }
        if (cause instanceof EngineFailure) {
            node.emergency.stop(
                    Emergency.EXIT_DISK,
                    cause.getMessage() + ". Look after the disk, then start the node again",
                    cause);
        } else {
            node.emergency.stop(
                    Emergency.EXIT_BUG,
                    "a bug met lane "
                            + number
                            + ". The data is as safe as after a crash; please report the lines"
                            + " below",
                    cause);
        }
    }

    private void stepInputs() {
        if (inputs.isEmpty()) {
            return;
        }
        List<LaneInput> batch = inputs;
        inputs = new ArrayList<>(batch.size());
        Now now = now();
        for (int i = 0; i < batch.size(); i++) {
            lane.step(now, batch.get(i));
        }
        carryOut(lane.effects(now));
        // Of a map that another lane of the node was the first to see, this one has no effect.
        map = lane.map().orElse(null);
    }

    private void applyCommitted() {
        Now now = now();
        long end = now.nanos() + APPLY_NANOS_MAX;
        while (wantsTurn && now.nanos() - end < 0) {
            wantsTurn = false;
            lane.step(now, new LaneInput.ApplyTurn());
            carryOut(lane.effects(now));
            now = now();
        }
        if (wantsTurn) {
            // Not a tail task: those run until none is left, and the sockets would wait.
            loop.execute(this::scheduleBatch);
        }
    }

    private void noticeLeft() {
        if (leaving != null && !lane.isLeaving()) {
            leaving.complete(null);
            leaving = null;
        }
    }

    private void flushOutputs() {
        List<Output> batch = outputs;
        if (batch.isEmpty()) {
            return;
        }
        outputs = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).flush();
        }
    }

    private void carryOut(List<LaneEffect> effects) {
        for (int i = 0; i < effects.size(); i++) {
            switch (effects.get(i)) {
                case LaneEffect.Append append -> node.writer.submit(this, append);
                case LaneEffect.Send send -> node.rim.send(this, send.nodeId(), send.frame());
                case LaneEffect.Answer answer -> answer(answer);
                case LaneEffect.ToLane toLane ->
                        lanes.get(toLane.lane())
                                .offerFromOutside(new LaneInput.FromLane(number, toLane.note()));
                case LaneEffect.FetchEntries fetch -> node.reader.read(this, fetch);
                case LaneEffect.WantsTurn _ -> wantsTurn = true;
                case LaneEffect.LeadershipChanged changed -> GroupNews.log(changed);
                case LaneEffect.ReadSnapshot read -> node.bulk.read(this, read);
                case LaneEffect.StageRows stage -> node.bulk.stage(this, stage);
                case LaneEffect.AbandonStaging abandoned -> node.bulk.abandon(abandoned);
                case LaneEffect.DropStore drop -> node.bulk.drop(drop.storeId());
                case LaneEffect.SnapshotInstalled installed -> GroupNews.log(installed);
                case LaneEffect.ReplicaRemoved removed -> GroupNews.log(removed);
                case LaneEffect.ShardDiffers differs -> GroupNews.log(differs);
                case LaneEffect.ShardAwaitsTime awaits -> GroupNews.log(awaits);
                case LaneEffect.MapChanged changed -> node.rim.mapChanged(changed.map());
            }
        }
    }

    private void answer(LaneEffect.Answer answer) {
        Asker asker = asked.remove(answer.token());
        if (asker == null) {
            throw Invariant.unreachable("nobody awaits the answer " + answer.token());
        }
        asker.onAnswer(answer.outcome(), answer.logTime());
    }
}
