package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;
import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.kv.KvMachine;
import io.somekv.protocol.config.GroupSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * What kind of run it is: drawn from the seed before anything happens.
 *
 * @param replicas of each data group; the shard master has one on every node
 * @param shards few, so that several keys share one
 * @param sessions clients that speak frames and have an identity
 * @param plain clients without an identity, as Redis clients are
 * @param faultNanos how long things go wrong
 * @param gapNanos mean time from one fault to the next
 * @param faults that may strike; empty in a calm run
 * @param links what the network is like in ordinary times
 * @param syncNanosMax how long a sync of the log may take in ordinary times
 * @param tickNanos from one tick of a lane to the next
 * @param flushGapNanos mean time from one flush of an engine to the next
 * @param appendBytesMax of one AppendEntries: small, and followers catch up in many steps
 * @param clocks what the nodes' clocks are like, and whether leaders go by them
 * @param moves whether and how groups join and leave and shards move while things go wrong
 * @param askNanos how long a node tries for a client without an identity
 * @param timed keys that expire now and then
 * @param pair whether there are two keys that commands name together
 * @param changesMembers whether groups change their members while things go wrong
 * @param healsCore whether only a core of the nodes, a majority of every group, is healed at first
 * @param thinkMillisMax of a client between two requests, about; large, and groups are idle
 * @param attemptMillisMax of a client with an identity, before it sends a request again; 300 at
 *     least
 * @param turnNanos how long each turn of a {@link Repartition} takes; empty for none
 */
