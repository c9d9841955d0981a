package io.somekv.kv;

import java.util.List;

/**
 * A look at what a group knows of shards.
 *
 * @param states of those it owns, owned, or promised not to own; ascending
 * @param outgoing on their way to other groups, or not yet released after it
 * @param incoming on their way to this group, or not yet released where they come from
 */
public record ShardView(
        List<ShardStatus> states, List<Outgoing> outgoing, List<Incoming> incoming) {
    /** Of a group that has no shards, as the shard master's. */
    public static final ShardView EMPTY = new ShardView(List.of(), List.of(), List.of());

    public ShardView {
        states = List.copyOf(states);
        outgoing = List.copyOf(outgoing);
        incoming = List.copyOf(incoming);
    }
}
