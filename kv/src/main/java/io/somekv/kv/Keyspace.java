package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The keys and values of a group's shards, with the meaning that Redis gives to each command.
 * Expiry is judged by the log time of the entry and nothing else.
 */
final class Keyspace {
    private final Engine engine;
    private final long storeId;
    private final ExpiryIndex expiries;
    private final Set<Mutation> mutations;

    /**
     * Where a command's keys lie, and what it may write there.
     *
     * @param isCopied what changes is to be found out later
     * @param isCompared what rows were before they changed is to be found out later
     */
    record Place(
            int shard, long generation, int valueSizeMax, boolean isCopied, boolean isCompared) {}

    Keyspace(Engine engine, long storeId, ExpiryIndex expiries, Set<Mutation> mutations) {
        this.mutations = mutations;
        this.engine = engine;
        this.storeId = storeId;
        this.expiries = expiries;
    }

    // ---- reads

    Optional<StoredValue> get(Bytes key, Place place, long logTime) {
        return engine.get(rowKey(key, place))
                .map(StoredValue::decode)
                .filter(value -> value.visibleAt(logTime));
    }

    /** How many keys there are that {@code counts} accepts. */
    long count(Place place, Predicate<Bytes> counts, long logTime) {
        long[] count = new long[1];
        scan(
                place,
                logTime,
                key -> {
                    count[0] += counts.test(key) ? 1 : 0;
                    return true;
                });
        return count[0];
    }

    /** Shows all keys that there are, in their order, until {@code goesOn} says no. */
    void scan(Place place, long logTime, Predicate<Bytes> goesOn) {
        Bytes first = EngineKey.first(storeId, place.shard, place.generation, RowKind.KEY);
        engine.scan(
                first,
                EngineKey.first(storeId, place.shard, place.generation, RowKind.KEY + 1),
                (key, row) ->
                        !StoredValue.decode(row).visibleAt(logTime)
                                || goesOn.test(key.slice(first.size(), key.size() - first.size())));
    }

    // ---- writes

    /** Reads the old value only if something depends on it. */
    Outcome.Result put(Command.Put put, Place place, EntryWrites writes) {
        Optional<Outcome.Result> refused =
                refuseSize(put.value().size(), place)
                        .or(() -> refuseExpiry(put.expiry(), writes.logTime()));
        if (refused.isPresent()) {
            return refused.get();
        }
        boolean needsOld =
                put.returnOld()
                        || put.condition() != Command.Condition.ALWAYS
                        || put.expiry().kind() == Expiry.Kind.KEEP;
        Optional<StoredValue> old = needsOld ? current(put.key(), place, writes) : Optional.empty();
        boolean holds =
                switch (put.condition()) {
                    case ALWAYS -> true;
                    case IF_ABSENT -> old.isEmpty();
                    case IF_PRESENT -> old.isPresent();
                };
        if (holds) {
            long expiry = expiryOf(put.expiry(), old, writes.logTime());
            store(put.key(), new StoredValue(expiry, put.value()), place, writes);
        }
        if (put.returnOld()) {
            return old.<Outcome.Result>map(value -> new Outcome.Value(value.value().compact()))
                    .orElseGet(Outcome.Nil::new);
        }
        return holds ? new Outcome.Ok() : new Outcome.Nil();
    }

    Outcome.Result putMany(List<Command.KeyValue> pairs, Place place, EntryWrites writes) {
        for (Command.KeyValue pair : pairs) {
            Optional<Outcome.Result> refused = refuseSize(pair.value().size(), place);
            if (refused.isPresent()) {
                return refused.get();
            }
        }
        for (Command.KeyValue pair : pairs) {
            store(pair.key(), StoredValue.lasting(pair.value()), place, writes);
        }
        return new Outcome.Ok();
    }

    Outcome.Result append(Command.Append append, Place place, EntryWrites writes) {
        Optional<StoredValue> old = current(append.key(), place, writes);
        Bytes before = old.map(StoredValue::value).orElse(Bytes.EMPTY);
        Optional<Outcome.Result> refused =
                refuseSize((long) before.size() + append.suffix().size(), place);
        if (refused.isPresent()) {
            return refused.get();
        }
        Bytes value = before.concat(append.suffix());
        storeKeepingExpiry(append.key(), value, old, place, writes);
        return new Outcome.Int(value.size());
    }

