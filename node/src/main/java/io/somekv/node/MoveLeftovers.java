package io.somekv.node;

import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.kv.Outgoing;
import io.somekv.kv.ShardStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a group that this lane leads has to see to besides getting its shards (DESIGN §7): a freeze
 * that lasts too long ends, so does a copy that nobody wants or goes on with, what was handed over
 * is released.
 */
final class MoveLeftovers {
    private final ShardDriver.Tools tools;
    private final TransferBudget budget;
    private final OutgoingWatch watch = new OutgoingWatch();
    private final TreeMap<Integer, ShardRelease> releaseByShard = new TreeMap<>();

    /** What is asked, by kind and shard: a freeze is to end although something else is asked. */
    private final Set<String> asked = new TreeSet<>();

    MoveLeftovers(ShardDriver.Tools tools, TransferBudget budget) {
        this.tools = tools;
        this.budget = budget;
    }

    void tick(Now now) {
        releaseByShard.values().forEach(release -> release.tick(now));
    }

    void tend(Now now, GroupHost host, ShardConfig config) {
        KvMachine machine = (KvMachine) host.machine();
        if (config.groups().isEmpty()) {
            suspend(now, host.groupId(), machine, config);
        }
        watch.look(now);
        for (Outgoing move : machine.outgoing()) {
            tendOutgoing(now, host, move, config);
        }
        releaseByShard.values().removeIf(release -> release.isOver(host));
        for (Incoming move : machine.incoming()) {
            if (move.isOwned()) {
                release(now, host, move);
            } else if (config.owner(move.shard()) != host.groupId() && !move.isPrepared()) {
                ask(now, host.groupId(), new Command.Unstage(move.shard(), move.config(), 0));
            }
        }
    }

    /** Nobody is to have any shard: those that are here stay, and are served to nobody. */
    private void suspend(Now now, long groupId, KvMachine machine, ShardConfig config) {
        for (ShardStatus status : machine.shards()) {
            if (machine.serves(status.shard()) && status.ownedSince() < config.number()) {
                ask(now, groupId, new Command.Suspend(status.shard(), config.number()));
            }
        }
    }

    private void tendOutgoing(Now now, GroupHost host, Outgoing move, ShardConfig config) {
        KvMachine machine = (KvMachine) host.machine();
        switch (move.phase()) {
            case COPYING -> {
                boolean isUnwanted =
                        config.owner(move.shard()) != move.targetGroup()
                                && config.number() > move.config();
                long pieces = host.clients().piecesRead(move.shard());
                if (isUnwanted
                        || (watch.isLeftAlone(now, move, pieces) && machine.isOutgrown(move))) {
                    ask(now, host.groupId(), new Command.EndCopy(move.shard(), move.copyId()));
                }
            }
            case FROZEN -> {
                if (watch.isFrozenTooLong(now, move, machine.duplicateBytesToMove(move.shard()))) {
                    ask(now, host.groupId(), new Command.Unfreeze(move.shard(), move.freezeId()));
                }
            }
            case HANDED_OVER -> watch.handedOver(move);
        }
    }

    /** Of several that came of one shard, the first one first. */
    private void release(Now now, GroupHost host, Incoming move) {
        releaseByShard
                .computeIfAbsent(move.shard(), _ -> new ShardRelease(tools, host, budget, move))
                .tick(now);
    }

    /** One question of a kind for a shard at a time. */
    private void ask(Now now, long groupId, Command.MoveStep step) {
        String what = step.getClass().getSimpleName() + " " + step.shard();
        if (asked.add(what)) {
            tools.router()
                    .ask(
                            now,
                            groupId,
                            new Request(Optional.empty(), step),
                            (later, outcome, logTime) -> asked.remove(what));
        }
    }
}
