package io.somekv.kv;

import io.somekv.protocol.command.Request;
import java.util.List;

/**
 * A committed entry as a state machine sees it: the commands of one batch, in order, all at one log
 * time. NOOP and TIME entries come with no requests, so that the applied index and log time move
 * on.
 */
public record AppliedEntry(long index, long logTime, List<Request> requests) {
    public AppliedEntry {
        requests = List.copyOf(requests);
    }
}
