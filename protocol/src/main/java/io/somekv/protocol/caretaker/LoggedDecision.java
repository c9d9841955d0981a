package io.somekv.protocol.caretaker;

/**
 * A decision as the shard master keeps it.
 *
 * @param number counts decisions from 1
 * @param logTime of the entry that brought it, in milliseconds since 1970
 */
public record LoggedDecision(long number, long logTime, Decision decision) {}
