package io.somekv.kv;

import io.somekv.base.Mutation;
import io.somekv.kv.Outgoing.Phase;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import java.util.Optional;
import java.util.Set;

/**
 * Carries out the steps by which a shard goes from one group to another (DESIGN §7). Source and
 * target each decide in their own log, in whatever order steps and copies of steps arrive:
 *
 * <ul>
 *   <li>the source serves until {@link Command.HandOver}, and never for that config after it;
 *   <li>which it carries out only under the freeze that the target has seen all of;
 *   <li>a target that has seen all promises nobody that it will not own the shard: it must learn
 *       first whether it was handed over.
 * </ul>
 */
final class ShardMoves {
    static final Outcome.Refused NO_SUCH_COPY =
            new Outcome.Refused(Reason.NO_SUCH_COPY, "no such copy of this shard is under way");
    static final Outcome.Busy BUSY = new Outcome.Busy(10);

    private final Shards shards;
    private final Set<Mutation> mutations;
    private final TargetSteps target;

    ShardMoves(
            Shards shards, Keyspace keyspace, DuplicateTable duplicates, Set<Mutation> mutations) {
        this.mutations = mutations;
        this.shards = shards;
        this.target = new TargetSteps(shards, keyspace, duplicates, mutations);
    }

    Outcome execute(Command.MoveStep step, EntryWrites writes) {
        return switch (step) {
            case Command.GiveUp giveUp -> giveUp(giveUp, writes);
            case Command.StartCopy start -> startCopy(start, writes);
            case Command.Freeze freeze -> freeze(freeze, writes);
            case Command.Unfreeze unfreeze -> unfreeze(unfreeze, writes);
            case Command.EndCopy end -> endCopy(end, writes);
            case Command.HandOver handOver -> handOver(handOver, writes);
            case Command.Suspend suspend -> suspend(suspend, writes);
            case Command.Release release -> release(release, writes);
            case Command.Stage stage -> target.stage(stage, writes);
            case Command.Unstage unstage -> target.unstage(unstage, writes);
            case Command.Own own -> target.own(own, writes);
            case Command.Differ differ -> target.differ(differ, writes);
            case Command.Released released -> target.released(released, writes);
        };
    }

    /**
     * What was written is never given up: the asker hears so, and nothing changes. An asker for a
     * config that this group has owned the shard at, or past, is late: it must not come to own it.
     * So is one for a config before another that was promised: whom it was promised to need not
     * have asked all who are to have it for a config in between.
     */
    private Outcome giveUp(Command.GiveUp command, EntryWrites writes) {
        int shard = command.shard();
        ShardStatus status = shards.get(shard);
        Optional<Incoming> staging = shards.incoming().staging(shard);
        boolean isLate =
                status.ownedSince() >= command.config()
                        || isPromisedBeyond(status, command.config())
                        || staging.filter(move -> move.config() >= command.config()).isPresent();
        if (isLate) {
            return shards.wrongGroup(shard);
        }
        if (staging.filter(Incoming::isPrepared).isPresent()
                && !mutations.contains(Mutation.PROMISED_WHILE_PREPARED)) {
            return BUSY;
        }
        if (status.serving() && status.hasData()) {
            return new Outcome.GivenUp(true, 0);
        }
        staging.ifPresent(move -> shards.incoming().drop(move, writes));
        shards.promise(shard, command.config(), writes);
        return new Outcome.GivenUp(false, shards.get(shard).lostAt());
    }

    private boolean isPromisedBeyond(ShardStatus status, long config) {
        return status.givenUp() > config && !mutations.contains(Mutation.PROMISED_BACKWARDS);
    }

    private Outcome startCopy(Command.StartCopy start, EntryWrites writes) {
        ShardStatus status = shards.get(start.shard());
        if (!status.serving()
                || status.ownedSince() >= start.config()
                || status.suspendedAt() >= start.config()) {
            return shards.wrongGroup(start.shard());
        }
        Optional<Outgoing> active = shards.outgoing().active(start.shard());
        if (active.isPresent()) {
            Outgoing move = active.get();
            if (move.config() == start.config() && move.targetGroup() == start.targetGroup()) {
                return new Outcome.Copying(move.copyId());
            }
            if (move.config() >= start.config()) {
                return shards.wrongGroup(start.shard());
            }
            if (move.phase() == Phase.FROZEN) {
                return BUSY;
            }
            end(move, writes);
        }
        Outgoing move =
                new Outgoing(
                        start.shard(),
                        writes.index(),
                        start.config(),
                        start.targetGroup(),
                        status.generation(),
                        Phase.COPYING,
                        0,
                        0);
        shards.outgoing().store(move, writes);
        shards.resume(start.shard(), writes);
        return new Outcome.Copying(move.copyId());
    }

