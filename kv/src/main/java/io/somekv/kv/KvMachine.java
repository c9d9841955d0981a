package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.MalformedException;
import io.somekv.base.Mutation;
import io.somekv.kv.Keyspace.Place;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ConfigCodec;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of a data group (DESIGN §5 to §7): keys, duplicate table, shard ownership.
 *
 * <p>A write is judged in this order: does this group serve the shard (a wrong-group answer
 * consumes no sequence), was it executed before, may it still be. Only then it is executed, and its
 * result is recorded in the same write of the engine as its effects.
 */
public final class KvMachine implements StateMachine {
    private static final int SETTINGS_VERSION = 1;

    private static final Outcome.Invalid NO_STAMP =
            new Outcome.Invalid("a write of keys needs a stamp");
    private static final Outcome.Invalid NOT_ONE_SHARD =
            new Outcome.Invalid("a command has keys, all of one shard");
    private static final Outcome.Invalid KEY_TOO_LARGE =
            new Outcome.Invalid("a key has at most " + GroupSettings.KEY_SIZE_MAX + " bytes");
    private static final Outcome.Invalid NO_SUCH_SHARD =
            new Outcome.Invalid("the cluster has no such shard");
    private static final Outcome.Invalid OF_THE_MASTER =
            new Outcome.Invalid("a command of the shard master");

    private final Engine engine;
    private final long storeId;
    private final MachineRows rows;
    private final Shards shards;
    private final ExpiryIndex expiries;
    private final Keyspace keyspace;
    private final boolean readsAwaitTime;
    private @Nullable GroupSettings settings;

    /** Goes on where the store's rows leave off. */
    public KvMachine(Engine engine, long storeId, Set<Mutation> mutations) {
        this.engine = engine;
        this.storeId = storeId;
        this.rows = new MachineRows(engine, storeId, mutations);
        this.shards = new Shards(engine, storeId);
        this.expiries = new ExpiryIndex(engine, storeId);
        this.keyspace = new Keyspace(engine, storeId, expiries);
        this.readsAwaitTime = !mutations.contains(Mutation.IDLE_GROUP_KEEPS_KEYS);
        this.settings = engine.get(settingsKey()).map(row -> settings(row)).orElse(null);
    }

    @Override
    public long appliedIndex() {
        return rows.appliedIndex();
    }

    @Override
    public long appliedLogTime() {
        return rows.appliedLogTime();
    }

    /** What the group knows of shards: those it owns, owned, or promised not to own; ascending. */
    public List<ShardStatus> shards() {
        return shards.all();
    }

    public boolean serves(int shard) {
        return shards.serves(shard);
    }

    /** Empty until {@link Command.Configure} was applied. */
    public Optional<GroupSettings> settings() {
        return Optional.ofNullable(settings);
    }

    /** What the duplicate table takes in memory. */
    public long duplicateBytesHeld() {
        return rows.duplicates().bytesHeld();
    }

    // ---- writes

    @Override
    public List<Outcome> apply(AppliedEntry entry) {
        EntryWrites writes = rows.begin(entry);
        expiries.sweep(writes, shards);
        List<Outcome> outcomes = new ArrayList<>(entry.requests().size());
        for (Request request : entry.requests()) {
            outcomes.add(apply(request, writes));
        }
        rows.finish(writes);
        return outcomes;
    }

    private Outcome apply(Request request, EntryWrites writes) {
        return switch (request.command()) {
            case Command.Read _ -> new Outcome.Invalid("a read does not go through the log");
            case Command.Put put ->
                    keyed(request, put, writes, place -> keyspace.put(put, place, writes));
            case Command.PutMany put ->
                    keyed(
                            request,
                            put,
                            writes,
                            place -> keyspace.putMany(put.pairs(), place, writes));
            case Command.Append append ->
                    keyed(request, append, writes, place -> keyspace.append(append, place, writes));
            case Command.Delete delete ->
                    keyed(
                            request,
                            delete,
                            writes,
                            place -> keyspace.delete(delete.keys(), place, writes));
            case Command.Increment add ->
                    keyed(request, add, writes, place -> keyspace.increment(add, place, writes));
            case Command.IncrementFloat add ->
                    keyed(
                            request,
                            add,
                            writes,
                            place -> keyspace.incrementFloat(add, place, writes));
            case Command.Expire expire ->
                    keyed(request, expire, writes, place -> keyspace.expire(expire, place, writes));
            case Command.Clear clear -> clear(request, clear.shard(), writes);
            case Command.GiveUp giveUp ->
                    isShard(giveUp.shard())
                            ? shards.giveUp(giveUp.shard(), giveUp.config(), writes)
                            : NO_SUCH_SHARD;
            case Command.Own own ->
                    isShard(own.shard())
                            ? shards.own(own.shard(), own.config(), writes)
                            : NO_SUCH_SHARD;
            case Command.Configure configure -> configure(configure.settings(), writes);
            case Command.StartCluster _,
                    Command.RegisterNode _,
                    Command.RegisterClient _,
                    Command.Join _,
                    Command.Leave _,
                    Command.Move _ ->
                    OF_THE_MASTER;
        };
    }

