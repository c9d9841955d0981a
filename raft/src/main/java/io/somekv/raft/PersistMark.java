package io.somekv.raft;

/**
 * Names one {@link Ready.Persist}, so that its acknowledgement, however late, is not taken for that
 * of another (KB-21).
 *
 * @param incarnation which run of the process handed it out
 * @param number counts persists of that run, from 1
 * @param last the last entry of the log as this persist leaves it
 */
public record PersistMark(long incarnation, long number, EntryId last) {}