    Outcome.Result delete(List<Bytes> keys, Place place, EntryWrites writes) {
        long count = 0;
        for (Bytes key : keys) {
            Optional<Bytes> row = writes.get(rowKey(key, place));
            if (row.isEmpty()) {
                continue;
            }
            if (StoredValue.decode(row.get()).visibleAt(writes.logTime())) {
                count++;
            }
            remove(key, place, writes);
        }
        return new Outcome.Int(count);
    }

    Outcome.Result increment(Command.Increment increment, Place place, EntryWrites writes) {
        Optional<StoredValue> old = current(increment.key(), place, writes);
        OptionalLong before =
                old.isEmpty() ? OptionalLong.of(0) : Decimal.parseInteger(old.get().value());
        if (before.isEmpty()) {
            return new Outcome.Refused(
                    Reason.NOT_AN_INTEGER, "value is not an integer or out of range");
        }
        long sum = before.getAsLong() + increment.delta();
        if (((before.getAsLong() ^ sum) & (increment.delta() ^ sum)) < 0) {
            return new Outcome.Refused(Reason.OVERFLOW, "increment or decrement would overflow");
        }
        Bytes value = Bytes.utf8(Long.toString(sum));
        Optional<Outcome.Result> refused = refuseSize(value.size(), place);
        if (refused.isPresent()) {
            return refused.get();
        }
        storeKeepingExpiry(increment.key(), value, old, place, writes);
        return new Outcome.Int(sum);
    }

    Outcome.Result incrementFloat(
            Command.IncrementFloat increment, Place place, EntryWrites writes) {
        Optional<StoredValue> old = current(increment.key(), place, writes);
        Optional<BigDecimal> before =
                old.isEmpty()
                        ? Optional.of(BigDecimal.ZERO)
                        : Decimal.parseFraction(old.get().value());
        Optional<BigDecimal> delta = Decimal.parseFraction(increment.delta());
        if (before.isEmpty() || delta.isEmpty()) {
            return new Outcome.Refused(Reason.NOT_A_FLOAT, "value is not a valid float");
        }
        BigDecimal sum = before.get().add(delta.get());
        if (!Decimal.fits(sum)) {
            return new Outcome.Refused(Reason.OVERFLOW, "increment would produce NaN or Infinity");
        }
        Bytes value = Decimal.write(sum);
        Optional<Outcome.Result> refused = refuseSize(value.size(), place);
        if (refused.isPresent()) {
            return refused.get();
        }
        storeKeepingExpiry(increment.key(), value, old, place, writes);
        return new Outcome.Value(value);
    }

    /** As Redis's EXPIRE: a moment that has passed deletes; as its PERSIST for {@code NONE}. */
    Outcome.Result expire(Command.Expire expire, Place place, EntryWrites writes) {
        if (overflows(expire.expiry(), writes.logTime())) {
            return invalidExpiry();
        }
        Optional<StoredValue> old = current(expire.key(), place, writes);
        if (old.isEmpty()) {
            return new Outcome.Int(0);
        }
        if (expire.expiry().kind() == Expiry.Kind.NONE && !old.get().expires()) {
            return new Outcome.Int(0);
        }
        long expiry = expiryOf(expire.expiry(), old, writes.logTime());
        if (expiry != old.get().expiryMillis()) {
            store(expire.key(), new StoredValue(expiry, old.get().value()), place, writes);
        }
        return new Outcome.Int(1);
    }

    // ---- rows

    private Optional<StoredValue> current(Bytes key, Place place, EntryWrites writes) {
        return writes.get(rowKey(key, place))
                .map(StoredValue::decode)
                .filter(value -> value.visibleAt(writes.logTime()));
    }

    private void storeKeepingExpiry(
            Bytes key, Bytes value, Optional<StoredValue> old, Place place, EntryWrites writes) {
        long expiry = old.map(StoredValue::expiryMillis).orElse(StoredValue.NEVER);
        store(key, new StoredValue(expiry, value), place, writes);
    }

