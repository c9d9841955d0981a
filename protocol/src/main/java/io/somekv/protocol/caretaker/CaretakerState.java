package io.somekv.protocol.caretaker;

import java.util.List;

/**
 * What the shard master keeps for its caretaker, and about it.
 *
 * @param uses of nodes that are not used as usual, ascending
 * @param decisions the newest first, as many as were asked for
 */
public record CaretakerState(
        CaretakerSettings settings, List<NodeUse> uses, List<LoggedDecision> decisions) {
    public CaretakerState {
        uses = List.copyOf(uses);
        decisions = List.copyOf(decisions);
    }
}
