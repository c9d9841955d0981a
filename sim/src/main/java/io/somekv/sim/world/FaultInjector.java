package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;
import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.sim.check.MoveStep;
import io.somekv.storage.disk.DiskOperation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/** Lets things go wrong, one after the other, as the scenario says; then lets the world heal. */
final class FaultInjector {
    private static final long DAY_MILLIS = 86_400_000L;

    private final World world;
    private final Network network;
    private final List<SimNode> nodes;
    private final List<Fault> kinds;
    private final SplittableRandom random;
    private final EnumMap<Fault, Integer> struck = new EnumMap<>(Fault.class);
    private final MoveTally tally;
    private final MoveAim aim;
    private boolean active;

    /** Nodes that are not started while only a core is healed. */
    private final List<SimNode> heldDown = new ArrayList<>();

    /**
     * One node in a run at most loses what it had synced: the others are a quorum of all groups.
     */
    private boolean anyDiskLost;

    /** A log is damaged, whether its node has found it out yet or not. */
    private boolean anyRot;

    /**
     * @param tally told of each strike
     */
    FaultInjector(World world, Network network, List<SimNode> nodes, MoveTally tally) {
        this.world = world;
        this.tally = tally;
        this.network = network;
        this.nodes = nodes;
        this.kinds = List.copyOf(world.scenario().faults());
        this.random = world.fork();
        this.aim = new MoveAim(world, nodes, this::strikeAtMove);
        for (SimNode node : nodes) {
            node.onEnd(() -> startLater(node));
        }
        if (world.scenario().clocks().wrong()) {
            minority().forEach(this::setWrongClock);
        }
    }

    void begin() {
        active = true;
        network.links(world.scenario().links());
        plan();
    }

    void onMoveStep(MoveStep.Taken taken) {
        aim.onStep(taken);
    }

    /** How often each kind of fault struck. */
    Map<Fault, Integer> struck() {
        return struck;
    }

    /**
     * Nothing goes wrong any more among the nodes of a core, which has a majority of every group;
     * the others stay down, or hear nobody and are heard by nobody.
     */
    List<SimNode> endInCore(Admin admin) {
        List<SimNode> core = new ArrayList<>(nodes);
        List<SimNode> leaving = new ArrayList<>(nodes);
        Collections.shuffle(leaving, new Random(random.nextLong()));
        for (SimNode node : leaving) {
            core.remove(node);
            if (!admin.hasMajorities(core)) {
                core.add(node);
            }
        }
        core.sort(Comparator.comparingLong(SimNode::id));
        end();
        if (core.size() < nodes.size()) {
            setClocksRight();
        }
        for (SimNode node : nodes) {
            if (!core.contains(node)) {
                world.trace().remark(() -> "node " + node.id() + " is not of the healed core");
                leaveOut(node);
            }
        }
        return core;
    }

    private void leaveOut(SimNode node) {
        if (random.nextBoolean()) {
            heldDown.add(node);
            node.kill();
        } else {
            cutOff(node);
        }
    }

    /** Everything works again, except for what is broken for good. */
    void end() {
        active = false;
        aim.disarm();
        heldDown.clear();
        network.quiet();
        if (world.scenario().changesMembers() || anyRot) {
            setClocksRight();
        }
        for (SimNode node : nodes) {
            node.quiet();
            node.nearlyFull(false);
            startLater(node);
        }
    }

    /**
     * For groups that may have no quorum of right clocks: nobody vouches for the time that a shard
     * on its way may have to wait for (docs/decisions/0011; seeds 2757, 1883177794136965158).
     */
    private void setClocksRight() {
        if (world.scenario().moves().any()) {
            nodes.forEach(node -> node.wallClock(0));
        }
    }

    /** A process manager brings nodes back, after a while, as often as it takes. */
    private void startLater(SimNode node) {
        long wait = active ? 50 * MILLISECOND + random.nextLong(4 * SECOND) : 100 * MILLISECOND;
        world.timeline()
                .after(
                        wait,
                        () -> {
                            if (heldDown.contains(node)) {
                                return;
                            }
                            node.start();
                            if (!node.isUp() && !node.isDamaged()) {
                                startLater(node);
                            }
                        });
    }

