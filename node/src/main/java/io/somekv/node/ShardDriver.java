package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.kv.ShardStatus;
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

    private final Places places;
    private final MapKeeper maps;
    private final Router router;
    private final TreeMap<Long, TreeSet<Integer>> underWayByGroup = new TreeMap<>();
    private final TreeSet<Long> configuring = new TreeSet<>();

    /**
     * Config for which all shards of a group are known to be owned: nothing to do until a newer
     * one.
     */
    private final TreeMap<Long, Long> settledAtByGroup = new TreeMap<>();

    private long nextNanos;

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
                drive(now, host, map.get());
            } else {
                settledAtByGroup.remove(host.groupId());
            }
        }
    }

    private void drive(Now now, GroupHost host, ClusterMap map) {
        KvMachine machine = (KvMachine) host.machine();
        if (machine.settings().isEmpty()) {
            configure(now, host, map);
            return;
        }
        ShardConfig config = map.config();
        if (settledAtByGroup.getOrDefault(host.groupId(), -1L) == config.number()) {
            return;
        }
        TreeSet<Integer> serving = new TreeSet<>();
        for (ShardStatus status : machine.shards()) {
            if (status.serving()) {
                serving.add(status.shard());
            }
        }
        TreeSet<Integer> underWay =
                underWayByGroup.computeIfAbsent(host.groupId(), g -> new TreeSet<>());
        boolean settled = underWay.isEmpty();
        for (int shard = 0; shard < config.shardCount(); shard++) {
            if (config.owner(shard) == host.groupId() && !serving.contains(shard)) {
                settled = false;
                if (!underWay.contains(shard)) {
                    acquire(now, host.groupId(), shard, config, underWay);
                }
            }
        }
        if (settled) {
            settledAtByGroup.put(host.groupId(), config.number());
        }
    }

    private void configure(Now now, GroupHost host, ClusterMap map) {
        if (configuring.add(host.groupId())) {
            ask(
                    now,
                    host.groupId(),
                    new Command.Configure(map.settings()),
                    (then, outcome, logTime) -> configuring.remove(host.groupId()));
        }
    }

    private void acquire(
            Now now, long groupId, int shard, ShardConfig config, Set<Integer> underWay) {
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
        underWay.add(shard);
        new Acquisition(groupId, shard, config.number(), earlier, underWay).next(now);
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
        private final Set<Integer> underWay;

        Acquisition(
                long groupId, int shard, long config, Set<Long> earlier, Set<Integer> underWay) {
            this.groupId = groupId;
            this.shard = shard;
            this.config = config;
            this.unasked = new ArrayDeque<>(earlier);
            this.underWay = underWay;
        }

        void next(Now now) {
            if (unasked.isEmpty()) {
                ask(
                        now,
                        groupId,
                        new Command.Own(shard, config),
                        (then, outcome, logTime) -> underWay.remove(shard));
            } else {
                ask(
                        now,
                        unasked.removeFirst(),
                        new Command.GiveUp(shard, config),
                        (then, outcome, logTime) -> onPromise(then, outcome));
            }
        }

        /** Anything but a promise ends this try; the next round of the driver begins another. */
        private void onPromise(Now now, Outcome outcome) {
            if (outcome instanceof Outcome.GivenUp givenUp && !givenUp.hasData()) {
                next(now);
            } else {
                underWay.remove(shard);
            }
        }
    }
}