    /** What is stored with a moment that has passed is not there at all. */
    private void store(Bytes key, StoredValue value, Place place, EntryWrites writes) {
        if (!value.visibleAt(writes.logTime())) {
            remove(key, place, writes);
            return;
        }
        keepOriginal(key, place, writes);
        writes.put(rowKey(key, place), value.encode());
        noteChange(key, place, writes);
        if (value.expires()) {
            expiries.add(value.expiryMillis(), place.shard, place.generation, key, writes);
        }
    }

    private void remove(Bytes key, Place place, EntryWrites writes) {
        keepOriginal(key, place, writes);
        writes.delete(rowKey(key, place));
        noteChange(key, place, writes);
    }

    /** Not of rows that go because their time is over: those are compared with nobody's. */
    private void keepOriginal(Bytes key, Place place, EntryWrites writes) {
        if (!place.isCompared || mutations.contains(Mutation.ORIGINALS_NOT_KEPT)) {
            return;
        }
        Bytes original =
                EngineKey.of(storeId, place.shard, place.generation, RowKind.ORIGINAL, key);
        if (writes.get(original).isEmpty()) {
            writes.put(original, RowDigest.of(writes.get(rowKey(key, place))).encode());
        }
    }

    private void noteChange(Bytes key, Place place, EntryWrites writes) {
        if (place.isCopied) {
            writes.put(
                    EngineKey.of(
                            storeId,
                            place.shard,
                            place.generation,
                            RowKind.CHANGE,
                            new ByteWriter(8 + key.size()).i64(writes.index()).raw(key).toBytes()),
                    Bytes.EMPTY);
        }
    }

    /** Puts what another group stores under a key where it will be once the shard is owned. */
    void stage(Bytes key, Optional<Bytes> row, int shard, long generation, EntryWrites writes) {
        Bytes rowKey = EngineKey.of(storeId, shard, generation, RowKind.KEY, key);
        if (row.isEmpty()) {
            writes.delete(rowKey);
            return;
        }
        writes.put(rowKey, row.get());
        StoredValue value = StoredValue.decode(row.get());
        if (value.expires()) {
            expiries.add(value.expiryMillis(), shard, generation, key, writes);
        }
    }

    private Bytes rowKey(Bytes key, Place place) {
        return EngineKey.of(storeId, place.shard, place.generation, RowKind.KEY, key);
    }

    // ---- what is refused

    private static Optional<Outcome.Result> refuseSize(long size, Place place) {
        return size <= place.valueSizeMax
                ? Optional.empty()
                : Optional.of(
                        new Outcome.Refused(
                                Reason.VALUE_TOO_LARGE, "string exceeds maximum allowed size"));
    }

    /** A put that names a time must name one that can come. */
    private static Optional<Outcome.Result> refuseExpiry(Expiry expiry, long logTime) {
        boolean timed =
                switch (expiry.kind()) {
                    case NONE, KEEP -> false;
                    case AT, AFTER -> true;
                };
        return timed && (expiry.millis() <= 0 || overflows(expiry, logTime))
                ? Optional.of(invalidExpiry())
                : Optional.empty();
    }

    private static Outcome.Refused invalidExpiry() {
        return new Outcome.Refused(Reason.INVALID_EXPIRY, "invalid expire time");
    }

    private static boolean overflows(Expiry expiry, long logTime) {
        return switch (expiry.kind()) {
            case NONE, KEEP -> false;
            case AT -> expiry.millis() == StoredValue.NEVER;
            case AFTER -> expiry.millis() >= StoredValue.NEVER - logTime;
        };
    }

    private static long expiryOf(Expiry expiry, Optional<StoredValue> old, long logTime) {
        return switch (expiry.kind()) {
            case NONE -> StoredValue.NEVER;
            case KEEP -> old.map(StoredValue::expiryMillis).orElse(StoredValue.NEVER);
            case AT -> expiry.millis();
            case AFTER -> logTime + expiry.millis();
        };
    }
}
