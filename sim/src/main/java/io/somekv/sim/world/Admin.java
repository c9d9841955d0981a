package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;
import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/**
 * Who sets the cluster up, as `somekv cluster` does it: one step after the other, each tried until
 * it is done, since each may be done twice.
 */
public final class Admin {
    private record Step(
            String name, Consumer<Consumer<Outcome>> attempt, Predicate<Outcome> done) {}

    /** After {@link #stop} the only step that is tried until it is done. */
    private static final String LAST = "join, once more";

    private final World world;
    private final List<SimNode> nodes;
    private final Client client;
    private final SplittableRandom random;
    private final ArrayDeque<Step> steps = new ArrayDeque<>();

    /** Groups that have their replicas, whoever its members are by now. */
    private final TreeSet<Long> created = new TreeSet<>();

    private boolean running;
    private boolean stopped;

    Admin(World world, List<SimNode> nodes) {
        this.world = world;
        this.nodes = nodes;
        this.client = new PlainClient(world, nodes);
        this.random = world.fork();
    }

    boolean isIdle() {
        return steps.isEmpty();
    }

    /** What it is at, for people. */
    String at() {
        return steps.isEmpty() ? "nothing" : steps.getFirst().name;
    }

    /**
     * From blank disks to a cluster in which all shards have an owner: all groups are in, or all
     * but the last where they come and go.
     */
    void setUp() {
        Scenario scenario = world.scenario();
        setUp(scenario.moves().any() ? scenario.dataGroups() - 1 : scenario.dataGroups());
    }

    /** As above, with the first so many groups in. */
    void setUp(int groups) {
        Scenario scenario = world.scenario();
        createReplicas(spec(GroupSpec.MASTER));
        GroupSettings settings = GroupSettings.defaults(scenario.shards());
        Command start =
                new Command.StartCluster(
                        new UUID(7, 7),
                        scenario.shards(),
                        settings,
                        nodes.stream().map(SimNode::info).toList());
        ask("start the cluster", start, Admin::executed);
        add("spread the map", this::spreadMap, outcome -> outcome instanceof Outcome.Ok);
        if (groups > 0) {
            join(LongStream.rangeClosed(1, groups).boxed().toList());
        }
    }

    void join(List<Long> groups) {
        create(groups);
        ask("join", new Command.Join(groups.stream().map(this::spec).toList()), Admin::executed);
    }

    /** Groups that never were in get their replicas. */
    void create(List<Long> groups) {
        for (long group : groups) {
            if (created.add(group)) {
                createReplicas(spec(group));
            }
        }
    }

    void leave(List<Long> groups) {
        ask("leave", new Command.Leave(groups), Admin::executed);
    }

    void move(int shard, long group) {
        ask("move", new Command.Move(shard, group), Admin::executed);
    }

    /**
     * Groups join and leave and shards move, now and then, one try each. The first group is in at
     * the end: without any group there would be nobody to read the keys from.
     */
    void keepMoving() {
        long gap = world.scenario().moves().gapNanosMax();
        world.timeline()
                .after(
                        gap / 15 + random.nextLong(gap),
                        () -> {
                            if (stopped) {
                                return;
                            }
                            if (isIdle() && world.scenario().moves().any()) {
                                moveSomething();
                            }
                            keepMoving();
                        });
    }

    private void moveSomething() {
        int shard = random.nextInt(world.scenario().shards());
        switch (random.nextInt(9)) {
            case 0 -> tryJoin(anyGroup());
            case 1 -> tryLeave(anyGroup());
            case 2 -> {
                for (int i = random.nextInt(2, 6); i > 0; i--) {
                    joinOrLeave();
                }
            }
            case 3, 4 -> {
                long there = anyGroup();
                long back = anyGroup();
                for (int i = random.nextInt(2, 4); i > 0; i--) {
                    tryMove(shard, i % 2 == 0 ? there : back);
                    pause(2 * SECOND);
                }
            }
            case 5 -> {
                if (world.scenario().moves().allLeave()) {
                    emptyForAWhile();
                }
            }
            default -> tryMove(shard, anyGroup());
        }
    }

    private long anyGroup() {
        return 1L + random.nextInt(world.scenario().dataGroups());
    }

    private void joinOrLeave() {
        if (random.nextBoolean()) {
            tryJoin(anyGroup());
        } else {
            tryLeave(anyGroup());
        }
        pause(SECOND);
    }

    private void tryJoin(long group) {
        create(List.of(group));
        ask("join", new Command.Join(List.of(spec(group))), _ -> true);
    }

    private void tryLeave(long group) {
        if (group > 1) {
            ask("leave", new Command.Leave(List.of(group)), _ -> true);
        }
    }

    private void tryMove(int shard, long group) {
        ask("move", new Command.Move(shard, group), _ -> true);
    }

    /** No group is to have any shard; later some are. */
    private void emptyForAWhile() {
        for (long group = world.scenario().dataGroups(); group >= 1; group--) {
            ask("leave, all of them", new Command.Leave(List.of(group)), _ -> true);
        }
        pause(4 * SECOND);
        tryJoin(anyGroup());
    }

