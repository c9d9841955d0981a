package io.somekv.sim.check;

import io.somekv.kv.Outgoing;
import io.somekv.kv.ShardStatus;
import io.somekv.kv.ShardView;
import io.somekv.kv.duplicates.Executed;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.config.GroupSpec;
import java.util.HashMap;
import java.util.Map;

/**
 * A request is executed once in the whole system (DESIGN §7), however often its copies come and
 * wherever its shard has gone meanwhile; and only where the shard takes writes.
 */
final class ExecutionWatch {
    private record Key(ClientId client, long sequence) {}

    private record Place(long groupId, long index, int shard) {}

    private final Map<Key, Place> executed = new HashMap<>();

    void applied(GroupRows.Step step) {
        for (Executed each : step.executed()) {
            Place here = new Place(step.group().groupId(), step.index(), each.shard());
            Place first = executed.putIfAbsent(new Key(each.client(), each.sequence()), here);
            boolean isNew = first == null;
            if (!isNew && step.takesRecords(each.shard())) {
                continue;
            }
            if (!isNew) {
                throw new Breach(
                        each
                                + " was executed twice: by group "
                                + first.groupId
                                + " at "
                                + first.index
                                + " in shard "
                                + first.shard
                                + ", and by group "
                                + here.groupId
                                + " at "
                                + here.index);
            }
            checkTaken(step, each);
        }
    }

    private static void checkTaken(GroupRows.Step step, Executed each) {
        boolean isTaken =
                step.group().groupId() == GroupSpec.MASTER
                        || takesWrites(step.before(), each.shard())
                        || takesWrites(step.after(), each.shard());
        if (!isTaken) {
            throw new Breach(
                    "group "
                            + step.group().groupId()
                            + " executed at "
                            + step.index()
                            + " what it takes no writes for: "
                            + each);
        }
    }

    /** Served, and neither frozen nor suspended. */
    static boolean takesWrites(ShardView view, int shard) {
        boolean isFrozen =
                view.outgoing().stream()
                        .anyMatch(move ->
                                move.shard() == shard && move.phase() == Outgoing.Phase.FROZEN);
        return !isFrozen
                && GroupRows.find(view, shard)
                        .filter(ShardStatus::serving)
                        .filter(state -> !state.isSuspended())
                        .isPresent();
    }
}
