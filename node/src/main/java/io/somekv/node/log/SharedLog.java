package io.somekv.node.log;

import io.somekv.raft.Entry;
import java.io.IOException;
import java.util.List;

/**
 * The one append stream of a node that all its groups share (DESIGN §4). The rim calls it: one
 * thread writes and syncs, any thread may read. Every {@link IOException} out of {@link #write} or
 * {@link #sync} is final: the node stops, and nothing is tried again.
 */
public interface SharedLog extends AutoCloseable {
    /** What was found when the log was opened, ordered by group id. */
    List<RecoveredGroup> recovered();

    /** Which run of the process this is on this disk: larger than any before. */
    long incarnation();

    /**
     * Writes the records of one sync batch as one frame, in this order. Not durable before {@link
     * #sync}.
     */
    void write(List<GroupRecord> records) throws IOException;

    /** Makes everything written so far durable. */
    void sync() throws IOException;

    /**
     * Entries {@code from..to} of a group, in order: at least one, more while they stay within
     * {@code sizeMax} bytes of payload. Empty when the log does not hold {@code from}.
     */
    List<Entry> read(long groupId, long from, long to, int sizeMax) throws IOException;

    @Override
    void close() throws IOException;
}
