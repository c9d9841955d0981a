package io.somekv.server.lane;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node stops when going on would be wrong: after a failed check of its own, whose state it
 * can no longer trust, or after an error of its disk, which must never be tried again (KB-16). It
 * stops as a crash does, without tidying up: recovery from the log is the one way back that is
 * tested all the time.
 */
@FunctionalInterface
public interface Emergency {
    /** Exit code of a process that met a bug in this program. */
    int EXIT_BUG = 70;

    /** Exit code of a process whose disk failed. */
    int EXIT_DISK = 74;

    /** Does not return to a caller that would go on. */
    void stop(int exitCode, String why, Throwable cause);

    /** Ends the process at once, after one line that says what to do. */
    static Emergency haltsProcess() {
        Logger log = LoggerFactory.getLogger(Emergency.class);
        return (exitCode, why, cause) -> {
            try {
                log.error("stopping now: {}", why, cause);
            } finally {
                Runtime.getRuntime().halt(exitCode);
            }
        };
    }
}
