package io.somekv.raft;

import org.jspecify.annotations.Nullable;

/** Whom a leader may have elected in its place (thesis §3.10). */
final class Successors {
    private final Core core;
    private final Replication replication;

    Successors(Core core, Replication replication) {
        this.core = core;
        this.replication = replication;
    }

    /** That member, unless it has been silent: who waits for it would wait in vain. */
    @Nullable Progress find(long replicaId) {
        Progress member = replication.find(replicaId);
        return member != null && replication.isThere(member) ? member : null;
    }

    /**
     * The voter that has most of the log, of those heard lately; of those that have all that is
     * committed, one with room on its disk. There is one where a quorum of others has room, for it
     * meets the quorum that committed. One that lacks more could not be waited for.
     */
    @Nullable Progress best() {
        return bestBeyond(-1);
    }

    /** The same of those that have more of the log than up to {@code index}. */
    @Nullable Progress bestBeyond(long index) {
        Progress best = null;
        for (Progress voter : replication.voters()) {
            boolean isFit = replication.isNotSilent(voter) && voter.matchIndex() > index;
            if (isFit && (best == null || isBetter(voter, best))) {
                best = voter;
            }
        }
        return best;
    }

    private boolean isBetter(Progress voter, Progress best) {
        boolean isRoomy = isNearAndRoomy(voter);
        return isRoomy == isNearAndRoomy(best) ? voter.matchIndex() > best.matchIndex() : isRoomy;
    }

    private boolean isNearAndRoomy(Progress voter) {
        return voter.matchIndex() >= core.log().commit() && !core.isNearlyFull(voter.nodeId());
    }
}
