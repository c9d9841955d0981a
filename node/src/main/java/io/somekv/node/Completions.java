package io.somekv.node;

import io.somekv.kv.engine.Engine;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Input;
import io.somekv.raft.Now;
import java.util.Optional;

/**
 * What the rim has completed for a lane's groups since it was asked: appends that are durable,
 * entries read back, pieces of snapshots read or kept, rows flushed. The group may be gone by then.
 */
final class Completions {
    private final Engine engine;
    private final Places places;
    private final Nursery nursery;
    private final RoomWatch rooms;
    private final Outbox outbox;

    Completions(Engine engine, Places places, Nursery nursery, RoomWatch rooms, Outbox outbox) {
        this.engine = engine;
        this.places = places;
        this.nursery = nursery;
        this.rooms = rooms;
        this.outbox = outbox;
    }

    void onAppended(Now now, LaneInput.Appended appended) {
        for (LaneInput.GroupMark mark : appended.marks()) {
            onAppended(now, mark);
        }
    }

    private void onAppended(Now now, LaneInput.GroupMark mark) {
        Optional<Nursery.Unborn> born = nursery.born(mark);
        if (born.isPresent()) {
            places.add(born.get().host());
            rooms.welcome(now, born.get().host());
            born.get().tokens().forEach(token -> outbox.answer(token, new Outcome.Ok()));
            return;
        }
        GroupHost host = places.host(mark.groupId());
        if (!nursery.buried(mark) && host != null && host.replicaId() == mark.replicaId()) {
            host.step(now, new Input.Persisted(mark.mark()));
            places.touch(host);
        }
    }

    void onFetched(Now now, LaneInput.Fetched fetched) {
        GroupHost host = places.host(fetched.groupId());
        if (host != null) {
            host.step(now, new Input.Fetched(fetched.fetch(), fetched.entries()));
            places.touch(host);
        }
    }

    /** A pin that nobody waits for any more must not hold its rows for ever. */
    void onSnapshotRead(Now now, LaneInput.SnapshotRead read) {
        GroupHost host = places.host(read.groupId());
        if (host == null) {
            read.pin().close();
        } else {
            host.onSnapshotRead(now, read);
            places.touch(host);
        }
    }

    void onStaged(Now now, LaneInput.RowsStaged staged) {
        GroupHost host = places.host(staged.groupId());
        if (host != null) {
            host.onStaged(now, staged);
            places.touch(host);
        }
    }

    /** Logs may be dropped as far as that. */
    void onFlushed(Now now, boolean isPressing) {
        for (GroupHost host : places.hosts()) {
            host.compact(now, engine.flushedApplied(host.storeId()), isPressing);
            places.touch(host);
        }
    }
}
