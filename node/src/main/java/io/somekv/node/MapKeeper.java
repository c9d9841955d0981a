package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps the lane's map fresh: asks the shard master now and then, and soon when an answer has shown
 * that the map is stale; fetches old configs for whoever must follow a shard's chain of owners.
 */
final class MapKeeper {
    private static final long IDLE_NANOS = 1_000_000_000L;
    private static final long STALE_NANOS = 20_000_000L;

    private final Places places;
    private final Router router;
    private final Consumer<ClusterMap> onNewer;
    private boolean asking;
    private boolean askingPast;
    private long askedNanos;
    private Optional<Long> readNanos = Optional.empty();

    /**
     * @param onNewer told of each map that is newer than the one before
     */
    MapKeeper(Places places, Router router, Now startedAt, Consumer<ClusterMap> onNewer) {
        this.places = places;
        this.router = router;
        this.onNewer = onNewer;
        this.askedNanos = startedAt.nanos() - IDLE_NANOS;
    }

    void tick(Now now) {
        long since = now.nanos() - askedNanos;
        boolean due = since >= IDLE_NANOS || (places.isFreshMapWanted() && since >= STALE_NANOS);
        boolean reachable =
                places.map().isPresent()
                        || places.host(GroupSpec.MASTER) != null
                        || places.isAnyOtherUp();
        if (!asking && due && reachable) {
            asking = true;
            askedNanos = now.nanos();
            places.freshMapAsked();
            query(now, -1);
        }
    }

    /** The config of that number, or empty while it is being fetched. */
    Optional<ShardConfig> config(Now now, long number) {
        Optional<ShardConfig> known = places.owners().config(number);
        if (known.isEmpty() && !askingPast) {
            askingPast = true;
            query(now, number);
        }
        return known;
    }

    /** A moment before the newest map that this lane asked for was read; empty before the first. */
    Optional<Long> readNanos() {
        return readNanos;
    }

    void learn(ClusterMap map) {
        if (places.learn(map)) {
            onNewer.accept(map);
        }
    }

    private void query(Now now, long number) {
        Request request = new Request(Optional.empty(), new Command.QueryConfig(number));
        router.ask(
                now,
                GroupSpec.MASTER,
                request,
                (then, outcome, logTime) -> onAnswer(number, outcome));
    }

    private void onAnswer(long number, Outcome outcome) {
        if (number < 0) {
            asking = false;
        } else {
            askingPast = false;
        }
        if (outcome instanceof Outcome.Cluster cluster) {
            if (number < 0) {
                readNanos = Optional.of(askedNanos);
                learn(cluster.map());
            } else {
                places.owners().learnPast(cluster.map().config());
            }
        }
    }
}
