package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.kv.ShardStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.ReportServed;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.Served;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells the shard master which shards a group serves that this lane leads: so the map shows where
 * they are, and who wants them later need not ask those who had them before.
 */
final class ServedReporter {
    /** Of one report. */
    private static final int SHARDS_MAX = 4096;

    private final Places places;
    private final Router router;
    private boolean isUnderWay;

    ServedReporter(Places places, Router router) {
        this.places = places;
        this.router = router;
    }

    /** Reports what the map does not show yet. Whether it shows all. */
    boolean report(Now now, GroupHost host, ClusterMap map) {
        if (isUnderWay) {
            return false;
        }
        List<ReportServed.Since> unknown = unknown(host, map);
        if (unknown.isEmpty()) {
            return true;
        }
        isUnderWay = true;
        Command report = new ReportServed(host.groupId(), unknown);
        router.ask(
                now,
                GroupSpec.MASTER,
                new Request(Optional.empty(), report),
                (then, outcome, logTime) -> {
                    isUnderWay = false;
                    places.wantFreshMap();
                });
        return false;
    }

    private static List<ReportServed.Since> unknown(GroupHost host, ClusterMap map) {
        KvMachine machine = (KvMachine) host.machine();
        List<ReportServed.Since> unknown = new ArrayList<>();
        for (ShardStatus status : machine.shards()) {
            Served known = map.served(status.shard());
            // The map may be older than what this group has applied.
            boolean isNews =
                    status.serving()
                            && status.ownedSince() > known.config()
                            && status.ownedSince() <= map.config().number();
            if (isNews && unknown.size() < SHARDS_MAX) {
                unknown.add(new ReportServed.Since(status.shard(), status.ownedSince()));
            }
        }
        return unknown;
    }
}
