package io.somekv.node;

import io.somekv.kv.engine.Engine;
import io.somekv.node.log.RecoveredGroup;
import java.util.List;
import java.util.TreeSet;

/** Which stores of an engine are in use when a node starts. */
public final class StoreIds {
    private StoreIds() {}

    /**
     * Drops stores that no group of the log refers to: what a snapshot had replaced, or one that
     * was not yet there as a whole. That is flushed, so that none of it comes back under rows of a
     * later one.
     *
     * @return an id larger than any that a store had
     */
    public static long settle(Engine engine, List<RecoveredGroup> groups) {
        TreeSet<Long> used = new TreeSet<>();
        groups.forEach(group -> used.add(group.storeId()));
        long last = used.isEmpty() ? 0 : used.last();
        boolean any = false;
        for (long storeId : engine.stores()) {
            last = Math.max(last, storeId);
            if (!used.contains(storeId)) {
                engine.drop(storeId);
                any = true;
            }
        }
        if (any) {
            engine.flush();
        }
        return last + 1;
    }
}
