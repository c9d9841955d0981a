package io.somekv.kv.duplicates;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;

/** Reads what goes with a shard to another group: records in the order of their positions. */
final class MovedRecordReader {
    private final LongFunction<OutcomeRow> rows;

    /** Those that were read already: records of one entry are in one row. */
    private final Map<Long, OutcomeRow> rowsRead = new TreeMap<>();

    /**
     * @param rows by the index of their entry
     */
    MovedRecordReader(LongFunction<OutcomeRow> rows) {
        this.rows = rows;
    }

    /** Those of a shard's clients behind a {@link MovedRecord#position}, up to some size. */
    MovedRecords after(Map<ClientId, ClientRecords> clients, Bytes position, int sizeMax) {
        TreeMap<Bytes, Map.Entry<ClientId, ClientRecords>> ordered = new TreeMap<>();
        for (Map.Entry<ClientId, ClientRecords> client : clients.entrySet()) {
            ordered.put(MovedRecord.position(client.getKey(), Long.MAX_VALUE), client);
        }
        List<MovedRecord> found = new ArrayList<>();
        int size = 0;
        for (Map.Entry<ClientId, ClientRecords> entry : ordered.tailMap(position, true).values()) {
            ClientId id = entry.getKey();
            ClientRecords client = entry.getValue();
            for (int i = client.first(); i < client.end(); i++) {
                if (MovedRecord.position(id, client.sequenceAt(i)).compareTo(position) <= 0) {
                    continue;
                }
                if (size > sizeMax) {
                    return new MovedRecords(found, false);
                }
                MovedRecord record = record(id, client, i);
                size += record.result().size() + DuplicateTable.RECORD_BYTES;
                found.add(record);
            }
        }
        return new MovedRecords(found, true);
    }

    private MovedRecord record(ClientId id, ClientRecords client, int position) {
        boolean isFreed = client.freedAt(position);
        Bytes result = Bytes.EMPTY;
        if (!isFreed) {
            OutcomeRow row = rowsRead.computeIfAbsent(client.entryAt(position), rows::apply);
            result = row.items().get(client.ordinalAt(position)).result();
        }
        return new MovedRecord(
                id,
                client.sequenceAt(position),
                client.floor,
                client.latestDeadline,
                isFreed,
                result);
    }
}
