package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.duplicates.MovedRecord;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.HandOverProof;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the group that is to own a shard does on its way (see {@link ShardMoves}): takes in pieces,
 * owns, and forgets where it had the shard from.
 */
final class TargetSteps {
    private final Shards shards;
    private final Keyspace keyspace;
    private final DuplicateTable duplicates;
    private final Set<Mutation> mutations;

    TargetSteps(
            Shards shards, Keyspace keyspace, DuplicateTable duplicates, Set<Mutation> mutations) {
        this.shards = shards;
        this.keyspace = keyspace;
        this.duplicates = duplicates;
        this.mutations = mutations;
    }

    Outcome stage(Command.Stage command, EntryWrites writes) {
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
                return ShardMoves.BUSY;
            }
            shards.incoming().drop(other, writes);
            staging = Optional.empty();
        }
        long next = staging.map(Incoming::pieces).orElse(0L);
        if (command.number() != next) {
            return command.number() < next ? new Outcome.Ok() : ShardMoves.NO_SUCH_COPY;
        }
        Outcome.ShardPiece piece = command.piece();
        if (ShardRows.digest(piece.rows()) != piece.digest()) {
            return new Outcome.Invalid("the digest of a piece does not fit its rows");
        }
        List<MovedRecord> records = piece.freezeId() == 0 ? List.of() : records(piece);
        boolean isEarly = piece.freezeId() != 0 && writes.logTime() < piece.logTime();
        if (isEarly || (!records.isEmpty() && !duplicates.hasRoomToTake())) {
            return ShardMoves.BUSY;
        }
        Incoming move = staging.orElseGet(() -> begin(command, writes));
        ShardRows.read(piece.rows(), (key, row) -> stageRow(move, key, row, writes), record -> {});
        takeRecords(move, records);
        long digest = ShardRows.chain(move.digest(), piece.digest());
        shards.incoming().store(move.withPiece(piece, digest), writes);
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

    private static List<MovedRecord> records(Outcome.ShardPiece piece) {
        List<MovedRecord> records = new ArrayList<>();
        ShardRows.read(
                piece.rows(), (key, row) -> {}, record -> records.add(MovedRecord.decode(record)));
        return records;
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
    private void takeRecords(Incoming move, List<MovedRecord> records) {
        if (!mutations.contains(Mutation.RECORDS_LEFT_BEHIND)) {
            duplicates.take(move.shard(), records, move.cursor().outcomesAfter());
        }
    }

    Outcome unstage(Command.Unstage command, EntryWrites writes) {
        Optional<Incoming> move = shards.incoming().find(command.shard(), command.config());
        if (move.isEmpty() || move.get().isOwned()) {
            return new Outcome.Ok();
        }
        boolean mayBeHandedOver =
                move.get().isPrepared() && move.get().cursor().freezeId() != command.voidFreezeId();
        if (mayBeHandedOver) {
            return ShardMoves.BUSY;
        }
        shards.incoming().drop(move.get(), writes);
        return new Outcome.Ok();
    }

    Outcome own(Command.Own own, EntryWrites writes) {
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
            return ShardMoves.BUSY;
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
            return ShardMoves.NO_SUCH_COPY;
        }
        if (writes.logTime() < proof.logTime()) {
            return ShardMoves.BUSY;
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

    Outcome differ(Command.Differ command, EntryWrites writes) {
        shards.incoming()
                .find(command.shard(), command.config())
                .filter(Incoming::isOwned)
                .ifPresent(move -> shards.incoming().store(move.differing(), writes));
        return new Outcome.Ok();
    }

    Outcome released(Command.Released command, EntryWrites writes) {
        shards.incoming()
                .find(command.shard(), command.config())
                .filter(Incoming::isOwned)
                .ifPresent(move -> shards.incoming().settle(move, writes));
        return new Outcome.Ok();
    }
}
