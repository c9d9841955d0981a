package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.Outgoing.Phase;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.duplicates.MovedRecord;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.HandOverProof;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import java.util.ArrayList;
import java.util.List;
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
    private static final Outcome.Busy BUSY = new Outcome.Busy(10);

    private final Shards shards;
    private final Keyspace keyspace;
    private final DuplicateTable duplicates;
    private final Set<Mutation> mutations;

    ShardMoves(
            Shards shards, Keyspace keyspace, DuplicateTable duplicates, Set<Mutation> mutations) {
        this.mutations = mutations;
        this.shards = shards;
        this.keyspace = keyspace;
        this.duplicates = duplicates;
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
            case Command.Stage stage -> stage(stage, writes);
            case Command.Unstage unstage -> unstage(unstage, writes);
            case Command.Own own -> own(own, writes);
            case Command.Differ differ -> differ(differ, writes);
            case Command.Released released -> released(released, writes);
        };
    }

    // ---- source

    /**
     * What was written is never given up: the asker hears so, and nothing changes. An asker for a
     * config that this group has owned the shard at, or past, is late: it must not come to own it.
     */
    private Outcome giveUp(Command.GiveUp command, EntryWrites writes) {
        int shard = command.shard();
        ShardStatus status = shards.get(shard);
        Optional<Incoming> staging = shards.incoming().staging(shard);
        boolean isLate =
                status.ownedSince() >= command.config()
                        || staging.filter(move -> move.config() >= command.config()).isPresent();
        if (isLate) {
            return shards.wrongGroup(shard);
        }
        if (staging.filter(Incoming::isPrepared).isPresent()
                && !mutations.contains(Mutation.PROMISED_WHILE_PREPARED)) {
            return BUSY;
        }
        if (status.serving() && status.hasData()) {
            return new Outcome.GivenUp(true, true);
        }
        staging.ifPresent(move -> shards.incoming().drop(move, writes));
        shards.promise(shard, command.config(), writes);
        return new Outcome.GivenUp(false, status.ownedSince() > 0);
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

    // ---- target

    private Outcome stage(Command.Stage command, EntryWrites writes) {
        int shard = command.shard();
        ShardStatus status = shards.get(shard);
        if (status.serving()
                || command.config() <= status.ownedSince()
                || command.config() <= status.givenUp()) {
            return shards.wrongGroup(shard);
        }
        Optional<Incoming> staging = shards.incoming().staging(shard);
        if (staging.isPresent() && !isOf(staging.get(), command)) {
            Incoming other = staging.get();
            boolean isNewer =
                    other.config() < command.config()
                            ? !other.isPrepared()
                            : other.config() == command.config() && replaces(command, other);
            if (!isNewer) {
                return BUSY;
            }
            shards.incoming().drop(other, writes);
            staging = Optional.empty();
        }
        long next = staging.map(Incoming::pieces).orElse(0L);
        if (command.number() != next) {
            return command.number() < next ? new Outcome.Ok() : NO_SUCH_COPY;
        }
        Outcome.ShardPiece piece = command.piece();
        boolean bringsRecords =
                staging.map(Incoming::cursor)
                        .filter(at ->
                                at.part() == CopyCursor.Part.OUTCOMES
                                        && at.freezeId() == piece.freezeId())
                        .isPresent();
        if (bringsRecords && (writes.logTime() < piece.logTime() || !duplicates.hasRoomToTake())) {
            return BUSY;
        }
        if (ShardRows.digest(piece.rows()) != piece.digest()) {
            return new Outcome.Invalid("the digest of a piece does not fit its rows");
        }
        take(staging.orElseGet(() -> begin(command, writes)), piece, writes);
        return new Outcome.Ok();
    }

    private static boolean isOf(Incoming move, Command.Stage command) {
        return move.config() == command.config()
                && move.sourceGroup() == command.sourceGroup()
                && move.copyId() == command.piece().copyId();
    }

    /**
     * A later copy by the same source for the same config: the earlier one is void there, for while
     * it is active or handed over none is begun.
     */
    private static boolean replaces(Command.Stage command, Incoming other) {
        return other.sourceGroup() == command.sourceGroup()
                ? other.copyId() < command.piece().copyId()
                : !other.isPrepared();
    }

    private Incoming begin(Command.Stage command, EntryWrites writes) {
        long old = shards.get(command.shard()).generation();
        boolean isReused = old > 0 && mutations.contains(Mutation.OLD_GENERATION_REUSED);
        long generation = isReused ? old : shards.newGeneration(command.shard(), writes);
        return Incoming.begin(command, generation);
    }

    private void take(Incoming move, Outcome.ShardPiece piece, EntryWrites writes) {
        switch (move.cursor().part()) {
            case ROWS, CHANGES ->
                    ShardRows.keys(piece.rows(), (key, row) -> stageRow(move, key, row, writes));
            case OUTCOMES -> takeRecords(move, piece);
            case END -> {}
        }
        long digest = ShardRows.chain(move.digest(), piece.digest());
        shards.incoming().store(move.withPiece(piece, digest), writes);
    }

    private void stageRow(Incoming move, Bytes key, Optional<Bytes> row, EntryWrites writes) {
        if (row.isPresent() || !mutations.contains(Mutation.DELETIONS_NOT_COPIED)) {
            keyspace.stage(key, row, move.shard(), move.generation(), writes);
        }
    }

    /**
     * What is remembered of clients is taken in at once: nobody is judged by it before the shard is
     * owned. Should the freeze end, it comes again, and what came before was true.
     */
    private void takeRecords(Incoming move, Outcome.ShardPiece piece) {
        List<MovedRecord> records = new ArrayList<>();
        ShardRows.records(piece.rows(), encoded -> records.add(MovedRecord.decode(encoded)));
        if (!mutations.contains(Mutation.RECORDS_LEFT_BEHIND)) {
            duplicates.take(move.shard(), records, move.cursor().outcomesAfter());
        }
    }

    private Outcome unstage(Command.Unstage command, EntryWrites writes) {
        Optional<Incoming> move = shards.incoming().find(command.shard(), command.config());
        if (move.isEmpty() || move.get().isOwned()) {
            return new Outcome.Ok();
        }
        boolean mayBeHandedOver =
                move.get().isPrepared() && move.get().cursor().freezeId() != command.voidFreezeId();
        if (mayBeHandedOver) {
            return BUSY;
        }
        shards.incoming().drop(move.get(), writes);
        return new Outcome.Ok();
    }

    private Outcome own(Command.Own own, EntryWrites writes) {
        ShardStatus status = shards.get(own.shard());
        if (own.config() <= status.givenUp()) {
            return shards.wrongGroup(own.shard());
        }
        if (status.serving()) {
            shards.ownOn(own.shard(), own.config(), writes);
            return new Outcome.Ok();
        }
        Optional<Incoming> staging = shards.incoming().staging(own.shard());
        if (own.proof().isPresent()) {
            return ownStaged(own, own.proof().get(), staging, writes);
        }
        if (staging.filter(Incoming::isPrepared).isPresent()) {
            return BUSY;
        }
        staging.ifPresent(move -> shards.incoming().drop(move, writes));
        shards.ownAnew(own.shard(), own.config(), writes);
        return new Outcome.Ok();
    }

    private Outcome ownStaged(
            Command.Own own, HandOverProof proof, Optional<Incoming> staging, EntryWrites writes) {
        boolean fits =
                staging.filter(move ->
                                move.config() == own.config()
                                        && move.copyId() == proof.copyId()
                                        && move.isPrepared()
                                        && move.cursor().freezeId() == proof.freezeId())
                        .isPresent();
        if (!fits) {
            return NO_SUCH_COPY;
        }
        if (writes.logTime() < proof.logTime()) {
            return BUSY;
        }
        Incoming move = staging.get();
        Invariant.check(
                move.digest() == proof.digest(),
                "what is staged of a shard is what its source has sent",
                move.digest(),
                proof.digest());
        shards.ownGeneration(move.shard(), own.config(), move.generation(), writes);
        shards.incoming().store(move.owned(), writes);
        return new Outcome.Ok();
    }

    private Outcome differ(Command.Differ command, EntryWrites writes) {
        shards.incoming()
                .find(command.shard(), command.config())
                .filter(Incoming::isOwned)
                .ifPresent(move -> shards.incoming().store(move.differing(), writes));
        return new Outcome.Ok();
    }

    private Outcome released(Command.Released command, EntryWrites writes) {
        shards.incoming()
                .find(command.shard(), command.config())
                .filter(Incoming::isOwned)
                .ifPresent(move -> shards.incoming().settle(move, writes));
        return new Outcome.Ok();
    }
}