public record Scenario(
        int nodes,
        int replicas,
        int dataGroups,
        int shards,
        int sessions,
        int plain,
        int keys,
        long faultNanos,
        long gapNanos,
        EnumSet<Fault> faults,
        Links links,
        long syncNanosMax,
        long tickNanos,
        long flushGapNanos,
        int appendBytesMax,
        Clocks clocks,
        Moves moves,
        long askNanos,
        int timed,
        boolean pair,
        int thinkMillisMax,
        boolean changesMembers,
        boolean healsCore,
        long attemptMillisMax,
        List<Long> turnNanos) {
    public Scenario {
        turnNanos = List.copyOf(turnNanos);
    }

    /**
     * What links between nodes do to frames.
     *
     * @param delayNanosMax most frames take a small part of it
     * @param loss share of frames that vanish
     * @param duplication share of frames that arrive twice
     * @param late share of frames of which a copy arrives seconds later
     * @param inOrder whether frames of one link overtake each other
     * @param lossCloses whether a connection ends with the first call that gets lost on it
     */
    public record Links(
            long delayNanosMax,
            double loss,
            double duplication,
            double late,
            boolean inOrder,
            boolean lossCloses) {
        /** A network on which nothing gets lost. */
        public static final Links CALM = new Links(2 * MILLISECOND, 0, 0, 0, true, true);

        Links stormy(SplittableRandom random) {
            return new Links(
                    Math.max(delayNanosMax, random.nextLong(300 * MILLISECOND)),
                    0.02 + random.nextDouble() * 0.2,
                    0.02 + random.nextDouble() * 0.2,
                    0.01 + random.nextDouble() * 0.05,
                    false,
                    lossCloses);
        }
    }

    /**
     * Clocks of the nodes.
     *
     * @param wrong whether wall clocks of a minority of the nodes are wrong by up to days
     * @param driftPermilleMax by how much the rate of any monotonic clock is off, at most
     * @param leases whether leaders read by a lease, which reckons with that bound
     */
    public record Clocks(boolean wrong, int driftPermilleMax, boolean leases) {
        public static final Clocks RIGHT = new Clocks(false, 1, false);

        private static final int[] DRIFTS = {1, 1, 100, 300};

        static Clocks draw(boolean wrong, SplittableRandom random) {
            int drift = DRIFTS[random.nextInt(DRIFTS.length)];
            return new Clocks(wrong, drift, random.nextInt(3) == 0);
        }
    }

    /**
     * Groups that join and leave, and shards that move.
     *
     * @param any whether anything moves
     * @param lone whether every other group has a single replica
     * @param pieceSize of a shard that is copied: small, and each copy takes several pieces
     * @param allLeave whether there are times in which no group is to have any shard
     * @param gapNanosMax from one step to the next, about
     */
    public record Moves(
            boolean any, boolean lone, int pieceSize, boolean allLeave, long gapNanosMax) {
        public static final Moves NONE =
                new Moves(false, false, KvMachine.PIECE_SIZE, false, 3 * SECOND);

        private static final int[] PIECE_SIZES = {1, 60, 400, KvMachine.PIECE_SIZE};

        static Moves draw(SplittableRandom random) {
            return new Moves(
                    true,
                    random.nextInt(3) == 0,
                    PIECE_SIZES[random.nextInt(PIECE_SIZES.length)],
                    random.nextInt(4) == 0,
                    3 * SECOND);
        }
    }

    /** How many replicas a group begins with; the shard master has one on every node. */
    int replicasOf(long group) {
        return moves.lone && group % 2 == 1 ? 1 : replicas;
    }

    /** Whether there are nodes enough for each group to have some of its own. */
    boolean isApart() {
        return nodes > dataGroups * replicas;
    }

    /**
     * Nodes of a group's first replicas. Where groups are apart, the shard master has those that
     * are left, so that one group dies and no other with it; else the shard master lives on all
     * nodes, and data groups share them.
     */
    public List<Long> nodesOf(long group) {
        if (group == GroupSpec.MASTER) {
            long first = isApart() ? (long) dataGroups * replicas + 1 : 1;
            return LongStream.rangeClosed(first, nodes).boxed().toList();
        }
        List<Long> own = new ArrayList<>();
        for (int i = 0; i < replicasOf(group); i++) {
            own.add(isApart() ? (group - 1) * replicas + i + 1 : 1 + (group + i) % nodes);
        }
        return own;
    }

    /** Where it can be told who is a majority: groups keep their members, and nodes their disks. */
    public boolean healsCoreFirst() {
        return healsCore && !changesMembers && !losesDisks();
    }

    /**
     * Whether a wall clock can be wrong at any time. A leader's runs by its monotonic one as long
     * as it leads.
     */
    public boolean anyClockWrong() {
        return clocks.wrong()
                || clocks.driftPermilleMax() > Clocks.RIGHT.driftPermilleMax()
                || faults.contains(Fault.CLOCK_JUMP);
    }

    /** Whether a node may lose what it had synced. */
    public boolean losesDisks() {
        return faults.stream().anyMatch(Fault::losesDisk);
    }

    /** What a seed is drawn from. */
    public enum Draw {
        /** Anything; shards move in one run of three. */
        ANY,
        /** Only runs in which shards move. */
        MOVES
    }

    public static Scenario draw(Draw from, SplittableRandom random) {
        boolean five = random.nextInt(3) == 0;
        boolean calm = random.nextInt(20) == 0;
        boolean anyMoves = random.nextInt(3) == 0 || from == Draw.MOVES;
        Moves moves = anyMoves ? Moves.draw(random) : Moves.NONE;
        return new Scenario(
                five ? 5 : 3,
                five && random.nextBoolean() ? 5 : 3,
                2 + random.nextInt(moves.any ? 3 : 2),
                4 << random.nextInt(3),
                2 + random.nextInt(3),
                1 + random.nextInt(3),
                4 + random.nextInt(moves.any ? 14 : 8),
                (8 + random.nextLong(20)) * SECOND,
                200 * MILLISECOND + random.nextLong(3 * SECOND),
                calm ? EnumSet.noneOf(Fault.class) : drawFaults(moves, random),
                calm ? Links.CALM : drawLinks(random),
                random.nextBoolean() ? 2 * MILLISECOND : 30 * MILLISECOND,
                (10 + random.nextLong(20)) * MILLISECOND,
                drawFlushGap(random),
                random.nextInt(3) == 0 ? 256 : 4 << 10,
                Clocks.draw(!calm && random.nextInt(3) == 0, random),
                moves,
                random.nextBoolean() ? SECOND : 5 * SECOND,
                random.nextInt(3),
                random.nextBoolean(),
                random.nextInt(4) == 0 ? 5_000 : 400,
                random.nextInt(3) == 0,
                random.nextBoolean(),
                2_300,
                List.of());
    }

    /** Now and then so often that followers are sent snapshots all the time. */
    private static long drawFlushGap(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> 30 * MILLISECOND;
            case 1, 2 -> SECOND;
            default -> 10 * SECOND;
        };
    }

    /**
     * Few kinds in one run, so that each can do its work undisturbed, and now and then all. Where
     * shards move, mostly one that is aimed at moves; where groups have a single replica, none that
     * takes that one's disk.
     */
    private static EnumSet<Fault> drawFaults(Moves moves, SplittableRandom random) {
        EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
        Fault[] all = Fault.values();
        if (random.nextInt(8) == 0) {
            faults = EnumSet.allOf(Fault.class);
        } else {
            int count = 1 + random.nextInt(5);
            for (int i = 0; i < count; i++) {
                faults.add(all[random.nextInt(all.length)]);
            }
        }
        if (moves.any && random.nextInt(4) > 0) {
            faults.add(Fault.AT_MOVE);
        }
        if (moves.lone) {
            faults.removeIf(Fault::losesDisk);
        }
        return faults;
    }

    private static Links drawLinks(SplittableRandom random) {
        boolean slow = random.nextInt(5) == 0;
        boolean lossy = random.nextInt(3) == 0;
        boolean doubling = random.nextInt(3) == 0;
        return new Links(
                slow ? 150 * MILLISECOND : (1 + random.nextLong(10)) * MILLISECOND,
                lossy ? random.nextDouble() * 0.05 : 0,
                doubling ? random.nextDouble() * 0.4 : 0,
                doubling ? random.nextDouble() * 0.1 : 0,
                random.nextInt(3) == 0,
                true);
    }
}
