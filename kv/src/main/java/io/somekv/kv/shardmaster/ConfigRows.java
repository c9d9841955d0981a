package io.somekv.kv.shardmaster;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.config.ConfigCodec;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Configs as bytes (docs/FORMATS.md). Every {@link #WHOLE_EVERY}th is whole, the others say what
 * they have otherwise than the one before: so none is ever forgotten, and a history of many moves
 * is as long as the moves, not as the table of shards.
 */
final class ConfigRows {
    /** How many rows at most it takes to read one config. */
    static final int WHOLE_EVERY = 64;

    private static final int GROUPS_MAX = 1 << 20;
    private static final int SHARDS_MAX = 1 << 16;

    private ConfigRows() {}

    static boolean isWhole(long number) {
        return number % WHOLE_EVERY == 0;
    }

    /** Owners as runs of shards with one owner: a config is short where shards stay together. */
    static Bytes whole(ShardConfig config) {
        ByteWriter writer = begin(config);
        writeGroups(writer, config.groups());
        writer.varInt(config.shardCount());
        int shard = 0;
        while (shard < config.shardCount()) {
            int end = runEnd(config, shard);
            writer.varInt(end - shard).varLong(config.owner(shard));
            shard = end;
        }
        return writer.toBytes();
    }

    /** Runs of shards whose owner is new, each after so many that have kept theirs. */
    static Bytes change(ShardConfig before, ShardConfig config) {
        ByteWriter writer = begin(config);
        boolean sameGroups = config.groups().equals(before.groups());
        writer.u8(sameGroups ? 0 : 1);
        if (!sameGroups) {
            writeGroups(writer, config.groups());
        }
        int kept = 0;
        int shard = 0;
        while (shard < config.shardCount()) {
            if (config.owner(shard) == before.owner(shard)) {
                shard++;
                continue;
            }
            int end = runEnd(config, shard);
            writer.varInt(shard - kept).varInt(end - shard).varLong(config.owner(shard));
            shard = end;
            kept = end;
        }
        return writer.toBytes();
    }

    private static ByteWriter begin(ShardConfig config) {
        return new ByteWriter(256).u8(MasterRows.VERSION).varLong(config.number());
    }

    private static int runEnd(ShardConfig config, int shard) {
        int end = shard + 1;
        while (end < config.shardCount() && config.owner(end) == config.owner(shard)) {
            end++;
        }
        return end;
    }

    private static void writeGroups(ByteWriter writer, List<GroupSpec> groups) {
        writer.varInt(groups.size());
        for (GroupSpec group : groups) {
            ConfigCodec.write(writer, group);
        }
    }

    private static List<GroupSpec> readGroups(ByteReader reader) {
        int count = reader.varInt(GROUPS_MAX);
        List<GroupSpec> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            groups.add(ConfigCodec.readGroup(reader));
        }
        return groups;
    }

    /** A config that is put together from rows: of a whole one, and of those that follow. */
    static final class Reading {
        private long number;
        private List<GroupSpec> groups;
        private final List<Long> owners;

        Reading(Bytes whole) {
            ByteReader reader = MasterRows.versioned(whole);
            number = reader.varLong();
            groups = readGroups(reader);
            int shardCount = reader.varInt(SHARDS_MAX);
            owners = new ArrayList<>(shardCount);
            while (owners.size() < shardCount) {
                int run = readRun(reader, shardCount - owners.size());
                owners.addAll(Collections.nCopies(run, reader.varLong()));
            }
            reader.end();
        }

        void follow(Bytes change) {
            ByteReader reader = MasterRows.versioned(change);
            long next = reader.varLong();
            if (next != number + 1) {
                throw new MalformedException("config " + next + " comes after " + number);
            }
            number = next;
            if (reader.u8() != 0) {
                groups = readGroups(reader);
            }
            int shard = 0;
            while (reader.remaining() > 0) {
                shard += reader.varInt(owners.size() - shard);
                int run = readRun(reader, owners.size() - shard);
                Collections.fill(owners.subList(shard, shard + run), reader.varLong());
                shard += run;
            }
            reader.end();
        }

        private static int readRun(ByteReader reader, int max) {
            int run = reader.varInt(max);
            if (run == 0) {
                throw new MalformedException("a run of no shards");
            }
            return run;
        }

        ShardConfig config() {
            return new ShardConfig(number, groups, owners);
        }
    }
}
