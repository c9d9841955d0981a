package io.somekv.node;

import io.somekv.kv.Incoming;
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
 * Brings the shards that the newest config gives to a group into that group's ownership (DESIGN
 * §7). It works for the groups that this lane leads, and only asks: every step is an entry in some
 * group's log, idempotent, and whoever leads next can take it up anew.
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

    /** Shards with data that one group takes in at a time. */
    private static final int TRANSFERS_MAX = 2;

    private final Places places;
    private final MapKeeper maps;
    private final Router router;
    private final TreeMap<Long, Course> courseByGroup = new TreeMap<>();
    private long nextNanos;

    /** How far a group that this lane leads has got. */
    private static final class Course {
        /** Shards whose acquisition has begun and not ended. */
        final TreeSet<Integer> underWay = new TreeSet<>();

        /** Those of them that are copied. */
        final TreeSet<Integer> transfers = new TreeSet<>();

        final MoveLeftovers leftovers;

        boolean configuring;

        /** All shards of this config were owned when last looked at; -1 for none. */
        long settledConfig = -1;

        long settledUntilNanos;

        Course(MoveLeftovers leftovers) {
            this.leftovers = leftovers;
        }

        boolean isSettled(Now now, long config) {
            return settledConfig == config && now.nanos() - settledUntilNanos < 0;
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
                Course course =
                        courseByGroup.computeIfAbsent(
                                host.groupId(), _ -> new Course(new MoveLeftovers(router)));
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
        course.leftovers.tend(now, host, config);
        if (course.isSettled(now, config.number())) {
            return;
        }
        for (Incoming move : machine.incoming()) {
            if (move.isPrepared() && !course.underWay.contains(move.shard())) {
                resume(now, host, move, course);
            }
        }
        boolean settled = course.underWay.isEmpty();
        for (int shard = 0; shard < config.shardCount(); shard++) {
            if (config.owner(shard) == host.groupId() && !machine.serves(shard)) {
                settled = false;
                if (!course.underWay.contains(shard)) {
                    acquire(now, host, shard, config, course);
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

    /**
     * What is all here is handed over, or found not to be, before anything else: no other may have
     * the shard until that is known.
     */
    private void resume(Now now, GroupHost host, Incoming move, Course course) {
        course.underWay.add(move.shard());
        new ShardTransfer(
                        router,
                        host,
                        move.shard(),
                        move.config(),
                        move.sourceGroup(),
                        () -> end(course, move.shard()))
                .resume(now, move);
    }

    private void acquire(Now now, GroupHost host, int shard, ShardConfig config, Course course) {
        TreeSet<Long> earlier = new TreeSet<>();
        for (long number = config.number() - 1; number > 0; number--) {
            Optional<ShardConfig> past = maps.config(now, number);
            if (past.isEmpty()) {
                return;
            }
            long owner = past.get().owner(shard);
            if (owner != ShardConfig.UNASSIGNED && owner != host.groupId()) {
                earlier.add(owner);
            }
        }
        course.underWay.add(shard);
        new Acquisition(host, shard, config.number(), earlier, course).next(now);
    }

    private void ask(Now now, long groupId, Command command, Waiter waiter) {
        router.ask(now, groupId, new Request(Optional.empty(), command), waiter);
    }

    /**
     * One shard on its way to one group: the promises of all who may have had it, the data of the
     * one that has it, the ownership.
     */
    private final class Acquisition {
        private final GroupHost host;
        private final int shard;
        private final long config;
        private final ArrayDeque<Long> unasked;
        private final Course course;

        /** Who serves the shard, with data; 0 for nobody. */
        private long holder;

        Acquisition(GroupHost host, int shard, long config, Set<Long> earlier, Course course) {
            this.host = host;
            this.shard = shard;
            this.config = config;
            this.unasked = new ArrayDeque<>(earlier);
            this.course = course;
        }

        void next(Now now) {
            if (!unasked.isEmpty()) {
                long owner = unasked.removeFirst();
                ask(
                        now,
                        owner,
                        new Command.GiveUp(shard, config),
                        (then, outcome, logTime) -> onPromise(then, owner, outcome));
            } else if (holder != 0 && course.transfers.size() >= TRANSFERS_MAX) {
                end(course, shard);
            } else if (holder != 0) {
                course.transfers.add(shard);
                new ShardTransfer(router, host, shard, config, holder, () -> end(course, shard))
                        .begin(now);
            } else {
                ask(
                        now,
                        host.groupId(),
                        Command.Own.empty(shard, config),
                        (then, outcome, logTime) -> end(course, shard));
            }
        }

        /** Anything but a promise ends this try; a later round of the driver begins another. */
        private void onPromise(Now now, long owner, Outcome outcome) {
            if (outcome instanceof Outcome.GivenUp givenUp) {
                holder = givenUp.hasData() ? owner : holder;
                next(now);
            } else {
                end(course, shard);
            }
        }
    }

    private static void end(Course course, int shard) {
        course.underWay.remove(shard);
        course.transfers.remove(shard);
    }
}
