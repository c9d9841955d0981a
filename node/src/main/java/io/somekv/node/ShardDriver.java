package io.somekv.node;

import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings the shards that the newest config gives to a group into that group's ownership (DESIGN
 * §7). It works for the groups that this lane leads, and only asks: every step is an entry in some
 * group's log, idempotent, and whoever leads next can take it up anew.
 *
 * <p>To own shard s for config n, everybody who may have owned it must first have promised, in its
 * own log, never to own s for a config up to n, or say that it holds data ({@link Acquisition}).
 */
final class ShardDriver {
    private static final long INTERVAL_NANOS = 50_000_000L;

    /**
     * How long a group that owns all it should is left alone. Not for ever: a late copy of another
     * group's {@code GiveUp}, for a config in between, may take a shard without data from it again.
     */
    private static final long SETTLED_NANOS = 1_000_000_000L;

    /** From a try at a shard that comes to nothing to the next. */
    private static final long TRY_NANOS = 1_000_000_000L;

    private final Tools tools;
    private final MapKeeper maps;
    private final TransferBudget budget = new TransferBudget();
    private final TreeMap<Long, Course> courseByGroup = new TreeMap<>();
    private long nextNanos;

    /** What is asked, and what is known of where things are. */
    record Tools(Places places, Router router, Outbox outbox) {}

    /** How far a group that this lane leads has got. */
    private static final class Course {
        /** By shard: those of whom it is asked who has them. */
        final TreeMap<Integer, Acquisition> acquisitions = new TreeMap<>();

        /** By shard: those that are copied. */
        final TreeMap<Integer, ShardTransfer> transfers = new TreeMap<>();

        /** By shard, who has it: of those that wait until they may be copied. */
        final TreeMap<Integer, Long> holders = new TreeMap<>();

        /** By shard, when a try for this config began, if it is under way or came to nothing. */
        final TreeMap<Integer, Long> triedNanos = new TreeMap<>();

        /** Shards that wait until the group's log time is near theirs, which is this. */
        final TreeMap<Integer, Long> awaited = new TreeMap<>();

        /** By shard, the last config for which a try was refused: none for it goes on. */
        final TreeMap<Integer, Long> refused = new TreeMap<>();

        /** Shards that have waited so, of which was told. */
        final TreeSet<Integer> told = new TreeSet<>();

        /** That for which all of these are. */
        long config;

        final MoveLeftovers leftovers;
        final ServedReporter reporter;

        boolean configuring;

        /** All shards of this config were owned when last looked at; -1 for none. */
        long settledConfig = -1;

        long settledUntilNanos;

        Course(Tools tools, TransferBudget budget) {
            this.leftovers = new MoveLeftovers(tools, budget);
            this.reporter = new ServedReporter(tools.places, tools.router);
        }

        boolean isSettled(Now now, long config) {
            return settledConfig == config && now.nanos() - settledUntilNanos < 0;
        }

        /** A try that comes to nothing costs both groups entries: it is not made all the time. */
        boolean mayTry(Now now, int shard) {
            Long tried = triedNanos.get(shard);
            return tried == null || now.nanos() - tried > TRY_NANOS;
        }

        boolean isUnderWay(int shard) {
            return acquisitions.containsKey(shard) || transfers.containsKey(shard);
        }

        void workFor(long newest) {
            if (config != newest) {
                config = newest;
                acquisitions.values().removeIf(Acquisition::isWaiting);
                holders.clear();
                triedNanos.clear();
                awaited.clear();
                told.clear();
            }
        }
    }

    ShardDriver(Tools tools, MapKeeper maps, Now startedAt) {
        this.tools = tools;
        this.maps = maps;
        this.nextNanos = startedAt.nanos();
    }

    /** Shards on their way to a group that wait for its log time; none where it is not led here. */
    List<Integer> awaitingTime(GroupHost host) {
        Course course = courseByGroup.get(host.groupId());
        return course == null || !host.leads() ? List.of() : List.copyOf(course.awaited.keySet());
    }

