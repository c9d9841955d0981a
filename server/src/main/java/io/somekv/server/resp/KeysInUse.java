package io.somekv.server.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.resp.RespAction;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keys that a connection's unanswered requests read or write. A client may send many requests
 * without waiting and still expects each to see the one before: {@code SET k 1}, {@code GET k}
 * gives 1. Groups promise no such thing of requests that are under way together:
 *
 * <ol>
 *   <li>SET is proposed; GET may be answered from what is applied, which SET is not yet.
 *   <li>SET k 1 is sent to a leader that is gone and tried again; SET k 2, sent later, is not.
 * </ol>
 *
 * So a request waits while an earlier one of its connection uses one of its keys and either of them
 * writes. Requests for different keys, and reads, go on side by side.
 */
final class KeysInUse {
    /** In {@link #uses}: a write. Any other number counts reads. */
    private static final Integer WRITE = -1;

    private final Map<Bytes, Integer> uses = new HashMap<>();

    /** Requests under way that speak of whole shards: they go alone. */
    private int whole;

    private int requests;

    /** Whether {@code ask} has to wait. */
    boolean conflicts(RespAction.Ask ask) {
        if (requests == 0) {
            return false;
        }
        if (whole > 0) {
            return true;
        }
        for (RespAction.Part part : ask.parts()) {
            if (!(part.command() instanceof Command.Keyed keyed)) {
                return true;
            }
            boolean reads = part.command() instanceof Command.Read;
            for (Bytes key : keyed.keys()) {
                Optional<Integer> use = Optional.ofNullable(uses.get(key));
                if (use.isPresent() && (!reads || use.get().equals(WRITE))) {
                    return true;
                }
            }
        }
        return false;
    }

    void begin(RespAction.Ask ask) {
        requests++;
        for (RespAction.Part part : ask.parts()) {
            if (part.command() instanceof Command.Keyed keyed) {
                boolean reads = part.command() instanceof Command.Read;
                for (Bytes key : keyed.keys()) {
                    if (reads) {
                        uses.merge(key, 1, Integer::sum);
                    } else {
                        uses.put(key, WRITE);
                    }
                }
            } else {
                whole++;
            }
        }
    }

    void end(RespAction.Ask ask) {
        requests--;
        for (RespAction.Part part : ask.parts()) {
            if (part.command() instanceof Command.Keyed keyed) {
                for (Bytes key : keyed.keys()) {
                    uses.computeIfPresent(
                            key, (_, count) -> count > 1 ? Integer.valueOf(count - 1) : null);
                }
            } else {
                whole--;
            }
        }
    }
}
