package io.somekv.kv.caretaker;

import io.somekv.kv.caretaker.Board.Group;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.config.GroupSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which shards should go to another group, for load as well as for count.
 *
 * <p>A group is <b>overburdened</b> with a third more than the average of requests, of bytes or of
 * shards, and only then something goes: a shard to a group that has fewer, or one that weighs more
 * in exchange for one that weighs less. So load is evened out without making counts uneven, and a
 * group that joins later takes its share with the fewest moves.
 *
 * <p>Whatever goes must leave a gap behind that is worth it, and be a fair part of what is too
 * much: a load that wavers moves next to nothing, and nothing to and fro. A shard that bears more
 * than a group should stays, and what is beside it goes.
 */
final class ShardPlan {
    /** A group that bears less is let be. */
    private static final double OVERBURDENED = 1.33;

    /** A group that is being relieved is until it bears less than this. */
    private static final double RELIEVED = 1.15;

    /** What must be left of the gap between two groups when something went, for it to go. */
    private static final double GAP_MIN = 0.25;

    /** Of what a group has too much, what goes must be at least so much. */
    private static final double PART_MIN = 0.05;

    /** Groups that bear least, of which the best is chosen. */
    private static final int TARGETS_MAX = 8;

    /** Shards of a group that are considered. */
    private static final int CANDIDATES_MAX = 32;

    private static final int NOTHING = -1;

    private final Board board;
    private final List<ClusterView.Shard> shards;
    private final List<Decision> decisions;
    private final List<Load> loads = new ArrayList<>();

    /** By shard. */
    private final List<Burden> burdens = new ArrayList<>();

    private int budget;

    /** What one group bears. */
    private static final class Load {
        final Group group;
        final List<Integer> shards = new ArrayList<>();
        Burden burden = Burden.NONE;

        /** Something of it goes: it is not to be on the edge afterwards. */
        boolean isRelieved;

        /** What may come back from it, the lightest first, while it lasts. */
        @Nullable List<Integer> lightest;

        Load(Group group) {
            this.group = group;
        }
    }

    /**
     * @param back the shard that comes in exchange; {@link #NOTHING} for none
     */
    private record Course(int shard, int back, Load to, double gain) {}

    ShardPlan(Board board, List<ClusterView.Shard> shards, List<Decision> decisions) {
        this.board = board;
        this.shards = shards;
        this.decisions = decisions;
    }

    void decide() {
        List<@Nullable Load> byOrdinal = new ArrayList<>();
        for (Group group : board.groups()) {
            boolean isToHaveAny = group.id() != GroupSpec.MASTER && !group.view.isLeaving();
            Load load = isToHaveAny ? new Load(group) : null;
            byOrdinal.add(load);
            if (load != null) {
                loads.add(load);
            }
        }
        if (loads.size() > 1) {
            weigh(byOrdinal);
            for (int kind = 0; kind < Burden.KINDS; kind++) {
                relieve(kind);
            }
        }
    }

    /** Only what has an owner that is known counts. */
    private void weigh(List<@Nullable Load> byOrdinal) {
        long ops = 0;
        long bytes = 0;
        int count = 0;
        int moving = 0;
        for (int number = 0; number < shards.size(); number++) {
            Group owner = board.owner(number);
            Load load = owner == null ? null : byOrdinal.get(owner.ordinal);
            if (load != null) {
                ClusterView.Shard shard = shards.get(number);
                load.shards.add(number);
                ops += shard.opsPerSecond();
                bytes += shard.bytes();
                count++;
                moving += shard.isMoving() ? 1 : 0;
            }
        }
        budget = board.settings().shardMovesMax() - moving;
        Burden.Scale scale = Burden.Scale.of(ops, bytes, count, loads.size());
        shards.forEach(shard -> burdens.add(scale.of(shard)));
        for (Load load : loads) {
            load.shards.forEach(shard -> load.burden = load.burden.plus(burdens.get(shard)));
        }
    }

    /** Those that bear most first, each until it is well or nothing helps. */
    private void relieve(int kind) {
        List<Load> ordered = byBurden(kind);
        loads.forEach(load -> load.lightest = null);
        List<Load> lightest = ordered.subList(0, Math.min(TARGETS_MAX, ordered.size()));
        for (int i = ordered.size() - 1; i >= 0 && budget > 0; i--) {
            Load from = ordered.get(i);
            if (from.burden.of(kind) <= OVERBURDENED) {
                return;
            }
            while (budget > 0 && maybeRelieve(from, lightest, kind)) {
                from.isRelieved = true;
            }
        }
    }

