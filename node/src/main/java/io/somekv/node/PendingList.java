package io.somekv.node;

import org.jspecify.annotations.Nullable;

/**
 * The requests that the router has not yet answered, oldest first, and what clients' weigh
 * together. The links are in the requests themselves: one that is answered leaves at once, from
 * wherever it stands, and nothing keeps its value alive until those before it are answered too.
 */
final class PendingList {
    private @Nullable Pending oldest;
    private @Nullable Pending youngest;
    private long heldBytes;

    @Nullable Pending oldest() {
        return oldest;
    }

    long heldBytes() {
        return heldBytes;
    }

    void add(Pending pending) {
        heldBytes += pending.heldBytes;
        pending.older = youngest;
        if (youngest == null) {
            oldest = pending;
        } else {
            youngest.younger = pending;
        }
        youngest = pending;
    }

    void remove(Pending pending) {
        heldBytes -= pending.heldBytes;
        Pending older = pending.older;
        Pending younger = pending.younger;
        if (older == null) {
            oldest = younger;
        } else {
            older.younger = younger;
        }
        if (younger == null) {
            youngest = older;
        } else {
            younger.older = older;
        }
        pending.older = null;
        pending.younger = null;
    }
}
