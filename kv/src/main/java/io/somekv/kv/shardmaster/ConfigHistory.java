package io.somekv.kv.shardmaster;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.config.ShardConfig;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every config there ever was, a row each (see {@link ConfigRows}); the latest and the one that was
 * asked for last are at hand.
 */
final class ConfigHistory {
    private final Engine engine;
    private final long storeId;
    private @Nullable ShardConfig latest;
    private @Nullable ShardConfig askedLast;

    private interface Rows {
        Optional<Bytes> get(Bytes key);
    }

    ConfigHistory(Engine engine, long storeId) {
        this.engine = engine;
        this.storeId = storeId;
        long[] last = {-1};
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.CONFIG),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.CONFIG + 1),
                (_, _) -> {
                    last[0]++;
                    return true;
                });
        latest = last[0] < 0 ? null : read(last[0], engine::get);
    }

    /** Config 0: every shard, and no group. */
    void begin(int shardCount, EntryWrites writes) {
        Invariant.check(latest == null, "a history begins once");
        add(
                new ShardConfig(
                        0, List.of(), Collections.nCopies(shardCount, ShardConfig.UNASSIGNED)),
                writes);
    }

    ShardConfig latest() {
        if (latest == null) {
            throw Invariant.unreachable("no config is asked for before the cluster was started");
        }
        return latest;
    }

    /** The config of that number; the latest for one too large, or below 0. */
    ShardConfig at(long number) {
        return at(number, engine::get);
    }

    /** The same while an entry is applied, which may have made it. */
    ShardConfig at(long number, EntryWrites writes) {
        return at(number, writes::get);
    }

    private ShardConfig at(long number, Rows rows) {
        ShardConfig newest = latest();
        if (number < 0 || number >= newest.number()) {
            return newest;
        }
        ShardConfig asked = askedLast;
        if (asked == null || asked.number() != number) {
            asked = read(number, rows);
            askedLast = asked;
        }
        return asked;
    }

    private ShardConfig read(long number, Rows rows) {
        long whole = number - number % ConfigRows.WHOLE_EVERY;
        ConfigRows.Reading reading = new ConfigRows.Reading(row(whole, rows));
        for (long next = whole + 1; next <= number; next++) {
            reading.follow(row(next, rows));
        }
        return reading.config();
    }

    private Bytes row(long number, Rows rows) {
        return rows.get(key(number))
                .orElseThrow(() -> Invariant.unreachable("every config has a row"));
    }

    void add(ShardConfig config, EntryWrites writes) {
        Bytes row =
                ConfigRows.isWhole(config.number())
                        ? ConfigRows.whole(config)
                        : ConfigRows.change(latest(), config);
        writes.put(key(config.number()), row);
        latest = config;
    }

    private Bytes key(long number) {
        return EngineKey.numbered(storeId, RowKind.CONFIG, number);
    }
}
