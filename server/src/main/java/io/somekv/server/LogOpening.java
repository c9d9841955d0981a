package io.somekv.server;

import io.somekv.storage.wal.OpeningProgress;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how far the log is read when a node starts, once that takes so long that somebody may wonder
 * whether the node hangs.
 */
final class LogOpening implements OpeningProgress {
    private static final Logger LOG = LoggerFactory.getLogger(LogOpening.class);
    private static final long SILENT_NANOS = 1_000_000_000L;

    private final LongSupplier nanos;
    private long saidNanos;

    /**
     * @param nanos a clock that only goes forward
     */
    LogOpening(LongSupplier nanos) {
        this.nanos = nanos;
        this.saidNanos = nanos.getAsLong();
    }

    @Override
    public void onRead(long readBytes, long totalBytes) {
        long now = nanos.getAsLong();
        if (now - saidNanos >= SILENT_NANOS) {
            saidNanos = now;
            LOG.info("reading the log: {} of {} MiB", readBytes >> 20, totalBytes >> 20);
        }
    }
}
