package io.somekv.server.lane;

import io.somekv.kv.engine.Engine;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.storage.rocks.EngineFailure;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reads and keeps snapshots, and drops what they have replaced, on one thread with low priority: a
 * lane that did it itself would miss its heartbeats (KB-30). Work is done in the order it came.
 */
public final class BulkWork {
    private final Engine engine;
    private final Emergency emergency;
    private final Executor thread;

    public BulkWork(Engine engine, Emergency emergency, Executor thread) {
        this.engine = engine;
        this.emergency = emergency;
        this.thread = thread;
    }

    void read(LaneLoop lane, LaneEffect.ReadSnapshot read) {
        run(() ->
                lane.offerFromOutside(
                        new LaneInput.SnapshotRead(
                                read.groupId(),
                                read.replicaId(),
                                read.pin(),
                                read.part(),
                                read.piece())));
    }

    void stage(LaneLoop lane, LaneEffect.StageRows stage) {
        run(() -> lane.offerFromOutside(stage.carryOut()));
    }

    void abandon(LaneEffect.AbandonStaging abandoned) {
        run(() -> {
            abandoned.staging().abandon();
            // It may have been finished meanwhile.
            engine.drop(abandoned.storeId());
        });
    }

    void drop(long storeId) {
        run(() -> engine.drop(storeId));
    }

    private void run(Runnable work) {
        try {
            thread.execute(() -> runNow(work));
        } catch (RejectedExecutionException e) {
            // The node is stopping: nobody waits for the answer.
        }
    }

    private void runNow(Runnable work) {
        try {
            work.run();
        } catch (EngineFailure e) {
            emergency.stop(
                    Emergency.EXIT_DISK,
                    e.getMessage() + ". Look after the disk, then start the node again",
                    e);
        } catch (Throwable e) {
            emergency.stop(Emergency.EXIT_BUG, "a bug met the thread for snapshots", e);
        }
    }
}
