package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Set;

/**
 * One shard on its way to one group (DESIGN §7): the promises of all who may have had it, the data
 * of the one that has it, the ownership.
 */
final class Acquisition {
    private final Router router;
    private final long groupId;
    private final int shard;
    private final long config;
    private final ArrayDeque<Long> unasked;
    private final Next next;

    /** Who serves the shard, with data; 0 for nobody. */
    private long holder;

    /** What becomes of it. */
    interface Next {
        /** That group has data of the shard, and nobody else. */
        void bring(Now now, long holder);

        /** It is owned, or cannot be for now. */
        void end();
    }

    /**
     * @param earlier groups that may have had the shard
     */
    Acquisition(Router router, long groupId, Command.Own wanted, Set<Long> earlier, Next next) {
        this.router = router;
        this.groupId = groupId;
        this.shard = wanted.shard();
        this.config = wanted.config();
        this.unasked = new ArrayDeque<>(earlier);
        this.next = next;
    }

    void go(Now now) {
        if (!unasked.isEmpty()) {
            long owner = unasked.removeFirst();
            ask(
                    now,
                    owner,
                    new Command.GiveUp(shard, config),
                    (then, outcome, logTime) -> onPromise(then, owner, outcome));
        } else if (holder != 0) {
            next.bring(now, holder);
        } else {
            ask(
                    now,
                    groupId,
                    Command.Own.empty(shard, config),
                    (then, outcome, logTime) -> next.end());
        }
    }

    /** Anything but a promise ends this try; a later round of the driver begins another. */
    private void onPromise(Now now, long owner, Outcome outcome) {
        if (outcome instanceof Outcome.GivenUp givenUp) {
            holder = givenUp.hasData() ? owner : holder;
            go(now);
        } else {
            next.end();
        }
    }

    private void ask(Now now, long group, Command command, Waiter waiter) {
        router.ask(now, group, new Request(Optional.empty(), command), waiter);
    }
}
