package io.somekv.kv.shardmaster;

import io.somekv.base.Bytes;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command.ReportServed;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.Served;
import java.util.ArrayList;
import java.util.List;

/**
 * What the shard master knows of moves: who has served each shard last, as the groups report it,
 * and how shards may move.
 *
 * <p>A group owns a shard for config n only once everybody whom an earlier config gave it to has
 * promised not to; so who wants it later need ask nobody from before n.
 */
final class MoveRegister {
    private final long storeId;
    private final ConfigHistory configs;

    /** By shard; those at the end that nobody has served may be missing. */
    private final List<Served> served = new ArrayList<>();

    private MoveSettings settings;

    MoveRegister(Engine engine, long storeId, ConfigHistory configs) {
        this.storeId = storeId;
        this.configs = configs;
        this.settings =
                engine.get(settingsKey()).map(MasterRows::moves).orElse(MoveSettings.DEFAULT);
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SERVED),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SERVED + 1),
                (key, row) -> {
                    int shard = (int) EngineKey.number(key);
                    remember(shard, MasterRows.served(row));
                    return true;
                });
    }

    List<Served> served() {
        return List.copyOf(served);
    }

    MoveSettings settings() {
        return settings;
    }

    private void remember(int shard, Served latest) {
        while (served.size() <= shard) {
            served.add(Served.NOT_YET);
        }
        served.set(shard, latest);
    }

    /** Takes what is newer than what is known; all of it, or nothing of a report with a fault. */
    Outcome report(ReportServed report, EntryWrites writes) {
        for (ReportServed.Since each : report.shards()) {
            if (!ownsBy(each, report.groupId(), writes)) {
                return new Outcome.Invalid(
                        "config "
                                + each.config()
                                + " does not give shard "
                                + each.shard()
                                + " to group "
                                + report.groupId());
            }
        }
        for (ReportServed.Since each : report.shards()) {
            boolean isNewer =
                    each.shard() >= served.size()
                            || served.get(each.shard()).config() < each.config();
            if (isNewer) {
                Served latest = new Served(each.config(), report.groupId());
                remember(each.shard(), latest);
                writes.put(
                        EngineKey.numbered(storeId, RowKind.SERVED, each.shard()),
                        MasterRows.encode(latest));
            }
        }
        return new Outcome.Ok();
    }

    private boolean ownsBy(ReportServed.Since each, long groupId, EntryWrites writes) {
        return each.config() > 0
                && each.config() <= configs.latest().number()
                && each.shard() >= 0
                && each.shard() < configs.latest().shardCount()
                && configs.at(each.config(), writes).owner(each.shard()) == groupId;
    }

    Outcome tune(MoveTuning tuning, EntryWrites writes) {
        MoveSettings wanted = tuning.appliedTo(settings);
        if (wanted.transfersMax() < 1 || wanted.transfersMax() > MoveSettings.TRANSFERS_MAX_MAX) {
            return new Outcome.Invalid(
                    "from 1 to " + MoveSettings.TRANSFERS_MAX_MAX + " shards at a time");
        }
        if (wanted.bytesPerSecondMax() < MoveSettings.BYTES_PER_SECOND_MIN) {
            return new Outcome.Invalid(
                    "at least " + MoveSettings.BYTES_PER_SECOND_MIN + " bytes a second");
        }
        List<Integer> named = new ArrayList<>(tuning.pause());
        named.addAll(tuning.resume());
        for (int shard : named) {
            if (shard < 0 || shard >= configs.latest().shardCount()) {
                return new Outcome.Refused(Reason.NO_SUCH_SHARD, "no shard " + shard);
            }
        }
        settings = wanted;
        writes.put(settingsKey(), MasterRows.encode(wanted));
        return new Outcome.Ok();
    }

    private Bytes settingsKey() {
        return EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.MOVE_SETTINGS);
    }
}
