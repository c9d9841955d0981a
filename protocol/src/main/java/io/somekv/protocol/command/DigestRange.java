package io.somekv.protocol.command;

import io.somekv.base.Bytes;

/**
 * Which keys of a shard a digest is over, in their order.
 *
 * @param from the first of them
 * @param to behind the last of them; empty for no bound
 * @param logTime what has expired by then is left out: one group may have removed it, and the other
 *     not yet
 */
public record DigestRange(Bytes from, Bytes to, long logTime) {
    /** The same up to {@code end}, and without what has expired by then. */
    public DigestRange through(Bytes end, long notBefore) {
        return new DigestRange(from, end, Math.max(logTime, notBefore));
    }
}
