package io.somekv.kv.duplicates;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * Reads what goes with a shard to another group: records in the order of their positions. Clients
 * wait meanwhile, and what came of one batch of requests is one row, for whatever shards: so it is
 * chosen first what goes, which memory tells, and then each row is read once, and held no longer.
 */
final class MovedRecordReader {
    private final LongFunction<Bytes> rows;

    /** A record that goes, and where. */
    private record Chosen(ClientId id, ClientRecords client, int position) {
        boolean isFreed() {
            return client.freedAt(position);
        }

        MovedRecord with(Bytes result) {
            return new MovedRecord(
                    id,
                    client.sequenceAt(position),
                    client.floor,
                    client.latestDeadline,
                    isFreed(),
                    result);
        }
    }

    /**
     * @param rows encoded, by the index of their entry
     */
    MovedRecordReader(LongFunction<Bytes> rows) {
        this.rows = rows;
    }

    /**
     * Records behind a {@link MovedRecord#position}, up to some size.
     *
     * @param clients of a shard, from the one at that position on
     */
    MovedRecords after(SortedMap<ClientId, ClientRecords> clients, Bytes position, int sizeMax) {
        List<Chosen> chosen = new ArrayList<>();
        boolean areAll = choose(clients, position, sizeMax, chosen);
        List<MovedRecord> records = new ArrayList<>(chosen.size());
        Bytes[] results = results(chosen);
        for (int i = 0; i < results.length; i++) {
            records.add(chosen.get(i).with(results[i]));
        }
        return new MovedRecords(records, areAll);
    }

    /** Whether those are all that there are. */
    private static boolean choose(
            SortedMap<ClientId, ClientRecords> clients,
            Bytes position,
            int sizeMax,
            List<Chosen> chosen) {
        long size = 0;
        for (Map.Entry<ClientId, ClientRecords> entry : clients.entrySet()) {
            ClientRecords client = entry.getValue();
            for (int at = first(entry.getKey(), client, position); at < client.end(); at++) {
                if (size > sizeMax) {
                    return false;
                }
                size += client.resultSizeAt(at) + DuplicateTable.RECORD_BYTES;
                chosen.add(new Chosen(entry.getKey(), client, at));
            }
        }
        return true;
    }

    private static int first(ClientId id, ClientRecords client, Bytes position) {
        return !position.isEmpty() && id.equals(MovedRecord.clientAt(position))
                ? client.firstAtOrAbove(MovedRecord.sequenceAt(position) + 1)
                : client.first();
    }

    /** Of each its result; nothing of those that are freed. */
    private Bytes[] results(List<Chosen> chosen) {
        Bytes[] results = new Bytes[chosen.size()];
        TreeMap<Long, TreeMap<Integer, Integer>> indexByOrdinalByEntry = new TreeMap<>();
        for (int i = 0; i < results.length; i++) {
            Chosen one = chosen.get(i);
            results[i] = Bytes.EMPTY;
            if (!one.isFreed()) {
                indexByOrdinalByEntry
                        .computeIfAbsent(one.client.entryAt(one.position), _ -> new TreeMap<>())
                        .put(one.client.ordinalAt(one.position), i);
            }
        }
        indexByOrdinalByEntry.forEach((entry, indexByOrdinal) -> {
            List<Bytes> found = OutcomeRow.results(rows.apply(entry), indexByOrdinal.keySet());
            int next = 0;
            for (int index : indexByOrdinal.values()) {
                results[index] = found.get(next++);
            }
        });
        return results;
    }
}
