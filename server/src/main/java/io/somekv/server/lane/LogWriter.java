package io.somekv.server.lane;

import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.LaneInput.GroupMark;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.SharedLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of a node that writes and syncs the shared log (DESIGN §4, §9). It takes all that
 * the lanes have queued, writes it as one frame, syncs once, and hands each lane its marks in one
 * go. While sync N runs, batch N+1 collects: so the batch is as large as the load asks for, and no
 * timer decides about it.
 *
 * <p>The thread belongs to this class and nobody interrupts it: an interrupt would close the log's
 * file under it (KB-44). An error of the disk stops the node.
 */
public final class LogWriter {
    private record Job(LaneLoop lane, LaneEffect.Append append) {}

    private final SharedLog log;
    private final Emergency emergency;
    private final Thread thread;

    /** Guarded by this; swapped for an empty one by the thread. */
    private List<Job> queued = new ArrayList<>();

    /** Guarded by this. */
    private boolean idle;

    /** Guarded by this. */
    private boolean stopping;

    public LogWriter(SharedLog log, Emergency emergency, String threadName) {
        this.log = log;
        this.emergency = emergency;
        thread =
                ShortSlice.of(Thread.ofPlatform().name(threadName).daemon(false).factory())
                        .newThread(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Queues a lane's batch. Appends of one lane are carried out in the order they came. */
    void submit(LaneLoop lane, LaneEffect.Append append) {
        synchronized (this) {
            queued.add(new Job(lane, append));
            if (idle) {
                notifyAll();
            }
        }
    }

    /** Writes what is queued, ends the thread, and returns when it has ended. */
    public void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            for (List<Job> batch = take(); batch != null; batch = take()) {
                log.write(recordsOf(batch));
                log.sync();
                handBack(batch);
            }
        } catch (IOException e) {
            emergency.stop(
                    Emergency.EXIT_DISK,
                    "the log cannot be written ("
                            + e.getMessage()
                            + "). Nothing that was acknowledged is lost. Look after the disk, then"
                            + " start the node again: it takes up where its log ends",
                    e);
        } catch (Throwable e) {
            emergency.stop(Emergency.EXIT_BUG, "a bug met the thread that writes the log", e);
        }
    }

    /** All that is queued, waiting for the first; null when it is time to end. */
    private synchronized @Nullable List<Job> take() throws InterruptedException {
        while (queued.isEmpty()) {
            if (stopping) {
                return null;
            }
            idle = true;
            wait();
            idle = false;
        }
        List<Job> batch = queued;
        queued = new ArrayList<>();
        return batch;
    }

    private static List<GroupRecord> recordsOf(List<Job> batch) {
        if (batch.size() == 1) {
            return batch.get(0).append.records();
        }
        List<GroupRecord> records = new ArrayList<>();
        for (Job job : batch) {
            records.addAll(job.append.records());
        }
        return records;
    }

    /** One hand-over for each lane, however many appends it had in the batch. */
    private static void handBack(List<Job> batch) {
        if (batch.size() == 1) {
            Job job = batch.get(0);
            job.lane.offerFromOutside(new LaneInput.Appended(job.append.marks()));
            return;
        }
        for (int i = 0; i < batch.size(); i++) {
            LaneLoop lane = batch.get(i).lane;
            if (!handedBackBefore(batch, i)) {
                List<GroupMark> marks = new ArrayList<>();
                for (int j = i; j < batch.size(); j++) {
                    if (batch.get(j).lane == lane) {
                        marks.addAll(batch.get(j).append.marks());
                    }
                }
                lane.offerFromOutside(new LaneInput.Appended(marks));
            }
        }
    }

    private static boolean handedBackBefore(List<Job> batch, int position) {
        for (int i = 0; i < position; i++) {
            if (batch.get(i).lane == batch.get(position).lane) {
                return true;
            }
        }
        return false;
    }
}
