package io.somekv.node;

import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Now;

/** Whoever waits for an outcome inside the lane. Called exactly once. */
interface Waiter {
    /**
     * @param logTime of the group that answered, in milliseconds since 1970; 0 when none was
     *     reached, or by a replica that stamps none
     */
    void done(Now now, Outcome outcome, long logTime);
}
