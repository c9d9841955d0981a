package io.somekv.kv.duplicates;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import java.util.List;

/** That a request of a client was executed in a shard, as the row of an entry's outcomes says. */
public record Executed(int shard, ClientId client, long sequence) {
    /** All of a row, in order; what came with its shard is among them. */
    public static List<Executed> of(Bytes row) {
        return OutcomeRow.decode(row).items().stream()
                .map(item -> new Executed(item.shard(), item.client(), item.sequence()))
                .toList();
    }
}
