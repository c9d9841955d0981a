package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.node.GroupStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.AppendHistory;
import io.somekv.sim.check.Breach;
import io.somekv.sim.check.ClusterWatch;
import io.somekv.sim.check.History;
import io.somekv.sim.check.Linearizability;
import io.somekv.sim.check.LogTimeBounds;
import io.somekv.sim.check.MoveStep;
import io.somekv.sim.check.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The course of a run: set up a cluster, let clients work while things go wrong, let it heal (in
 * some runs a core at first, a majority of each group, in which all requests must end and all keys
 * be read), see that all requests end and all replicas agree, then judge the history.
 */
public final class SimCluster {
    /** More than enough for elections, and for every request to find its deadline. */
    private static final long PATIENCE = 120 * SECOND;

    private static final long SEARCH_STEPS_MAX = 2_000_000;

    private final Timeline timeline = new Timeline();
    private final Trace trace;
    private final World world;
    private final List<SimNode> nodes = new ArrayList<>();
    private final History history;
    private final List<SessionClient> sessions = new ArrayList<>();
    private final Network network;
    private final MoveTally tally = new MoveTally();
    private final FaultInjector faults;
    private final Workload workload;
    private final Admin admin;
    private final MemberAdmin members;
    private final DiskReplacement replacement;
    private final Optional<Repartition> repartition;

    /**
     * @param reader gets every event as a line
     */
    public SimCluster(
            long seed,
            Scenario.Draw draw,
            Set<Mutation> mutations,
            Optional<Consumer<String>> reader) {
        this(seed, Scenario.draw(draw, new SplittableRandom(seed).split()), mutations, reader);
    }

