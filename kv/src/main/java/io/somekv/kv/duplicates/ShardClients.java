package io.somekv.kv.duplicates;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.RequestStamp;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is remembered of the clients of one shard: what goes with it to another group. */
final class ShardClients {
    /** In the order in which they go to another group. */
    private final TreeMap<ClientId, ClientRecords> byId = new TreeMap<>();

    private final boolean acknowledgementFreesFence;
    private final Held held;

    /**
     * @param inTable what the table that this is part of holds, which is counted on
     */
    ShardClients(Held inTable, boolean acknowledgementFreesFence) {
        this.held = new Held(inTable);
        this.acknowledgementFreesFence = acknowledgementFreesFence;
    }

    @Nullable ClientRecords find(ClientId id) {
        return byId.get(id);
    }

    boolean isEmpty() {
        return byId.isEmpty();
    }

    /** Whoever may have records behind a {@link MovedRecord#position}. */
    SortedMap<ClientId, ClientRecords> from(Bytes position) {
        return position.isEmpty() ? byId : byId.tailMap(MovedRecord.clientAt(position));
    }

    Held held() {
        return held;
    }

    /** The one way in which anything is learned, live and when it is read back. */
    void absorb(OutcomeRow.Item item, long entry, int ordinal) {
        ClientRecords client = byId.get(item.client());
        if (client != null && item.beginsAnew()) {
            remove(item.client(), client);
            client = null;
        }
        if (client == null) {
            client = new ClientRecords();
            byId.put(item.client(), client);
            held.addClients(1);
        }
        held.addRecords(-client.count());
        held.addResultBytes(-client.raiseFloor(item.floor()));
        for (RequestStamp.Range range : item.finished()) {
            held.addResultBytes(
                    acknowledgementFreesFence
                            ? -client.forget(range.from(), range.to())
                            : -client.freeResults(range.from(), range.to()));
        }
        client.add(item.sequence(), entry, ordinal, item.result().size());
        if (item.isFreed()) {
            client.freeResults(item.sequence(), item.sequence());
        }
        client.latestDeadline = item.latestDeadline();
        client.lastEntry = entry;
        held.addRecords(client.count());
        held.addResultBytes(item.result().size());
    }

    /** What a client had executed in entries up to that one is forgotten. */
    void forget(ClientId id, long entry) {
        ClientRecords client = byId.get(id);
        if (client == null) {
            return;
        }
        if (client.lastEntry <= entry) {
            remove(id, client);
            return;
        }
        held.addRecords(-client.count());
        held.addResultBytes(-client.forgetEntriesThrough(entry));
        held.addRecords(client.count());
    }

    private void remove(ClientId id, ClientRecords client) {
        byId.remove(id);
        held.addClients(-1);
        held.addRecords(-client.count());
        held.addResultBytes(-client.resultBytes());
    }

    /** Over all of it; the order in which clients came does not count. */
    long digest(int shard) {
        long sum = 0;
        for (Map.Entry<ClientId, ClientRecords> client : byId.entrySet()) {
            Hash64 hash = new Hash64().add(shard);
            hash.add(client.getKey().high()).add(client.getKey().low());
            client.getValue().addTo(hash);
            sum += hash.value();
        }
        return sum;
    }
}
