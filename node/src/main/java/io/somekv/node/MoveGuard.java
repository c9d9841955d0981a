package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.kv.shardmaster.Rebalancer;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Stands before the shard master's Join, Leave and Move: while shards that hold data cannot move, a
 * change that would move one is refused before anything is changed. A write that slips in between
 * the check and the change loses nothing: its group keeps the shard (docs/decisions/0002).
 *
 * <p>A refusal goes through the master's log, under the stamp of the change. Without that:
 *
 * <ol>
 *   <li>shard 5 moves to group 2, the answer is lost, and data is written there,
 *   <li>somebody moves another shard, or group 3 joins, so that the map is another one,
 *   <li>the first move comes again; on this map it would move data, and the client hears that what
 *       it asked for, and what happened, was refused.
 * </ol>
 */
final class MoveGuard {
    /**
     * A shard on its way to a new owner is asked for again this often, a bounded hold each time.
     */
    private static final int CHECKS_MAX = 20;

    private final Router router;

    MoveGuard(Router router) {
        this.router = router;
    }

    static boolean guards(Command command) {
        return command instanceof Command.Join
                || command instanceof Command.Leave
                || command instanceof Command.Move;
    }

    /** Asks the master for the change, unless it would move data. */
    void ask(Now now, Request change, Waiter waiter) {
        check(now, change, waiter, CHECKS_MAX);
    }

    private void check(Now now, Request change, Waiter waiter, int checksLeft) {
        router.ask(
                now,
                GroupSpec.MASTER,
                new Request(Optional.empty(), new Command.QueryConfig(-1)),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.Cluster cluster) {
                        new Check(change, waiter, cluster.map().config(), checksLeft).start(then);
                    } else {
                        waiter.done(then, outcome, logTime);
                    }
                });
    }

    /** One change under examination: all shards that it would move are asked about at once. */
    private final class Check {
        private final Request change;
        private final Waiter waiter;
        private final ShardConfig config;
        private final List<Integer> holding = new ArrayList<>();
        private final int checksLeft;
        private Optional<Outcome> failure = Optional.empty();
        private int unanswered;

        Check(Request change, Waiter waiter, ShardConfig config, int checksLeft) {
            this.checksLeft = checksLeft;
            this.change = change;
            this.waiter = waiter;
            this.config = config;
        }

        void start(Now now) {
            List<Integer> moving = movingShards();
            unanswered = moving.size();
            if (moving.isEmpty()) {
                pass(now);
            }
            for (int shard : moving) {
                router.ask(
                        now,
                        config.owner(shard),
                        new Request(Optional.empty(), new Command.IsPristine(shard)),
                        (then, outcome, logTime) -> onAnswer(then, shard, outcome));
            }
        }

        /** Shards that have an owner and would get another. */
        private List<Integer> movingShards() {
            List<Long> after = ownersAfter();
            List<Integer> moving = new ArrayList<>();
            for (int shard = 0; shard < config.shardCount(); shard++) {
                long before = config.owner(shard);
                if (before != ShardConfig.UNASSIGNED && before != after.get(shard)) {
                    moving.add(shard);
                }
            }
            return moving;
        }

        /** The master itself judges whether the change is sound; here only its moves count. */
        private List<Long> ownersAfter() {
            List<Long> groups = new ArrayList<>();
            config.groups().forEach(group -> groups.add(group.groupId()));
            List<Long> owners = new ArrayList<>(config.owners());
            switch (change.command()) {
                case Command.Join join ->
                        join.groups().forEach(group -> groups.add(group.groupId()));
                case Command.Leave leave -> groups.removeAll(leave.groupIds());
                case Command.Move move -> {
                    if (move.shard() >= 0 && move.shard() < owners.size()) {
                        owners.set(move.shard(), move.groupId());
                    }
                    return owners;
                }
                default -> throw Invariant.unreachable("not a change of the map");
            }
            groups.removeIf(group -> group <= ShardConfig.UNASSIGNED);
            return Rebalancer.rebalance(groups.stream().distinct().sorted().toList(), owners);
        }

        private void onAnswer(Now now, int shard, Outcome outcome) {
            unanswered--;
            if (outcome instanceof Outcome.Int pristine) {
                if (pristine.value() == 0) {
                    holding.add(shard);
                }
            } else {
                failure = Optional.of(outcome);
            }
            if (unanswered == 0) {
                conclude(now);
            }
        }

        private void conclude(Now now) {
            if (!holding.isEmpty()) {
                String message =
                        "the change would move "
                                + holding.size()
                                + " shards that hold data (shard "
                                + holding.getFirst()
                                + " is one), and shards with data cannot be moved yet:"
                                + " join groups before data is loaded; a shard that was emptied"
                                + " by deleting or FLUSHALL still holds the record of what was"
                                + " executed there";
                Command refusal = new Command.KeepInPlace(message);
                router.ask(now, GroupSpec.MASTER, new Request(change.stamp(), refusal), waiter);
            } else if (failure.isPresent()
                    && failure.get() instanceof Outcome.WrongGroup
                    && checksLeft > 0) {
                check(now, change, waiter, checksLeft - 1);
            } else if (failure.isPresent()) {
                waiter.done(now, failure.get(), 0);
            } else {
                pass(now);
            }
        }

        private void pass(Now now) {
            router.ask(now, GroupSpec.MASTER, change, waiter);
        }
    }
}