    /** A run of a scenario that was not drawn. */
    public SimCluster(
            long seed,
            Scenario scenario,
            Set<Mutation> mutations,
            Optional<Consumer<String>> reader) {
        SplittableRandom random = new SplittableRandom(seed);
        random.split();
        trace =
                reader.isPresent()
                        ? Trace.readable(timeline, reader.get())
                        : Trace.hashOnly(timeline);
        trace.event(Trace.Kind.FAULT, 0, seed, () -> "seed " + seed + " " + scenario);
        world = new World(timeline, trace, new ClusterWatch(), scenario, random, mutations);
        history = new History(world::trueMillis);
        network = new Network(world);
        for (long id = 1; id <= scenario.nodes(); id++) {
            nodes.add(new SimNode(world, network, id));
        }
        faults = new FaultInjector(world, network, nodes, tally);
        world.watch().onMoveStep(this::onMoveStep);
        admin = new Admin(world, nodes);
        members = new MemberAdmin(world, nodes);
        replacement = new DiskReplacement(world, nodes);
        workload = new Workload(world, history);
        for (int i = 0; i < scenario.plain(); i++) {
            workload.add(new PlainClient(world, nodes));
        }
        for (int i = 0; i < scenario.sessions(); i++) {
            List<SimNode> given = new ArrayList<>(nodes);
            if (i % 2 == 1) {
                // It has this one from the cluster map.
                given.remove(i % nodes.size());
            }
            SessionClient client =
                    new SessionClient(world, network, nodes, given, Trace.SESSIONS_FROM + i);
            sessions.add(client);
            workload.add(client);
        }
        // Made last, and only where it is wanted: it takes chance from the run's source.
        repartition =
                scenario.turnNanos().isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Repartition(world, network, nodes));
    }

    private void onMoveStep(MoveStep.Taken taken) {
        trace.remark(taken::toString);
        tally.onStep(taken);
        faults.onMoveStep(taken);
    }

    /** Runs to the end; throws what a watch or a checker throws. */
    public void run() {
        nodes.forEach(SimNode::start);
        network.connectNodes();
        admin.setUp();
        int shards = world.scenario().shards();
        until(
                "the cluster is set up",
                () -> admin.isIdle() && world.watch().shardsServed() == shards);
        trace.remark(() -> "---- the cluster is set up");

        sessions.forEach(SessionClient::connect);
        workload.start();
        faults.begin();
        admin.keepMoving();
        replacement.begin();
        repartition.ifPresent(Repartition::begin);
        if (world.scenario().changesMembers()) {
            members.begin();
        }
        long end = timeline.now() + world.scenario().faultNanos();
        until("time goes by", () -> timeline.now() >= end);
        trace.remark(() -> "---- faults end");

        admin.stop();
        members.stop();
        repartition.ifPresent(Repartition::end);
        if (world.scenario().healsCoreFirst()) {
            runInCore(faults.endInCore(admin));
        }
        faults.end();
        long calm = timeline.now() + 2 * SECOND;
        until("a calm moment", () -> timeline.now() >= calm);
        until("a group is in that can have the shards", admin::isIdle);
        until("nodes on blank disks have their places again", replacement::isDone);
        workload.stop();
        until("all requests end", workload::isIdle);
        workload.readAll(new PlainClient(world, nodes));
        until("all keys can be read", workload::isIdle);
        until("shards on their way have arrived", this::isAtRest);
        until("replicas have applied the same", this::haveConverged);
        judge();
    }

    /** The others may be gone for good: all requests must end, and all keys can be read. */
    private void runInCore(List<SimNode> core) {
        trace.remark(() -> "---- a core is healed");
        long calm = timeline.now() + 2 * SECOND;
        until("a calm moment", () -> timeline.now() >= calm);
        until("a group is in that can have the shards", admin::isIdle);
        workload.stop();
        until("all requests end where only a core is healed", workload::isIdle);
        workload.readAll(new PlainClient(world, core));
        until("all keys can be read from a healed core", workload::isIdle);
    }

    private void until(String what, BooleanSupplier done) {
        long limit = timeline.now() + PATIENCE;
        while (!done.getAsBoolean()) {
            if (!timeline.step() || timeline.now() > limit) {
                throw new Breach(
                        "no progress: waited in vain until "
                                + what
                                + "; the admin is at "
                                + admin.at()
                                + behind()
                                + world.watch().onTheirWay());
            }
        }
    }

    /** Whether each shard is where it is to be, and nothing of its way there is left. */
    private boolean isAtRest() {
        ClusterWatch watch = world.watch();
        return watch.shardsOnTheirWay() == 0 && watch.shardsServed() == world.scenario().shards();
    }

    /** Whether all replicas that run have applied everything that is committed, and agree on it. */
    private boolean haveConverged() {
        TreeMap<Long, Long> digests = new TreeMap<>();
        for (SimNode node : nodes) {
            for (var lane : node.lanes()) {
                for (GroupStatus status : lane.status(node.now())) {
                    long group = status.groupId();
                    if (status.applied() < world.watch().committed(group)) {
                        return false;
                    }
                    Optional<Long> digest = lane.digest(group);
                    if (digest.isPresent()) {
                        Long first = digests.putIfAbsent(group, digest.get());
                        if (first != null && !first.equals(digest.get())) {
                            throw new Breach("group " + group + ": replicas ended in two states");
                        }
                    }
                }
            }
        }
        return true;
    }

    /** Replicas that have not applied what is committed, for people. */
    private String behind() {
        StringBuilder text = new StringBuilder();
        for (SimNode node : nodes) {
            for (var lane : node.lanes()) {
                for (GroupStatus status : lane.status(node.now())) {
                    long committed = world.watch().committed(status.groupId());
                    if (status.applied() < committed) {
                        text.append("; node ")
                                .append(node.id())
                                .append(" group ")
                                .append(status.groupId())
                                .append(": ")
                                .append(status.replica())
                                .append(" of ")
                                .append(committed)
                                .append(' ')
                                .append(status.membership());
                    }
                }
            }
        }
        return text.toString();
    }

    private static LogTimeBounds logTimeBounds(Scenario scenario) {
        if (!scenario.anyClockWrong()) {
            return LogTimeBounds.CLOCKS_RIGHT;
        }
        return scenario.replicas() <= 3
                ? LogTimeBounds.CLOCKS_WRONG
                : LogTimeBounds.CLOCKS_OF_A_QUORUM_WRONG;
    }

    private void judge() {
        LogTimeBounds bounds = logTimeBounds(world.scenario());
        for (Subject subject : workload.subjects()) {
            List<Operation> operations = history.of(subject.name());
            if (subject.kind() == Subject.Kind.LOG) {
                Bytes last = lastRead(operations);
                operations = AppendHistory.settled(operations, last);
                AppendHistory.check(operations, last)
                        .ifPresent(wrong -> {
                            throw new Breach("key " + subject.name() + ": " + wrong);
                        });
            }
            switch (Linearizability.check(operations, bounds, SEARCH_STEPS_MAX)) {
                case Linearizability.Verdict.Linearizable _ -> {}
                case Linearizability.Verdict.Violated violated ->
                        throw new Breach("not linearizable: " + violated.stuckAt());
                case Linearizability.Verdict.Undecided undecided ->
                        throw new Breach(
                                "key " + subject.name() + ": undecided after " + undecided.steps());
            }
        }
    }

    private static Bytes lastRead(List<Operation> operations) {
        Operation last = operations.getFirst();
        for (Operation operation : operations) {
            boolean isRead = operation.command() instanceof Command.Get;
            if (isRead && operation.called() >= last.called()) {
                last = operation;
            }
        }
        return last.outcome().orElseThrow() instanceof Outcome.Value(Bytes value)
                ? value
                : Bytes.EMPTY;
    }

    /** The history so far. */
    public History history() {
        return history;
    }

    /** Of the {@link Repartition}: each turn that is over. */
    public List<Repartition.Turn> turns() {
        return repartition.map(Repartition::turns).orElse(List.of());
    }

    /** How often each kind of fault struck. */
    public Map<Fault, Integer> struck() {
        return faults.struck();
    }

    /** What moved. */
    public MoveCounts moves() {
        return tally.counts();
    }

    public long traceHash() {
        return trace.hash();
    }

    public long events() {
        return timeline.happened();
    }

    /** Simulated time so far. */
    public long nanos() {
        return timeline.now();
    }
}
