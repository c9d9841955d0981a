package io.somekv.raft;

/**
 * A log position with the term that wrote it (Raft §5.3). Two logs that hold the same id agree on
 * everything up to it. Ordered as §5.4.1 orders logs: by term, then by index.
 *
 * @param term of the leader that appended the entry; 0 only for {@link #ZERO}
 * @param index position in the log, from 1; 0 only for {@link #ZERO}
 */
public record EntryId(long term, long index) implements Comparable<EntryId> {
    /** Before the first entry. */
    public static final EntryId ZERO = new EntryId(0, 0);

    @Override
    public int compareTo(EntryId other) {
        return term != other.term
                ? Long.compare(term, other.term)
                : Long.compare(index, other.index);
    }
}