    private void plan() {
        if (kinds.isEmpty()) {
            return;
        }
        long gap = (long) (-Math.log(1 - random.nextDouble()) * world.scenario().gapNanos());
        world.timeline()
                .after(
                        Math.min(gap, 10 * SECOND),
                        () -> {
                            if (active) {
                                strike(kinds.get(random.nextInt(kinds.size())));
                                plan();
                            }
                        });
    }

    private void strike(Fault fault) {
        SimNode node = preferLeader();
        world.trace()
                .event(
                        Trace.Kind.FAULT,
                        0,
                        fault.name().hashCode() * 100L + node.id(),
                        () -> fault + " (node " + node.id() + " if it is one)");
        boolean isLoss = fault.losesDisk();
        if (isLoss && anyDiskLost) {
            return;
        }
        boolean hits = carryOut(fault, node);
        anyDiskLost |= isLoss && hits;
        if (hits) {
            struck.merge(fault, 1, Integer::sum);
            tally.onStrike();
        }
    }

    private void strikeAtMove(SimNode node) {
        if (!active) {
            return;
        }
        world.trace().remark(() -> "AT_MOVE strikes at node " + node.id());
        switch (random.nextInt(6)) {
            case 0 -> node.kill();
            case 1 -> node.cutPower();
            case 2 -> node.dieAtEffect(random.nextInt(4));
            case 3 -> isolate(node);
            case 4 -> node.pause(100 * MILLISECOND + random.nextLong(4 * SECOND));
            default -> node.leaveLeadership();
        }
        struck.merge(Fault.AT_MOVE, 1, Integer::sum);
        tally.onStrike();
    }

    /** False where it had nothing to strike at. */
    private boolean carryOut(Fault fault, SimNode node) {
        switch (fault) {
            case KILL -> node.kill();
            case POWER_CUT -> node.cutPower();
            case CRASH_AT_EFFECT -> node.dieAtEffect(random.nextInt(60));
            case CUT_IN_WRITE -> node.cutPowerInWrite(1 + random.nextInt(6));
            case ALL_AT_ONCE -> nodes.forEach(SimNode::cutPower);
            case SPLIT -> split();
            case ONE_WAY -> oneWay();
            case ISOLATE -> isolate(node);
            case BRIDGE -> bridge();
            case STORM -> storm();
            case SLOW_DISK -> node.slowDisk(SECOND + random.nextLong(8 * SECOND));
            case STALL_CUT_OFF -> {
                node.slowDisk(2 * SECOND + random.nextLong(6 * SECOND));
                isolate(node);
            }
            case SYNC_FAILURE -> node.failDisk(DiskOperation.SYNC, 1);
            case WRITE_FAILURE -> node.failDisk(DiskOperation.WRITE, 1 + random.nextInt(3));
            case READ_FAILURE -> node.failDisk(DiskOperation.READ, 1 + random.nextInt(3));
            case FULL_DISK -> node.fillDisk(SECOND + random.nextLong(6 * SECOND));
            case NEARLY_FULL_DISK -> {
                node.nearlyFull(true);
                inAWhile(SECOND + random.nextLong(6 * SECOND), () -> node.nearlyFull(false));
            }
            case PAUSE -> node.pause(100 * MILLISECOND + random.nextLong(5 * SECOND));
            case HAND_OVER -> node.leaveLeadership();
            case HAND_OVER_CUT_OFF -> {
                node.leaveLeadership();
                inAWhile(random.nextLong(60 * MILLISECOND), () -> isolate(node));
            }
            case HAND_OVER_BEHIND -> handOverBehind(node);
            case AT_MOVE -> {
                aim.arm();
                return false;
            }
            case CLOCK_JUMP -> {
                List<SimNode> wrong = minority();
                if (wrong.isEmpty()) {
                    return false;
                }
                setWrongClock(wrong.get(random.nextInt(wrong.size())));
            }
            case ROT -> {
                return rot(node, Rot.FLIPPED_BIT);
            }
            case MISDIRECTED_WRITE -> {
                return rot(node, Rot.MISDIRECTED_WRITE);
            }
            case WIPE -> node.wipe();
        }
        return true;
    }

