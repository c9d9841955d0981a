package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.kv.Keyspace.Place;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.FrameCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The reads of a data group: answered from applied state, expiry judged by the log time there, and
 * only where the group serves the shard at that moment.
 */
final class KvReads {
    private static final Outcome BUSY = new Outcome.Busy(10);
    private static final int SLOT_KEYS_SIZE_MAX = FrameCodec.FRAME_SIZE_MAX / 4;

    private final MachineRows rows;
    private final KeyPlaces places;
    private final ExpiryIndex expiries;
    private final Keyspace keyspace;
    private final ShardPieces pieces;

    KvReads(
            MachineRows rows,
            KeyPlaces places,
            ExpiryIndex expiries,
            Keyspace keyspace,
            ShardPieces pieces) {
        this.pieces = pieces;
        this.rows = rows;
        this.places = places;
        this.expiries = expiries;
        this.keyspace = keyspace;
    }

    /** {@link StateMachine#read}. */
    Outcome read(Command.Read command) {
        return switch (command) {
            case Command.Get get ->
                    ofKeys(
                            get,
                            place ->
                                    find(get.key(), place)
                                            .<Outcome>map(found -> new Outcome.Value(found.value()))
                                            .orElseGet(Outcome.Nil::new));
            case Command.GetMany get -> ofKeys(get, place -> values(get.keys(), place));
            case Command.Exists exists ->
                    ofKeys(exists, place -> countExisting(exists.keys(), place));
            case Command.StringLength length ->
                    ofKeys(
                            length,
                            place ->
                                    new Outcome.Int(
                                            find(length.key(), place)
                                                    .map(found -> found.value().size())
                                                    .orElse(0)));
            case Command.TimeToLive ttl ->
                    ofKeys(ttl, place -> new Outcome.Int(timeToLive(ttl.key(), place)));
            case Command.CountKeys count ->
                    ofShard(
                            count.shard(),
                            place ->
                                    new Outcome.Int(
                                            keyspace.count(
                                                    place, key -> true, logTime(place.shard()))));
            case Command.OfSlot slot ->
                    places.shardOf(slot)
                            .map(shard -> ofShard(shard, place -> ofSlot(slot, place)))
                            .orElseGet(() -> new Outcome.WrongGroup(0));
            case Command.IsPristine pristine ->
                    ofShard(
                            pristine.shard(),
                            place ->
                                    new Outcome.Int(
                                            places.shards().get(place.shard()).hasData() ? 0 : 1));
            case Command.ReadShard piece ->
                    places.shards()
                            .outgoing()
                            .active(piece.shard())
                            .filter(move -> move.copyId() == piece.copyId())
                            .<Outcome>map(move ->
                                    pieces.read(
                                            move,
                                            piece.cursor(),
                                            logTime(piece.shard()),
                                            places.traffic().total()))
                            .orElse(ShardMoves.NO_SUCH_COPY);
            case Command.DigestShard digest -> digest(digest);
            case Command.StateDigest _ -> new Outcome.Int(rows.digest());
            case Command.QueryConfig _, Command.QueryCaretaker _ -> KvMachine.OF_THE_MASTER;
        };
    }

    private Outcome digest(Command.DigestShard command) {
        return places.shards()
                .outgoing()
                .find(command.shard(), command.copyId())
                .filter(move -> !move.isActive())
                .<Outcome>map(move ->
                        pieces.digests().handedOver(move, command.range(), rows.appliedLogTime()))
                .orElse(ShardMoves.NO_SUCH_COPY);
    }

    private Outcome ofKeys(Command.Keyed command, Function<Place, Outcome> reading) {
        Optional<Outcome> refusal = places.refuse(command.keys());
        if (refusal.isPresent()) {
            return refusal.get();
        }
        int shard = places.shardOf(command.keys().getFirst());
        places.traffic().count(shard);
        return ofShard(
                shard, place -> anyGoneSince(command.keys(), place) ? BUSY : reading.apply(place));
    }

    /**
     * Whether a key of a frozen shard has gone since the freeze. It may not be seen any more; but
     * whoever is seen as gone could be back for a moment at the next owner, whose log time need not
     * be past that of the freeze. Which of the two it is shows when the freeze ends.
     */
    private boolean anyGoneSince(List<Bytes> keys, Place place) {
        long applied = rows.appliedLogTime();
        return logTime(place.shard()) < applied && anyExpires(keys, place, applied);
    }

    private Outcome ofShard(int shard, Function<Place, Outcome> reading) {
        return places.serving(shard)
                .map(reading)
                .orElseGet(() -> places.shards().wrongGroup(shard));
    }

