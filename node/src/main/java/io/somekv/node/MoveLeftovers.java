package io.somekv.node;

import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.kv.Outgoing;
import io.somekv.kv.ShardStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * What a group that this lane leads has to see to besides getting its shards (DESIGN §7): a freeze
 * that lasts too long ends, so does a copy that nobody wants or that would be made anew for less,
 * what was handed over is released.
 */
final class MoveLeftovers {
    /**
     * A target that is there needs milliseconds. What clients ask for meanwhile is held for a
     * quarter of a second.
     */
    private static final long FREEZE_NANOS = 150_000_000L;

    /** Each freeze that ended in vain lets the next one of that copy last twice as long. */
    private static final int FREEZE_DOUBLINGS_MAX = 6;

    /** Of the duplicate table, which is copied under the freeze. */
    private static final long BYTES_PER_MILLISECOND = 16 << 10;

    /** Without a question for so long a copy is left alone: paused, or its target is away. */
    private static final long LEFT_ALONE_NANOS = 10_000_000_000L;

    private final ShardDriver.Tools tools;
    private final TransferBudget budget;
    private final TreeMap<Integer, Frozen> frozenByShard = new TreeMap<>();
    private final TreeMap<Integer, Copied> copiedByShard = new TreeMap<>();
    private final TreeMap<Integer, ShardRelease> releaseByShard = new TreeMap<>();
    private final Set<Integer> asked = new TreeSet<>();

    /** Since when this leader knows of a freeze, and how many of that copy ended in vain. */
    private record Frozen(long copyId, long freezeId, long sinceNanos, int inVain) {}

    /** Since when no more pieces of a copy were read. */
    private record Copied(long copyId, long pieces, long sinceNanos) {}

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
        for (Outgoing move : machine.outgoing()) {
            tendOutgoing(now, host, move, config);
        }
        releaseByShard.values().removeIf(release -> release.isOver(host));
        for (Incoming move : machine.incoming()) {
            if (move.isOwned()) {
                release(now, host, move);
            } else if (config.owner(move.shard()) != host.groupId() && !move.isPrepared()) {
                ask(
                        now,
                        host.groupId(),
                        new Command.Unstage(move.shard(), move.config(), 0),
                        (then, outcome) -> asked.remove(move.shard()));
            }
        }
    }

    /** Nobody is to have any shard: those that are here stay, and are served to nobody. */
    private void suspend(Now now, long groupId, KvMachine machine, ShardConfig config) {
        for (ShardStatus status : machine.shards()) {
            if (machine.serves(status.shard()) && status.ownedSince() < config.number()) {
                ask(
                        now,
                        groupId,
                        new Command.Suspend(status.shard(), config.number()),
                        (then, outcome) -> asked.remove(status.shard()));
            }
        }
    }

    private void tendOutgoing(Now now, GroupHost host, Outgoing move, ShardConfig config) {
        switch (move.phase()) {
            case COPYING -> {
                boolean isUnwanted =
                        config.owner(move.shard()) != move.targetGroup()
                                && config.number() > move.config();
                if (isUnwanted || isOutgrown(now, host, move)) {
                    ask(
                            now,
                            host.groupId(),
                            new Command.EndCopy(move.shard(), move.copyId()),
                            (then, outcome) -> asked.remove(move.shard()));
                }
            }
            case FROZEN -> tendFrozen(now, host, move);
            case HANDED_OVER -> {
                frozenByShard.remove(move.shard());
                copiedByShard.remove(move.shard());
            }
        }
    }

    /**
     * Whether a copy is left alone, and would be made anew for less. One that somebody reads is not
     * outgrown for long: in the end he is faster ({@link CopyBrake}).
     */
    private boolean isOutgrown(Now now, GroupHost host, Outgoing move) {
        long pieces = host.clients().piecesRead(move.shard());
        Copied known = copiedByShard.get(move.shard());
        if (known == null || known.copyId != move.copyId() || known.pieces != pieces) {
            copiedByShard.put(move.shard(), new Copied(move.copyId(), pieces, now.nanos()));
            return false;
        }
        return now.nanos() - known.sinceNanos >= LEFT_ALONE_NANOS
                && ((KvMachine) host.machine()).isOutgrown(move);
    }

    private void tendFrozen(Now now, GroupHost host, Outgoing move) {
        Frozen known = frozenByShard.get(move.shard());
        boolean isOfCopy = known != null && known.copyId == move.copyId();
        if (known == null || !isOfCopy || known.freezeId != move.freezeId()) {
            int inVain = known != null && isOfCopy ? known.inVain + 1 : 0;
            frozenByShard.put(
                    move.shard(), new Frozen(move.copyId(), move.freezeId(), now.nanos(), inVain));
            return;
        }
        long duplicateBytes = ((KvMachine) host.machine()).duplicateBytesHeld();
        long limit =
                (FREEZE_NANOS << Math.min(known.inVain, FREEZE_DOUBLINGS_MAX))
                        + duplicateBytes / BYTES_PER_MILLISECOND * 1_000_000;
        if (now.nanos() - known.sinceNanos > limit) {
            ask(
                    now,
                    host.groupId(),
                    new Command.Unfreeze(move.shard(), move.freezeId()),
                    (then, outcome) -> asked.remove(move.shard()));
        }
    }

    /** Of several that came of one shard, the first one first. */
    private void release(Now now, GroupHost host, Incoming move) {
        releaseByShard
                .computeIfAbsent(move.shard(), _ -> new ShardRelease(tools, host, budget, move))
                .tick(now);
    }

    /** One question for a shard at a time. */
    private void ask(Now now, long groupId, Command command, BiConsumer<Now, Outcome> then) {
        int shard = ((Command.MoveStep) command).shard();
        if (asked.add(shard)) {
            tools.router()
                    .ask(
                            now,
                            groupId,
                            new Request(Optional.empty(), command),
                            (later, outcome, logTime) -> then.accept(later, outcome));
        }
    }
}
