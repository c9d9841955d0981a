package io.somekv.server.lane;

import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.log.SharedLog;
import io.somekv.raft.Entry;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reads entries back from the log for followers that are far behind, on a thread with low priority.
 * What a follower needs while it keeps up is in memory; what is read here lies on the disk, where a
 * read takes as long as it takes, and a lane that waited for it would miss its heartbeats. The hop
 * costs nothing that such a follower would notice. A replica has one fetch out for each follower,
 * so the queue is as short as the group is small.
 */
public final class LogReader {
    private final SharedLog log;
    private final Emergency emergency;
    private final Executor background;

    public LogReader(SharedLog log, Emergency emergency, Executor background) {
        this.log = log;
        this.emergency = emergency;
        this.background = background;
    }

    /** Answers the lane with a {@link LaneInput.Fetched}. */
    void read(LaneLoop lane, LaneEffect.FetchEntries wanted) {
        try {
            background.execute(() -> readNow(lane, wanted));
        } catch (RejectedExecutionException e) {
            // The node is stopping: nobody waits for the answer.
        }
    }

    private void readNow(LaneLoop lane, LaneEffect.FetchEntries wanted) {
        try {
            List<Entry> entries =
                    log.read(
                            wanted.groupId(),
                            wanted.fetch().from(),
                            wanted.fetch().to(),
                            wanted.fetch().sizeMax());
            lane.offerFromOutside(new LaneInput.Fetched(wanted.groupId(), wanted.fetch(), entries));
        } catch (IOException e) {
            emergency.stop(
                    Emergency.EXIT_DISK,
                    "the log cannot be read ("
                            + e.getMessage()
                            + "). Look after the disk, then start the node again",
                    e);
        } catch (Throwable e) {
            emergency.stop(Emergency.EXIT_BUG, "a bug met the thread that reads the log", e);
        }
    }
}
