package io.somekv.node;

import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gives writes that came without an identity one of this lane's own, from a session for each group:
 * so they may be sent again, and still count once.
 */
final class Identities {
    private final LaneConfig config;
    private final TreeMap<Long, OwnSession> sessionByGroup = new TreeMap<>();
    private long next;

    Identities(LaneConfig config) {
        this.config = config;
    }

    /**
     * Gives the request an identity, or its stamp the newest floor; false while too many are out.
     */
    boolean stamp(Now now, Pending pending, long group) {
        OwnSession session = pending.session;
        if (session != null && session.groupId() != group && pending.isWithoutDeadline()) {
            // Executed by nobody so far: here it may begin anew, with this group's log time.
            forget(pending, session);
            session = null;
        }
        if (session != null) {
            pending.request = session.again(now, pending.request);
            return true;
        }
        if (!RequestCheck.needsStamp(pending.request.command())
                || pending.request.stamp().isPresent()) {
            return true;
        }
        OwnSession own = sessionByGroup.computeIfAbsent(group, this::newSession);
        Optional<Request> wrapped = own.wrap(now, pending.request);
        if (wrapped.isPresent()) {
            pending.request = wrapped.get();
            pending.session = own;
        }
        return wrapped.isPresent();
    }

    private OwnSession newSession(long group) {
        ClientId identity = config.identity();
        long high = identity.high() + (((long) config.lane() << 32) | next++);
        return new OwnSession(group, new ClientId(high, identity.low()));
    }

    /** To be done only to a request that nobody can have executed, and nobody will. */
    static void forget(Pending pending, OwnSession session) {
        session.finish(pending.request);
        pending.session = null;
        pending.request = new Request(Optional.empty(), pending.request.command());
    }
}