    private Outcome freeze(Command.Freeze freeze, EntryWrites writes) {
        Optional<Outgoing> move = active(freeze.shard(), freeze.copyId());
        if (move.isEmpty()) {
            return NO_SUCH_COPY;
        }
        if (move.get().phase() == Phase.COPYING) {
            shards.outgoing().store(move.get().frozen(writes.index(), writes.logTime()), writes);
        }
        return new Outcome.Ok();
    }

    private Outcome unfreeze(Command.Unfreeze unfreeze, EntryWrites writes) {
        Optional<Outgoing> move =
                shards.outgoing()
                        .active(unfreeze.shard())
                        .filter(one -> isFrozenBy(one, unfreeze.freezeId()));
        move.ifPresent(one -> {
            shards.outgoing().store(one.unfrozen(), writes);
            if (mutations.contains(Mutation.DROPPED_WHEN_UNFROZEN)) {
                writes.dropGeneration(one.shard(), one.generation());
            }
        });
        return new Outcome.Ok();
    }

    private Outcome endCopy(Command.EndCopy command, EntryWrites writes) {
        Optional<Outgoing> move = active(command.shard(), command.copyId());
        if (move.isEmpty()) {
            return new Outcome.Ok();
        }
        if (move.get().phase() == Phase.FROZEN) {
            return BUSY;
        }
        end(move.get(), writes);
        return new Outcome.Ok();
    }

    /** A shard that begins anew holds nothing of what was copied. */
    void onClear(int shard, EntryWrites writes) {
        shards.outgoing().active(shard).ifPresent(move -> end(move, writes));
    }

    private void end(Outgoing move, EntryWrites writes) {
        shards.outgoing().dropChanges(move, writes);
        shards.outgoing().forget(move, writes);
    }

    private Outcome handOver(Command.HandOver command, EntryWrites writes) {
        Optional<Outgoing> found = shards.outgoing().find(command.shard(), command.copyId());
        boolean isAnyFreeze = mutations.contains(Mutation.VOID_FREEZE_HANDED_OVER);
        if (found.isEmpty() || (found.get().freezeId() != command.freezeId() && !isAnyFreeze)) {
            return NO_SUCH_COPY;
        }
        Outgoing move = found.get();
        if (move.phase() == Phase.COPYING && !isAnyFreeze) {
            return NO_SUCH_COPY;
        }
        if (move.isActive()) {
            shards.promise(move.shard(), move.config(), writes);
            shards.outgoing().dropChanges(move, writes);
            shards.outgoing().store(move.handedOver(), writes);
            if (mutations.contains(Mutation.RELEASED_BEFORE_OWNED)) {
                writes.dropGeneration(move.shard(), move.generation());
            }
        }
        return new Outcome.HandedOver(move.frozenLogTime());
    }

    private Outcome suspend(Command.Suspend command, EntryWrites writes) {
        ShardStatus status = shards.get(command.shard());
        if (!status.serving() || status.ownedSince() >= command.config()) {
            return shards.wrongGroup(command.shard());
        }
        boolean isLate =
                shards.outgoing()
                        .active(command.shard())
                        .filter(move -> move.config() > command.config())
                        .isPresent();
        if (isLate) {
            return shards.wrongGroup(command.shard());
        }
        shards.suspend(command.shard(), command.config(), writes);
        return new Outcome.Ok();
    }

    /** Rows that came from elsewhere are compared with those there before they go on from here. */
    private Outcome release(Command.Release command, EntryWrites writes) {
        Optional<Outgoing> move = shards.outgoing().find(command.shard(), command.copyId());
        if (move.isPresent() && move.get().isActive()) {
            return new Outcome.Invalid("this copy was not handed over");
        }
        boolean isCompared =
                move.filter(one -> shards.incoming().isOwned(one.shard(), one.generation()))
                        .isPresent();
        if (isCompared) {
            return BUSY;
        }
        move.ifPresent(one -> {
            writes.dropGeneration(one.shard(), one.generation());
            shards.outgoing().forget(one, writes);
        });
        return new Outcome.Ok();
    }

    private Optional<Outgoing> active(int shard, long copyId) {
        return shards.outgoing().active(shard).filter(move -> move.copyId() == copyId);
    }

    private static boolean isFrozenBy(Outgoing move, long freezeId) {
        return move.phase() == Phase.FROZEN && move.freezeId() == freezeId;
    }
}
