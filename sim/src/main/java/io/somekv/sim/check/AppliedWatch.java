package io.somekv.sim.check;

import java.util.HashMap;
import java.util.Map;

/**
 * State machine safety for one group, seen at the engine: at every index, every replica, in every
 * life, changes the same rows in the same way, and leaves no index out.
 */
final class AppliedWatch {
    private final long groupId;
    private final Map<Long, Long> changesByIndex = new HashMap<>();
    private final Map<Long, Long> digestByIndex = new HashMap<>();

    AppliedWatch(long groupId) {
        this.groupId = groupId;
    }

    /**
     * @param before what the store had applied until now
     * @param changes hash of the rows that change, without the store id
     */
    void applied(long node, long before, long index, long changes) {
        if (index != before + 1) {
            throw new Breach(
                    "group "
                            + groupId
                            + ": node "
                            + node
                            + " applied "
                            + index
                            + " behind "
                            + before);
        }
        check(node, index, changes, changesByIndex, "changes other rows than others did");
    }

    /**
     * @param digest hash of all rows of the store as of {@code index}
     */
    void digest(long node, long index, long digest) {
        check(node, index, digest, digestByIndex, "has other rows than others had");
    }

    private void check(long node, long index, long hash, Map<Long, Long> known, String what) {
        Long first = known.putIfAbsent(index, hash);
        if (first != null && first != hash) {
            throw new Breach(
                    "group " + groupId + ": node " + node + " " + what + " at index " + index);
        }
    }
}
