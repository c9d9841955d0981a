package io.somekv.sim.check;

import io.somekv.kv.Outgoing;
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

    /**
     * One entry may end what kept writes away, take a write, and begin something else that keeps
     * them away: only what is the same before and after it was so all the time.
     */
    private static void checkTaken(GroupRows.Step step, Executed each) {
        Access before = access(step.before(), each.shard());
        Access after = access(step.after(), each.shard());
        boolean isTaken =
                step.group().groupId() == GroupSpec.MASTER
                        || before.takesWrites()
                        || !before.equals(after);
        if (!isTaken) {
            throw new Breach(
                    "group "
                            + step.group().groupId()
                            + " executed at "
                            + step.index()
                            + " what it takes no writes for: "
                            + each
                            + " "
                            + before);
        }
    }

    /** Whether a group takes writes for a shard, and what keeps them away; 0 for nothing. */
    private record Access(boolean isServed, long freezeId, long suspendedAt) {
        boolean takesWrites() {
            return isServed && freezeId == 0 && suspendedAt == 0;
        }
    }

    private static Access access(ShardView view, int shard) {
        long freezeId =
                view.outgoing().stream()
                        .filter(move -> move.shard() == shard)
                        .filter(move -> move.phase() == Outgoing.Phase.FROZEN)
                        .mapToLong(Outgoing::freezeId)
                        .findFirst()
                        .orElse(0);
        return GroupRows.find(view, shard)
                .map(state -> new Access(state.serving(), freezeId, state.suspendedAt()))
                .orElse(new Access(false, freezeId, 0));
    }
}