    /** What a command does once it is settled that it is to be executed, here and now. */
    private interface Execution {
        Outcome.Result at(Place place);
    }

    private Outcome keyed(
            Request request, Command.Keyed command, EntryWrites writes, Execution execution) {
        List<Bytes> keys = command.keys();
        Optional<Outcome> refusal = refuse(keys);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        return executeOnce(request, shardOf(keys.getFirst()), writes, execution);
    }

    private Outcome clear(Request request, int shard, EntryWrites writes) {
        if (!isShard(shard)) {
            return NO_SUCH_SHARD;
        }
        return executeOnce(
                request,
                shard,
                writes,
                _ -> {
                    shards.clear(shard, writes);
                    return new Outcome.Ok();
                });
    }

    /** Ownership first, then floor and record, then deadline (DESIGN §6). */
    private Outcome executeOnce(
            Request request, int shard, EntryWrites writes, Execution execution) {
        if (settings == null || !shards.serves(shard)) {
            return shards.wrongGroup(shard);
        }
        if (request.stamp().isEmpty()) {
            return NO_STAMP;
        }
        RequestStamp stamp = request.stamp().get();
        Optional<Outcome> answered =
                rows.duplicates()
                        .judge(
                                shard,
                                stamp,
                                writes.logTime(),
                                settings.sequenceWindow(),
                                keepsValue(request.command()));
        if (answered.isPresent()) {
            return answered.get();
        }
        Outcome.Result result = execution.at(place(shard, settings));
        rows.duplicates().record(shard, stamp, writes.logTime(), result);
        shards.markWritten(shard, writes);
        return result;
    }

    private static boolean keepsValue(Command command) {
        return command instanceof Command.Put put && put.returnOld();
    }

    private Outcome configure(GroupSettings wanted, EntryWrites writes) {
        if (settings != null) {
            return settings.equals(wanted)
                    ? new Outcome.Ok()
                    : new Outcome.Refused(Reason.ALREADY_STARTED, "the group has other settings");
        }
        Optional<String> fault = SettingsCheck.fault(wanted);
        if (fault.isPresent()) {
            return new Outcome.Invalid(fault.get());
        }
        ByteWriter row = new ByteWriter().u8(SETTINGS_VERSION);
        ConfigCodec.write(row, wanted);
        writes.put(settingsKey(), row.toBytes());
        settings = wanted;
        return new Outcome.Ok();
    }

