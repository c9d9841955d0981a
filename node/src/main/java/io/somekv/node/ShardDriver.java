package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings the shards that the newest config gives to a group into that group's ownership (DESIGN §7
 * for shards without data; docs/decisions/0002). It works for the groups that this lane leads, and
 * only asks: every step is an entry in some group's log, idempotent, and whoever leads next can
 * take it up anew.
 *
 * <p>To own shard s for config n, each group that an earlier config gave s to must first have
 * promised, in its own log, never to own s for a config up to n. All of them, not only the latest:
 *
 * <ol>
 *   <li>Config 2 gives s to Q, 3 to P, 4 to Q, 5 to R. Q owned s at 2, P owns it since 3; Q was
 *       down at 4.
 *   <li>R asks Q, which once was an owner and is none now. Were R content with that, P would still
 *       serve.
 * </ol>
 */
final class ShardDriver {
    private static final long INTERVAL_NANOS = 50_000_000L;

    /**
     * How long a group that owns all it should is left alone. Not for ever: a late copy of another
     * group's {@code GiveUp}, for a config in between, may take a shard without data from it again.
     */
    private static final long SETTLED_NANOS = 1_000_000_000L;

    /** Between tries at a shard that holds data where it is: each costs an entry in that log. */
    private static final long KEPT_NANOS = 2_000_000_000L;

    private final Places places;
    private final MapKeeper maps;
    private final Router router;
    private final TreeMap<Long, Course> courseByGroup = new TreeMap<>();
    private long nextNanos;

    /** How far a group that this lane leads has got. */
    private static final class Course {
        /** Shards whose acquisition has begun and not ended. */
        final TreeSet<Integer> underWay = new TreeSet<>();

        /** Shards that their owner would not give up, and when to ask again. */
        final TreeMap<Integer, Long> againNanosByShard = new TreeMap<>();

        boolean configuring;

        /** All shards of this config were owned when last looked at; -1 for none. */
        long settledConfig = -1;

        long settledUntilNanos;

        boolean isSettled(Now now, long config) {
            return settledConfig == config && now.nanos() - settledUntilNanos < 0;
        }

        boolean mayAsk(Now now, int shard) {
            Long again = againNanosByShard.get(shard);
            return !underWay.contains(shard) && (again == null || now.nanos() - again >= 0);
        }
    }

    ShardDriver(Places places, MapKeeper maps, Router router, Now startedAt) {
        this.places = places;
        this.maps = maps;
        this.router = router;
        this.nextNanos = startedAt.nanos();
    }

    void tick(Now now) {
        Optional<ClusterMap> map = places.map();
        if (map.isEmpty() || now.nanos() - nextNanos < 0) {
            return;
        }
        nextNanos = now.nanos() + INTERVAL_NANOS;
        for (GroupHost host : places.hosts()) {
            if (host.groupId() != GroupSpec.MASTER && host.leads()) {
                Course course = courseByGroup.computeIfAbsent(host.groupId(), g -> new Course());
                drive(now, host, course, map.get());
            }
        }
    }

    private void drive(Now now, GroupHost host, Course course, ClusterMap map) {
        KvMachine machine = (KvMachine) host.machine();
        if (machine.settings().isEmpty()) {
            configure(now, host.groupId(), course, map);
            return;
        }
        ShardConfig config = map.config();
        if (course.isSettled(now, config.number())) {
            return;
        }
        boolean settled = course.underWay.isEmpty();
        for (int shard = 0; shard < config.shardCount(); shard++) {
            if (config.owner(shard) == host.groupId() && !machine.serves(shard)) {
                settled = false;
                if (course.mayAsk(now, shard)) {
                    acquire(now, host.groupId(), shard, config, course);
                }
            }
        }
        if (settled) {
            course.settledConfig = config.number();
            course.settledUntilNanos = now.nanos() + SETTLED_NANOS;
        }
    }

    private void configure(Now now, long groupId, Course course, ClusterMap map) {
        if (!course.configuring) {
            course.configuring = true;
            ask(
                    now,
                    groupId,
                    new Command.Configure(map.settings()),
                    (then, outcome, logTime) -> course.configuring = false);
        }
    }

    private void acquire(Now now, long groupId, int shard, ShardConfig config, Course course) {
        TreeSet<Long> earlier = new TreeSet<>();
        for (long number = config.number() - 1; number > 0; number--) {
            Optional<ShardConfig> past = maps.config(now, number);
            if (past.isEmpty()) {
                return;
            }
            long owner = past.get().owner(shard);
            if (owner != ShardConfig.UNASSIGNED && owner != groupId) {
                earlier.add(owner);
            }
        }
        course.underWay.add(shard);
        new Acquisition(groupId, shard, config.number(), earlier, course).next(now);
    }

    private void ask(Now now, long groupId, Command command, Waiter waiter) {
        router.ask(now, groupId, new Request(Optional.empty(), command), waiter);
    }

    /** One shard on its way to one group: the promises still wanted, then the ownership. */
    private final class Acquisition {
        private final long groupId;
        private final int shard;
        private final long config;
        private final ArrayDeque<Long> unasked;
        private final Course course;

        Acquisition(long groupId, int shard, long config, Set<Long> earlier, Course course) {
            this.groupId = groupId;
            this.shard = shard;
            this.config = config;
            this.unasked = new ArrayDeque<>(earlier);
            this.course = course;
        }

        void next(Now now) {
            if (unasked.isEmpty()) {
                ask(
                        now,
                        groupId,
                        new Command.Own(shard, config),
                        (then, outcome, logTime) -> course.underWay.remove(shard));
            } else {
                ask(
                        now,
                        unasked.removeFirst(),
                        new Command.GiveUp(shard, config),
                        (then, outcome, logTime) -> onPromise(then, outcome));
            }
        }

        /** Anything but a promise ends this try; a later round of the driver begins another. */
        private void onPromise(Now now, Outcome outcome) {
            if (outcome instanceof Outcome.GivenUp givenUp) {
                if (!givenUp.hasData()) {
                    next(now);
                    return;
                }
                course.againNanosByShard.put(shard, now.nanos() + KEPT_NANOS);
            }
            course.underWay.remove(shard);
        }
    }
}