    /** The groups that can take part, the one that bears least first. */
    private List<Load> byBurden(int kind) {
        List<Load> ordered = new ArrayList<>(loads);
        ordered.removeIf(load -> !isServed(load.group));
        ordered.sort(
                Comparator.<Load>comparingDouble(load -> load.burden.of(kind))
                        .thenComparingLong(load -> load.group.id()));
        return ordered;
    }

    private boolean maybeRelieve(Load from, List<Load> lightest, int kind) {
        if (from.burden.of(kind) <= (from.isRelieved ? RELIEVED : OVERBURDENED)) {
            return false;
        }
        Search search = new Search(from, kind);
        for (Load to : lightest) {
            if (to != from && from.shards.size() > to.shards.size()) {
                search.among(to, List.of(NOTHING));
            }
            if (to != from && kind != Burden.COUNT && budget > 1) {
                search.among(to, lightest(to, kind));
            }
        }
        if (search.best == null) {
            return false;
        }
        carryOut(from, search.best, kind);
        return true;
    }

    private List<Integer> lightest(Load to, int kind) {
        List<Integer> lightest = to.lightest;
        if (lightest == null) {
            lightest = candidates(to, kind, false);
            to.lightest = lightest;
        }
        return lightest;
    }

    /** Shards that may go, those that weigh most, or least, first. */
    private List<Integer> candidates(Load load, int kind, boolean heaviest) {
        List<Integer> movable = new ArrayList<>();
        for (int shard : load.shards) {
            if (shards.get(shard).mayMove()) {
                movable.add(shard);
            }
        }
        Comparator<Integer> byWeight =
                Comparator.comparingDouble(shard -> burdens.get(shard).of(kind));
        movable.sort(heaviest ? byWeight.reversed() : byWeight);
        return List.copyOf(movable.subList(0, Math.min(CANDIDATES_MAX, movable.size())));
    }

    /** For the best that can be done about one group. */
    private final class Search {
        private final Load from;
        private final int kind;
        private final List<Integer> heaviest;

        /** What goes must weigh more. */
        private final double least;

        @Nullable Course best;

        Search(Load from, int kind) {
            this.from = from;
            this.kind = kind;
            this.heaviest = candidates(from, kind, true);
            this.least = kind == Burden.COUNT ? 0 : PART_MIN * (from.burden.of(kind) - 1);
        }

        /**
         * @param lightest what may come back for it, the lightest first
         */
        void among(Load to, List<Integer> lightest) {
            for (int shard : heaviest) {
                for (int back : lightest) {
                    Burden whole = burdens.get(shard);
                    Burden net = back == NOTHING ? whole : whole.minus(burdens.get(back));
                    if (net.of(kind) <= least) {
                        // Nor does any of those that are left weigh more.
                        break;
                    }
                    double gain = net.gain(from.burden, to.burden);
                    if (gain > GAP_MIN * net.weight() && (best == null || gain > best.gain)) {
                        best = new Course(shard, back, to, gain);
                    }
                }
            }
        }
    }

    private static boolean isServed(Group group) {
        return group.leader != null && group.leader.isUp;
    }

    private void carryOut(Load from, Course course, int kind) {
        Load to = course.to;
        String why =
                "group %d bears %s times the average of %s, group %d bears %s"
                        .formatted(
                                from.group.id(),
                                tenths(from.burden.of(kind)),
                                Burden.name(kind),
                                to.group.id(),
                                tenths(to.burden.of(kind)));
        move(course.shard, from, to, why);
        if (course.back != NOTHING) {
            move(
                    course.back,
                    to,
                    from,
                    "in exchange for shard %d: %s".formatted(course.shard, why));
        }
    }

    private void move(int shard, Load from, Load to, String why) {
        Burden burden = burdens.get(shard);
        from.shards.remove(Integer.valueOf(shard));
        from.burden = from.burden.minus(burden);
        to.shards.add(shard);
        to.burden = to.burden.plus(burden);
        from.lightest = null;
        to.lightest = null;
        decisions.add(new Decision.MoveShard(shard, from.group.id(), to.group.id(), why));
        budget--;
    }

    private static String tenths(double share) {
        long tenths = Math.round(share * 10);
        return tenths / 10 + "." + tenths % 10;
    }
}