    private static GroupSettings settings(Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != SETTINGS_VERSION) {
            throw new MalformedException("settings of a version not known here: " + version);
        }
        return ConfigCodec.readSettings(reader);
    }

    // ---- reads

    @Override
    public Outcome read(Command.Read command) {
        return switch (command) {
            case Command.Get get ->
                    readKeys(
                            get,
                            place ->
                                    find(get.key(), place)
                                            .<Outcome>map(found -> new Outcome.Value(found.value()))
                                            .orElseGet(Outcome.Nil::new));
            case Command.GetMany get -> readKeys(get, place -> values(get.keys(), place));
            case Command.Exists exists ->
                    readKeys(exists, place -> countExisting(exists.keys(), place));
            case Command.StringLength length ->
                    readKeys(
                            length,
                            place ->
                                    new Outcome.Int(
                                            find(length.key(), place)
                                                    .map(found -> found.value().size())
                                                    .orElse(0)));
            case Command.TimeToLive ttl ->
                    readKeys(ttl, place -> new Outcome.Int(timeToLive(ttl.key(), place)));
            case Command.CountKeys count ->
                    readShard(
                            count.shard(),
                            place -> new Outcome.Int(keyspace.count(place, appliedLogTime())));
            case Command.IsPristine pristine ->
                    readShard(
                            pristine.shard(),
                            place -> new Outcome.Int(shards.get(place.shard()).hasData() ? 0 : 1));
            case Command.StateDigest _ -> new Outcome.Int(digest());
            case Command.QueryConfig _ -> OF_THE_MASTER;
        };
    }

    private interface Reading {
        Outcome at(Place place);
    }

    private Outcome readKeys(Command.Keyed command, Reading reading) {
        return refuse(command.keys())
                .orElseGet(() -> readShard(shardOf(command.keys().getFirst()), reading));
    }

    private Outcome readShard(int shard, Reading reading) {
        if (settings == null || !shards.serves(shard)) {
            return shards.wrongGroup(shard);
        }
        return reading.at(place(shard, settings));
    }

    private Optional<StoredValue> find(Bytes key, Place place) {
        return keyspace.get(key, place, appliedLogTime());
    }

    private Outcome values(List<Bytes> keys, Place place) {
        List<Optional<Bytes>> values = new ArrayList<>(keys.size());
        for (Bytes key : keys) {
            values.add(find(key, place).map(StoredValue::value));
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
        return found.get().expires() ? found.get().expiryMillis() - appliedLogTime() : -1;
    }

    /** Over rows and memory: a table that memory holds otherwise than its rows say shows here. */
    private long digest() {
        return new Hash64()
                .add(StoreDigest.of(engine, storeId))
                .add(rows.duplicates().digest())
                .value();
    }

    @Override
    public boolean awaitsTime(Command.Read command, long logTime) {
        if (logTime <= appliedLogTime() || settings == null || !readsAwaitTime) {
            return false;
        }
        return switch (command) {
            case Command.TimeToLive ttl -> anyExpires(ttl.keys(), StoredValue.NEVER - 1);
            case Command.Keyed keyed -> anyExpires(keyed.keys(), logTime);
            case Command.CountKeys count ->
                    shards.serves(count.shard())
                            && expiries.anyDue(
                                    count.shard(), appliedLogTime() + 1, logTime, shards);
            case Command.IsPristine _, Command.StateDigest _, Command.QueryConfig _ -> false;
        };
    }

    /** Whether one of the keys is there now and gone at {@code through}. */
    private boolean anyExpires(List<Bytes> keys, long through) {
        if (refuse(keys).isPresent()) {
            return false;
        }
        int shard = shardOf(keys.getFirst());
        if (!shards.serves(shard)) {
            return false;
        }
        Place place = place(shard, settings().orElseThrow());
        for (Bytes key : keys) {
            if (find(key, place).filter(found -> found.expiryMillis() <= through).isPresent()) {
                return true;
            }
        }
        return false;
    }

    // ---- where keys lie

    /**
     * What must hold of a command's keys before anything else is asked; checked at the door too.
     */
    private Optional<Outcome> refuse(List<Bytes> keys) {
        if (settings == null) {
            return Optional.of(new Outcome.WrongGroup(0));
        }
        if (keys.isEmpty()) {
            return Optional.of(NOT_ONE_SHARD);
        }
        for (Bytes key : keys) {
            if (key.size() > GroupSettings.KEY_SIZE_MAX) {
                return Optional.of(KEY_TOO_LARGE);
            }
        }
        for (int i = 1; i < keys.size(); i++) {
            if (shardOf(keys.get(i)) != shardOf(keys.getFirst())) {
                return Optional.of(NOT_ONE_SHARD);
            }
        }
        return Optional.empty();
    }

    private int shardOf(Bytes key) {
        return Slots.shardOf(key, settings().orElseThrow().shardCount());
    }

    private boolean isShard(int shard) {
        return settings != null && shard >= 0 && shard < settings.shardCount();
    }

    private Place place(int shard, GroupSettings judgeBy) {
        return new Place(shard, shards.get(shard).generation(), judgeBy.valueSizeMax());
    }

    private Bytes settingsKey() {
        return EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SETTINGS);
    }
}
