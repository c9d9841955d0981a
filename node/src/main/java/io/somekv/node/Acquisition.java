package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.Optional;
import java.util.TreeSet;

/**
 * One shard on its way to one group (DESIGN §7): the promises of all who may have had it, the data
 * of the one that has it, the ownership.
 *
 * <p>Asked first is who served it when the shard master last heard. Has that group data, nobody
 * else has; has it given the shard up, others may have had it from that config on, and they are
 * asked, the latest first. So a group that was to have the shard, and never had it, is in nobody's
 * way, be it gone for good: it would need that promise, which it no longer gets.
 */
final class Acquisition {
    private final Tools tools;
    private final long groupId;
    private final int shard;
    private final long config;
    private final Next next;
    private final TreeSet<Long> asked = new TreeSet<>();
    private final long lastServing;

    /** The lowest config at which others may have had it. */
    private long since;

    /** The next config to look at; all after it were. */
    private long unlooked;

    private boolean isAsking;

    /** Whom it asks, and whence it knows old configs. */
    record Tools(Router router, MapKeeper maps) {}

    /** What becomes of it. */
    interface Next {
        /** That group has data of the shard, and nobody else. */
        void bring(Now now, long holder);

        /** It is owned, or cannot be for now. */
        void end();
    }

    /**
     * @param served who served it last, as far as the shard master has heard
     * @param lostAt as {@link Outcome.GivenUp#lostAt}, of the group itself
     */
    Acquisition(
            Tools tools, long groupId, Command.Own wanted, Served served, long lostAt, Next next) {
        this.tools = tools;
        this.groupId = groupId;
        this.shard = wanted.shard();
        this.config = wanted.config();
        this.next = next;
        this.lastServing = served.groupId();
        this.since = Math.max(1, Math.max(served.config(), lostAt));
        this.unlooked = config - 1;
        asked.add(groupId);
        asked.add(ShardConfig.UNASSIGNED);
    }

    /** Whether it can go no further until a config is known: {@link #goOn} then. */
    boolean isWaiting() {
        return !isAsking;
    }

    void goOn(Now now) {
        if (isAsking) {
            return;
        }
        long owner = lastServing;
        while (!asked.add(owner)) {
            if (unlooked < since) {
                own(now);
                return;
            }
            Optional<ShardConfig> past = tools.maps.config(now, unlooked);
            if (past.isEmpty()) {
                return;
            }
            owner = past.get().owner(shard);
            unlooked--;
        }
        long asking = owner;
        ask(
                now,
                asking,
                new Command.GiveUp(shard, config),
                (then, outcome, logTime) -> onPromise(then, asking, outcome));
    }

    /** Anything but a promise ends this try; a later round of the driver begins another. */
    private void onPromise(Now now, long owner, Outcome outcome) {
        if (!(outcome instanceof Outcome.GivenUp givenUp)) {
            next.end();
        } else if (givenUp.hasData()) {
            next.bring(now, owner);
        } else {
            if (owner == lastServing) {
                since = Math.max(since, givenUp.lostAt());
            }
            isAsking = false;
            goOn(now);
        }
    }

    private void own(Now now) {
        ask(now, groupId, Command.Own.empty(shard, config), (then, outcome, logTime) -> next.end());
    }

    private void ask(Now now, long group, Command command, Waiter waiter) {
        isAsking = true;
        tools.router.ask(now, group, new Request(Optional.empty(), command), waiter);
    }
}
