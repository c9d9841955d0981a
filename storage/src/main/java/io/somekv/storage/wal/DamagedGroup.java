package io.somekv.storage.wal;

/**
 * A group whose records are not provably all there: it may have forgotten a vote or an entry that
 * it acknowledged. It comes back as a new replica or not at all.
 *
 * @param replicaId that must not speak again; 0 where the log no longer knows it
 * @param file in which the damage was noticed
 * @param offset where in {@code file}
 */
public record DamagedGroup(long groupId, long replicaId, String file, long offset) {}
