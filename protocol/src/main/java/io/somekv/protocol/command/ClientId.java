package io.somekv.protocol.command;

/**
 * Who asks, for the duplicate table: given out by the shard master and never reused, or drawn at
 * random (128 bits) by a node for the requests that it forwards for plain clients (DESIGN §6).
 */
public record ClientId(long high, long low) implements Comparable<ClientId> {
    @Override
    public int compareTo(ClientId other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }
}
