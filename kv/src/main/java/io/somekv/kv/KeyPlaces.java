package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.kv.Keyspace.Place;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.config.ConfigCodec;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the keys of a group lie: its settings say which shard a key is of, and the shard which
 * generation its rows are of. Reads and writes are judged by the same rules here.
 */
final class KeyPlaces {
    private static final int SETTINGS_VERSION = 1;

    private static final Outcome.Invalid NOT_ONE_SHARD =
            new Outcome.Invalid("a command has keys, all of one shard");
    private static final Outcome.Invalid KEY_TOO_LARGE =
            new Outcome.Invalid("a key has at most " + GroupSettings.KEY_SIZE_MAX + " bytes");

    private final Engine engine;
    private final long storeId;
    private final Shards shards;
    private final ShardTraffic traffic = new ShardTraffic();
    private @Nullable GroupSettings settings;

    /** Reads back what the store holds. */
    KeyPlaces(Engine engine, long storeId) {
        this.engine = engine;
        this.storeId = storeId;
        this.shards = new Shards(engine, storeId);
        this.settings = engine.get(settingsKey()).map(KeyPlaces::decode).orElse(null);
    }

    Shards shards() {
        return shards;
    }

    /** What was asked of each shard here. */
    ShardTraffic traffic() {
        return traffic;
    }

    /** What a shard takes on this disk, in bytes, roughly. */
    long roughSize(int shard) {
        long generation = shards.get(shard).generation();
        return engine.roughSize(
                EngineKey.firstOfGeneration(storeId, shard, generation),
                EngineKey.firstOfGeneration(storeId, shard, generation + 1));
    }

    /**
     * Whether what is noted of changes to a shard that is copied takes more room than its rows, and
     * than {@code least} bytes. (Notes of earlier copies may count for rows yet: the engine reckons
     * with what was dropped once it has compacted.)
     */
    boolean isOutgrown(Outgoing move, long least) {
        Bytes sinceBegun = new ByteWriter(8).i64(move.copyId()).toBytes();
        long changes =
                engine.roughSize(
                        EngineKey.of(
                                storeId,
                                move.shard(),
                                move.generation(),
                                RowKind.CHANGE,
                                sinceBegun),
                        EngineKey.first(
                                storeId, move.shard(), move.generation(), RowKind.CHANGE + 1));
        return changes > Math.max(least, roughSize(move.shard()) - changes);
    }

    /** Empty until {@link Command.Configure} was applied. */
    Optional<GroupSettings> settings() {
        return Optional.ofNullable(settings);
    }

    /** {@link Command.Configure}. */
    Outcome configure(GroupSettings wanted, EntryWrites writes) {
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

    /**
     * What must hold of a command's keys before anything else is asked; checked at the door too.
     */
    Optional<Outcome> refuse(List<Bytes> keys) {
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

    int shardOf(Bytes key) {
        return Slots.shardOf(key, settings().orElseThrow().shardCount());
    }

    /** Empty for a slot that there is not, and before {@link Command.Configure}. */
    Optional<Integer> shardOf(Command.OfSlot command) {
        return settings == null || command.slot() < 0 || command.slot() >= Slots.COUNT
                ? Optional.empty()
                : Optional.of(Slots.shardOfSlot(command.slot(), settings.shardCount()));
    }

    boolean isShard(int shard) {
        return settings != null && shard >= 0 && shard < settings.shardCount();
    }

    /** Where the keys of a shard lie now; empty where the group does not serve it. */
    Optional<Place> serving(int shard) {
        return settings == null || !shards.serves(shard)
                ? Optional.empty()
                : Optional.of(
                        new Place(
                                shard,
                                shards.get(shard).generation(),
                                settings.valueSizeMax(),
                                shards.isCopied(shard),
                                shards.isCompared(shard)));
    }

    /** As {@link #serving}; empty as well where the shard is frozen on its way to another group. */
    Optional<Place> writable(int shard) {
        return serving(shard).filter(place -> shards.takesWrites(place.shard()));
    }

    private Bytes settingsKey() {
        return EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SETTINGS);
    }

    private static GroupSettings decode(Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != SETTINGS_VERSION) {
            throw new MalformedException("settings of a version not known here: " + version);
        }
        return ConfigCodec.readSettings(reader);
    }
}
