package io.somekv.node;

import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.session.ClientSession;
import io.somekv.protocol.session.Deadlines;
import io.somekv.raft.Now;
import java.util.Optional;

/**
 * The lane as a client of one group, for requests that came without an identity (DESIGN §6): so
 * that it may send them again, to whichever node leads by then, and they are still executed once.
 */
final class OwnSession {
    /** Well inside the groups' window, so that a slow request does not turn the others away. */
    private static final int WINDOW = 8 << 10;

    private final long groupId;
    private final ClientSession session;
    private final Deadlines deadlines = new Deadlines(Deadlines.LIFETIME_DEFAULT_MILLIS);

    OwnSession(long groupId, ClientId client) {
        this.groupId = groupId;
        session = new ClientSession(client, WINDOW);
    }

    long groupId() {
        return groupId;
    }

    /** Empty where too many are outstanding. */
    Optional<Request> wrap(Now now, Request request) {
        return session.begin(deadlines.next(millis(now)))
                .map(stamp -> new Request(Optional.of(stamp), request.command()));
    }

    /**
     * The request for another try: the same sequence, the deadline as it was, unless none was
     * known.
     */
    Request again(Now now, Request request) {
        RequestStamp before = request.stamp().orElseThrow();
        RequestStamp stamp =
                before.deadlineMillis() == 0
                        ? session.withDeadline(before, deadlines.next(millis(now)))
                        : session.restamp(before);
        return new Request(Optional.of(stamp), request.command());
    }

    void finish(Request request) {
        session.finish(request.stamp().orElseThrow().sequence());
    }

    /** Takes note of a log time that an answer of this group showed. */
    void observe(Now now, long logTime) {
        deadlines.observe(logTime, millis(now));
    }

    private static long millis(Now now) {
        return now.nanos() / 1_000_000;
    }
}