    /** That the keys of a shard are judged by. */
    private long logTime(int shard) {
        return places.shards().outgoing().logTimeOf(shard, rows.appliedLogTime());
    }

    private Outcome ofSlot(Command.OfSlot command, Place place) {
        return switch (command) {
            case Command.CountSlot count ->
                    new Outcome.Int(
                            keyspace.count(
                                    place,
                                    key -> Slots.slotOf(key) == count.slot(),
                                    logTime(place.shard())));
            case Command.SlotKeys keys -> new Outcome.Values(keysOf(keys, place));
        };
    }

    /** No more than an answer has room for. */
    private List<Optional<Bytes>> keysOf(Command.SlotKeys command, Place place) {
        List<Optional<Bytes>> keys = new ArrayList<>();
        int[] room = {SLOT_KEYS_SIZE_MAX};
        keyspace.scan(
                place,
                logTime(place.shard()),
                key -> {
                    boolean isOf = Slots.slotOf(key) == command.slot();
                    room[0] -= isOf ? key.size() : 0;
                    if (room[0] < 0 || keys.size() >= command.countMax()) {
                        return false;
                    }
                    if (isOf) {
                        keys.add(Optional.of(key.compact()));
                    }
                    return true;
                });
        return keys;
    }

    private Optional<StoredValue> find(Bytes key, Place place) {
        return keyspace.get(key, place, logTime(place.shard()));
    }

    /**
     * Stops where no frame could carry the answer: a command of some bytes may name values that
     * together are larger than the heap.
     */
    private Outcome values(List<Bytes> keys, Place place) {
        List<Optional<Bytes>> values = new ArrayList<>(keys.size());
        long bytes = 0;
        for (Bytes key : keys) {
            Optional<Bytes> value = find(key, place).map(StoredValue::value);
            bytes += value.map(Bytes::size).orElse(0);
            if (bytes > FrameCodec.FRAME_SIZE_MAX) {
                return new Outcome.Invalid(
                        "an answer of "
                                + bytes
                                + " bytes or more; at most "
                                + FrameCodec.FRAME_SIZE_MAX
                                + " can be sent: ask for fewer keys at once");
            }
            values.add(value);
        }
        return new Outcome.Values(values);
    }

    private Outcome countExisting(List<Bytes> keys, Place place) {
        long count = 0;
        for (Bytes key : keys) {
            count += find(key, place).isPresent() ? 1 : 0;
        }
        return new Outcome.Int(count);
    }

    private long timeToLive(Bytes key, Place place) {
        Optional<StoredValue> found = find(key, place);
        if (found.isEmpty()) {
            return -2;
        }
        return found.get().expires() ? found.get().expiryMillis() - rows.appliedLogTime() : -1;
    }

    /** {@link StateMachine#awaitsTime}. */
    boolean awaitTime(Command.Read command, long logTime) {
        long applied = rows.appliedLogTime();
        if (logTime <= applied || places.settings().isEmpty()) {
            return false;
        }
        return switch (command) {
            case Command.TimeToLive ttl -> anyExpires(ttl.keys(), StoredValue.NEVER - 1);
            case Command.Keyed keyed -> anyExpires(keyed.keys(), logTime);
            case Command.CountKeys count -> anyDue(count.shard(), applied, logTime);
            case Command.OfSlot slot ->
                    places.shardOf(slot).filter(s -> anyDue(s, applied, logTime)).isPresent();
            case Command.ReadShard _, Command.DigestShard _, Command.IsPristine _ -> false;
            case Command.StateDigest _ -> false;
            case Command.QueryConfig _, Command.QueryCaretaker _ -> false;
        };
    }

    private boolean anyDue(int shard, long applied, long logTime) {
        return places.shards().takesWrites(shard) && expiries.anyDue(shard, applied + 1, logTime);
    }

    private boolean anyExpires(List<Bytes> keys, long through) {
        return places.refuse(keys).isEmpty()
                && places.serving(places.shardOf(keys.getFirst()))
                        .filter(place -> anyExpires(keys, place, through))
                        .isPresent();
    }

    /** Whether one of the keys is there now and gone at {@code through}. */
    private boolean anyExpires(List<Bytes> keys, Place place, long through) {
        if (!expiries.mayExpire(place.shard(), place.generation(), through)) {
            return false;
        }
        for (Bytes key : keys) {
            Optional<StoredValue> found = find(key, place);
            if (found.isPresent() && found.get().expiryMillis() <= through) {
                return true;
            }
        }
        return false;
    }
}