    private boolean rot(SimNode node, Rot kind) {
        node.cutPower();
        boolean isDone = node.damage(kind);
        anyRot |= isDone;
        return isDone;
    }

    /** Every other time a node that leads something, if there is one. */
    private SimNode preferLeader() {
        List<SimNode> leaders = new ArrayList<>();
        for (SimNode node : nodes) {
            if (node.leadsSomething()) {
                leaders.add(node);
            }
        }
        List<SimNode> from = leaders.isEmpty() || random.nextBoolean() ? nodes : leaders;
        return from.get(random.nextInt(from.size()));
    }

    // ---- networks

    private void split() {
        List<SimNode> left = new ArrayList<>();
        List<SimNode> right = new ArrayList<>();
        nodes.forEach(node -> (random.nextBoolean() ? left : right).add(node));
        for (SimNode a : left) {
            for (SimNode b : right) {
                network.cut(a.id(), b.id());
                network.cut(b.id(), a.id());
            }
        }
        healLater();
    }

    private void oneWay() {
        for (SimNode a : nodes) {
            for (SimNode b : nodes) {
                if (a != b && random.nextInt(4) == 0) {
                    network.cut(a.id(), b.id());
                }
            }
        }
        healLater();
    }

    private void isolate(SimNode node) {
        cutOff(node);
        healLater();
    }

    private void cutOff(SimNode node) {
        for (SimNode other : nodes) {
            if (other != node) {
                network.cut(node.id(), other.id());
                network.cut(other.id(), node.id());
            }
        }
    }

    private void bridge() {
        SimNode middle = nodes.get(random.nextInt(nodes.size()));
        List<SimNode> others = new ArrayList<>(nodes);
        others.remove(middle);
        SimNode far = others.get(random.nextInt(others.size()));
        for (SimNode other : others) {
            if (other != far) {
                network.cut(far.id(), other.id());
                network.cut(other.id(), far.id());
            }
        }
        healLater();
    }

    private void healLater() {
        inAWhile(200 * MILLISECOND + random.nextLong(6 * SECOND), network::heal);
    }

    /** Unless the faults are over by then. */
    private void inAWhile(long nanos, Runnable work) {
        world.timeline()
                .after(
                        nanos,
                        () -> {
                            if (active) {
                                work.run();
                            }
                        });
    }

    private void handOverBehind(SimNode node) {
        long behind = 100 * MILLISECOND + random.nextLong(800 * MILLISECOND);
        network.slowTo(node.id(), behind);
        inAWhile(random.nextLong(behind), node::leaveLeadership);
        inAWhile(2 * behind, () -> network.slowTo(node.id(), 0));
    }

    private void storm() {
        network.links(world.scenario().links().stormy(random));
        inAWhile(
                SECOND + random.nextLong(4 * SECOND),
                () -> network.links(world.scenario().links()));
    }

    // ---- clocks and disks

    /**
     * The same nodes in the whole run: a majority of clocks is right at any time, in each group.
     * Where shards move it is one node at most: two of five and one that is right are a quorum, a
     * group's time may get ahead with them by days, and its shards would not go for as long.
     */
    private List<SimNode> minority() {
        Scenario scenario = world.scenario();
        int most = scenario.moves().any() ? 1 : nodes.size();
        int count = scenario.moves().lone() ? 0 : (scenario.replicas() - 1) / 2;
        return nodes.subList(0, Math.min(most, count));
    }

    private void setWrongClock(SimNode node) {
        long scale = random.nextInt(3) == 0 ? 3 * DAY_MILLIS : 5_000;
        node.wallClock(random.nextLong(-scale, scale));
    }
}
