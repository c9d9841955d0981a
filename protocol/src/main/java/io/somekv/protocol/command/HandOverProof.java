package io.somekv.protocol.command;

/**
 * What the new owner of a shard shows before it serves (DESIGN §7): under which copy and freeze the
 * old one has handed it over.
 *
 * @param digest over all pieces that were staged: a replica that holds others has gone wrong
 * @param logTime of the old owner when it handed over, in milliseconds since 1970: the new one's is
 *     not to be behind
 */
public record HandOverProof(long copyId, long freezeId, long digest, long logTime) {}