    void tick(Now now) {
        Optional<ClusterMap> map = tools.places.map();
        if (map.isEmpty()) {
            return;
        }
        for (Course course : courseByGroup.values()) {
            List.copyOf(course.transfers.values()).forEach(transfer -> transfer.tick(now));
            course.leftovers.tick(now);
        }
        if (now.nanos() - nextNanos < 0) {
            return;
        }
        nextNanos = now.nanos() + INTERVAL_NANOS;
        for (GroupHost host : tools.places.hosts()) {
            if (host.groupId() != GroupSpec.MASTER && host.leads()) {
                Course course =
                        courseByGroup.computeIfAbsent(
                                host.groupId(), _ -> new Course(tools, budget));
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
        budget.traffic().count(now, host.groupId(), machine.operations());
        course.workFor(config.number());
        // Another replica may have led meanwhile, and have got them.
        course.awaited.keySet().removeIf(machine::serves);
        course.leftovers.tend(now, host, config);
        if (course.isSettled(now, config.number())) {
            return;
        }
        for (Incoming move : machine.incoming()) {
            if (move.isPrepared() && !course.isUnderWay(move.shard())) {
                course.awaited.remove(move.shard());
                transfer(host, course, courseOf(move)).resume(now, move);
            }
        }
        boolean settled = course.acquisitions.isEmpty() && course.transfers.isEmpty();
        for (int shard = 0; shard < config.shardCount(); shard++) {
            if (config.owner(shard) == host.groupId() && !machine.serves(shard)) {
                settled = false;
                goOn(now, host, shard, map, course);
            }
        }
        settled &= course.reporter.report(now, host, map);
        if (settled) {
            course.settledConfig = config.number();
            course.settledUntilNanos = now.nanos() + SETTLED_NANOS;
        }
    }

    private void configure(Now now, long groupId, Course course, ClusterMap map) {
        if (!course.configuring) {
            course.configuring = true;
            tools.router.ask(
                    now,
                    groupId,
                    new Request(Optional.empty(), new Command.Configure(map.settings())),
                    (then, outcome, logTime) -> course.configuring = false);
        }
    }

    /**
     * What is all here is handed over, or found not to be, before anything else: no other may have
     * the shard until that is known.
     */
    private static ShardTransfer.Course courseOf(Incoming move) {
        return new ShardTransfer.Course(move.shard(), move.config(), move.sourceGroup());
    }

    private ShardTransfer transfer(GroupHost host, Course course, ShardTransfer.Course what) {
        ShardTransfer transfer =
                new ShardTransfer(tools, host, budget, what, () -> onEnd(host, course, what));
        course.transfers.put(what.shard(), transfer);
        return transfer;
    }

    private void onEnd(GroupHost host, Course course, ShardTransfer.Course what) {
        ShardTransfer transfer = course.transfers.remove(what.shard());
        if (transfer == null) {
            return;
        }
        if (transfer.isRefused()) {
            course.refused.put(what.shard(), what.config());
        }
        if (transfer.cameToNothing() && course.triedNanos.containsKey(what.shard())) {
            course.holders.put(what.shard(), what.source());
        } else {
            course.triedNanos.remove(what.shard());
        }
        if (transfer.awaitedLogTime() > 0) {
            course.awaited.put(what.shard(), transfer.awaitedLogTime());
            long behind = transfer.awaitedLogTime() - host.machine().appliedLogTime();
            if (course.told.add(what.shard())) {
                tools.outbox.add(
                        new LaneEffect.ShardAwaitsTime(
                                host.groupId(), what.shard(), what.source(), behind));
            }
        }
    }

    /**
     * Whether a try at a shard may succeed as far as log time goes. The leader's own may be behind
     * that of its quorum, and go on from there.
     */
    private boolean isInTime(Now now, GroupHost host, Course course, int shard) {
        long awaited = course.awaited.getOrDefault(shard, 0L);
        if (awaited == 0) {
            return true;
        }
        tools.places.advanceTime(now, host, awaited);
        if (ShardTransfer.isFarBehind(host.status(now).logTime(), awaited)) {
            return false;
        }
        course.awaited.remove(shard);
        return true;
    }

    private void goOn(Now now, GroupHost host, int shard, ClusterMap map, Course course) {
        if (course.transfers.containsKey(shard)) {
            return;
        }
        Acquisition acquisition = course.acquisitions.get(shard);
        Long holder = course.holders.get(shard);
        if (acquisition != null) {
            acquisition.goOn(now);
        } else if (holder != null) {
            maybeTransfer(now, host, course, shard, holder);
        } else if (isInTime(now, host, course, shard)) {
            acquire(now, host, shard, map, course);
        }
    }

    private void acquire(Now now, GroupHost host, int shard, ClusterMap map, Course course) {
        long config = map.config().number();
        Acquisition.Next next =
                new Acquisition.Next() {
                    @Override
                    public void bring(Now then, long holder) {
                        course.acquisitions.remove(shard);
                        if (course.config == config) {
                            course.holders.put(shard, holder);
                            maybeTransfer(then, host, course, shard, holder);
                        }
                    }

                    @Override
                    public void end() {
                        course.acquisitions.remove(shard);
                    }
                };
        Acquisition acquisition =
                new Acquisition(
                        new Acquisition.Tools(tools.router, maps),
                        host.groupId(),
                        Command.Own.empty(shard, config),
                        map.served(shard),
                        ((KvMachine) host.machine()).shard(shard).lostAt(),
                        next);
        course.acquisitions.put(shard, acquisition);
        acquisition.goOn(now);
    }

    /** Nobody is asked again who has it while other shards go first, or moves are paused. */
    private void maybeTransfer(Now now, GroupHost host, Course course, int shard, long holder) {
        MoveSettings settings = tools.places.moveSettings();
        if (course.transfers.size() < settings.transfersMax()
                && !settings.isPaused(shard)
                && course.mayTry(now, shard)) {
            course.holders.remove(shard);
            course.triedNanos.put(shard, now.nanos());
            long config = configToCopyFor(host, course, shard, holder);
            transfer(host, course, new ShardTransfer.Course(shard, config, holder)).begin(now);
        }
    }

    /**
     * That of a copy from the holder which was interrupted, so that it goes on from where it was,
     * although there are newer configs now: as it would had it not been interrupted. Where one of
     * those gave the shard to another group, which had a copy begun, the holder refuses; the next
     * try is for the newest.
     */
    private static long configToCopyFor(GroupHost host, Course course, int shard, long holder) {
        long refused = course.refused.getOrDefault(shard, 0L);
        for (Incoming move : ((KvMachine) host.machine()).incoming()) {
            boolean isInterrupted =
                    move.shard() == shard && move.sourceGroup() == holder && !move.isOwned();
            if (isInterrupted && move.config() > refused) {
                return move.config();
            }
        }
        return course.config;
    }
}
