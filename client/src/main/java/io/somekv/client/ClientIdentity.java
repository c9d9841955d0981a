package io.somekv.client;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.session.ClientSession;
import io.somekv.protocol.session.Deadlines;
import java.util.Optional;
import java.util.UUID;

/**
 * What a client's writes are known by: its id, once the shard master gave one, and their stamps.
 */
final class ClientIdentity {
    private final UUID nonce;
    private final Deadlines deadlines;
    private final int window;
    private Optional<ClientSession> session = Optional.empty();

    ClientIdentity(UUID nonce, ClientSettings settings) {
        this.nonce = nonce;
        this.deadlines = new Deadlines(settings.lifetimeMillis());
        this.window = settings.window();
    }

    Optional<ClientId> client() {
        return session.map(ClientSession::client);
    }

    /** What asks for the id; the same each time. */
    Command registration() {
        return new Command.RegisterClient(nonce);
    }

    void onRegistered(ClientId client) {
        session = Optional.of(new ClientSession(client, window));
    }

    /** A group has shown its log time; 0 where it has not. */
    void observe(long logTime, long nowMillis) {
        deadlines.observe(logTime, nowMillis);
    }

    /** Whether there is an id, and room in the window for one more write. */
    boolean hasRoom() {
        return session.isPresent() && session.get().hasRoom();
    }

    Optional<RequestStamp> begin(long nowMillis) {
        return open().begin(deadlines.next(nowMillis));
    }

    /** For the next copy: floor as of now, and the deadline as it is, unless there is none yet. */
    RequestStamp again(RequestStamp before, long nowMillis) {
        long deadline = before.deadlineMillis() == 0 ? deadlines.next(nowMillis) : 0;
        return deadline == 0 ? open().restamp(before) : open().withDeadline(before, deadline);
    }

    /** No copy of it will be sent any more. */
    void finish(RequestStamp stamp) {
        open().finish(stamp.sequence());
    }

    private ClientSession open() {
        return session.orElseThrow(() -> Invariant.unreachable("a stamp without a session"));
    }
}
