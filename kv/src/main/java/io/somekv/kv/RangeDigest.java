package io.somekv.kv;

import io.somekv.protocol.command.Outcome;

/**
 * What one side of a move has of a range of keys.
 *
 * @param bytes of rows that were read for it
 */
public record RangeDigest(Outcome.ShardDigest digest, long bytes) {}
