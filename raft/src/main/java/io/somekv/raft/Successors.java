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

    /**
     * That voter, the best one for 0, unless it is leaving, or has been silent: who waits for it
     * would wait in vain.
     */
    @Nullable Progress wished(long replicaId) {
        Progress member = replicaId == 0 ? best() : replication.find(replicaId);
        boolean isFit =
                member != null
                        && replication.isThere(member)
                        && core.membership().keepsVoter(member.id());
        return isFit ? member : null;
    }

    /** For a leader that goes: the one with most of the log need not wait for its timeout. */
    void haveBestCampaign() {
        Progress best = best();
        if (best != null) {
            core.effects().send(new Message.TimeoutNow(core.self(), best.id(), core.term()));
        }
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