    private void pause(long nanosMax) {
        long nanos = random.nextInt(3) == 0 ? 0 : random.nextLong(nanosMax);
        add(
                "pause",
                done -> world.timeline().after(nanos, () -> done.accept(new Outcome.Ok())),
                _ -> true);
    }

    /** Whether these nodes have a majority of every group, if no group has changed its members. */
    boolean hasMajorities(List<SimNode> some) {
        for (long group = 0; group <= world.scenario().dataGroups(); group++) {
            List<GroupSpec.Replica> replicas = spec(group).replicas();
            long there =
                    replicas.stream()
                            .filter(r -> some.contains(nodes.get((int) r.nodeId() - 1)))
                            .count();
            if (there <= replicas.size() / 2) {
                return false;
            }
        }
        return true;
    }

    /** Gives up what is not yet begun; where all groups may have left, one is to be in. */
    void stop() {
        stopped = true;
        while (steps.size() > 1) {
            steps.removeLast();
        }
        if (world.scenario().moves().any()) {
            keepIn();
        }
    }

    /**
     * A leave with an unknown outcome may still be executed later: whenever no group is in, one
     * joins again.
     */
    private void keepIn() {
        Command join = new Command.Join(List.of(spec(1)));
        add(LAST, then -> atAnyDoor(join, then), Admin::executed);
        world.timeline().after(SECOND, this::lookWhetherIn);
    }

    private void lookWhetherIn() {
        atAnyDoor(
                new Command.QueryConfig(-1),
                outcome -> {
                    boolean isEmpty =
                            outcome instanceof Outcome.Cluster cluster
                                    && cluster.map().config().groups().isEmpty();
                    if (isEmpty && isIdle()) {
                        keepIn();
                    } else {
                        world.timeline().after(SECOND, this::lookWhetherIn);
                    }
                });
    }

    /** The one of before may be that of a node which is left out. */
    private void atAnyDoor(Command command, Consumer<Outcome> then) {
        new PlainClient(world, nodes).execute(command, then);
    }

    private void createReplicas(GroupSpec spec) {
        List<Member> members = new ArrayList<>();
        for (GroupSpec.Replica replica : spec.replicas()) {
            SimNode node = nodes.get((int) replica.nodeId() - 1);
            members.add(new Member(replica.replicaId(), node.id(), node.storeId()));
        }
        Membership membership = Membership.of(members);
        for (Member member : members) {
            SimNode node = nodes.get((int) member.nodeId() - 1);
            add(
                    "create replica " + member.replicaId() + " of group " + spec.groupId(),
                    done ->
                            createReplica(
                                    node, spec.groupId(), member.replicaId(), membership, done),
                    outcome ->
                            outcome instanceof Outcome.Ok
                                    || node.isDamaged()
                                    || !node.storeId().equals(member.storeId()));
        }
    }

    private void createReplica(
            SimNode node,
            long groupId,
            long replicaId,
            Membership membership,
            Consumer<Outcome> done) {
        NodeProcess door = node.process().orElse(null);
        if (door == null) {
            done.accept(new Outcome.NotLeader(0));
        } else {
            door.createReplica(
                    groupId, replicaId, membership, answer -> done.accept(answer.outcome()));
        }
    }

    /** Data groups have replica ids that differ from node ids: nobody takes one for the other. */
    GroupSpec spec(long group) {
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        for (long node : world.scenario().nodesOf(group)) {
            long id = group == GroupSpec.MASTER ? node : 10 * group + replicas.size();
            replicas.add(new GroupSpec.Replica(id, node));
        }
        return new GroupSpec(group, replicas);
    }

    private void spreadMap(Consumer<Outcome> done) {
        client.execute(
                new Command.QueryConfig(-1),
                outcome -> {
                    if (outcome instanceof Outcome.Cluster cluster) {
                        nodes.forEach(
                                node -> node.process().ifPresent(p -> p.learn(cluster.map())));
                        done.accept(new Outcome.Ok());
                    } else {
                        done.accept(outcome);
                    }
                });
    }

    private static boolean executed(Outcome outcome) {
        return outcome instanceof Outcome.Result;
    }

    private void ask(String name, Command command, Predicate<Outcome> done) {
        add(name, then -> client.execute(command, then), done);
    }

    private void add(String name, Consumer<Consumer<Outcome>> attempt, Predicate<Outcome> done) {
        steps.add(new Step(name, attempt, done));
        if (!running) {
            running = true;
            next(0);
        }
    }

    private void next(long wait) {
        if (steps.isEmpty()) {
            running = false;
            return;
        }
        Step step = steps.getFirst();
        world.timeline()
                .after(
                        wait,
                        () ->
                                step.attempt.accept(outcome -> {
                                    world.trace().remark(() -> step.name + ": " + outcome);
                                    boolean isGivenUp = stopped && !step.name.equals(LAST);
                                    boolean isDone = isGivenUp || step.done.test(outcome);
                                    if (isDone) {
                                        steps.removeFirst();
                                    }
                                    next(isDone ? MILLISECOND : 200 * MILLISECOND);
                                }));
    }
}
