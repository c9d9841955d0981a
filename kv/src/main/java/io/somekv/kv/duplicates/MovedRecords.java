package io.somekv.kv.duplicates;

import java.util.List;

/**
 * Some of what a duplicate table remembers of a shard, on its way with the shard.
 *
 * @param records in the order of their positions
 * @param areLast whether nothing comes after them
 */
public record MovedRecords(List<MovedRecord> records, boolean areLast) {
    public MovedRecords {
        records = List.copyOf(records);
    }
}
