package io.somekv.node;

import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.StoreReader;
import io.somekv.node.wire.Envelope;
import io.somekv.raft.EntryId;
import io.somekv.raft.Message;
import io.somekv.raft.Now;
import io.somekv.raft.Snapshot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts together a snapshot that the leader sends (Raft figure 13), in a store of its own that
 * nobody reads before all of it is there. Pieces are kept by another thread than the lane's, in
 * their order; the leader hears what is kept, and sends no more than a window beyond.
 */
final class SnapshotReceiver {
    /** Of a snapshot of which nothing comes any more, what came gives its place to others. */
    private static final long SILENT_NANOS_MAX = 30_000_000_000L;

    private final long groupId;
    private final long replicaId;
    private final Nursery nursery;
    private final Outbox outbox;
    private final SnapshotBudget budget;
    private @Nullable Incoming incoming;

    /** A snapshot that is whole and durable, in a store that nothing refers to yet. */
    record Complete(Snapshot snapshot, long storeId, StateMachine machine) {}

    private static final class Incoming {
        final Snapshot snapshot;
        final long leaderId;
        final long storeId;
        final Engine.Staging staging;

        /** Pieces that came and were handed on; those that are known to be kept. */
        long received;

        long kept;
        long digest;
        boolean isWhole;
        long heardNanos;

        Incoming(Message.InstallSnapshot first, long storeId, Engine.Staging staging) {
            this.snapshot = first.snapshot();
            this.leaderId = first.from();
            this.storeId = storeId;
            this.staging = staging;
        }
    }

    SnapshotReceiver(
            long groupId, long replicaId, Nursery nursery, Outbox outbox, SnapshotBudget budget) {
        this.groupId = groupId;
        this.replicaId = replicaId;
        this.nursery = nursery;
        this.outbox = outbox;
        this.budget = budget;
    }

    /**
     * @param node of the leader
     */
    void onPiece(Now now, Message.InstallSnapshot piece, long node) {
        Incoming current = incoming;
        if (current == null
                || !current.snapshot.equals(piece.snapshot())
                || current.leaderId != piece.from()) {
            if (piece.part() != 0) {
                answer(piece, node, 0);
                return;
            }
            abandon();
            if (!budget.beginTaking()) {
                // No answer: the leader tries again.
                return;
            }
            long storeId = nursery.newStoreId();
            current = new Incoming(piece, storeId, nursery.stage(storeId));
            incoming = current;
        }
        current.heardNanos = now.nanos();
        if (piece.part() == current.received && !current.isWhole) {
            take(current, piece, node);
        } else {
            answer(piece, node, current.kept);
        }
    }

    private void take(Incoming current, Message.InstallSnapshot piece, long node) {
        long digest = StoreReader.chain(current.digest, piece.rows());
        if (digest != piece.digest()) {
            // Not what the leader read: all of it comes anew.
            abandon();
            answer(piece, node, 0);
            return;
        }
        current.digest = digest;
        current.received++;
        current.isWhole = piece.isLast();
        outbox.add(
                new LaneEffect.StageRows(
                        groupId,
                        current.staging,
                        current.storeId,
                        piece.rows(),
                        piece.isLast() ? Optional.of(end(current)) : Optional.empty()));
    }

    /** The machine reads minutes of outcomes back: not on the lane. */
    private LaneEffect.StageRows.End end(Incoming whole) {
        return new LaneEffect.StageRows.End(
                whole.snapshot.base().index(), () -> nursery.machine(groupId, whole.storeId));
    }

    /** One more piece is kept; gives the snapshot once that was the last. */
    Optional<Complete> onStaged(LaneInput.RowsStaged staged, long term, long node) {
        Incoming current = incoming;
        if (current == null || current.storeId != staged.storeId()) {
            return Optional.empty();
        }
        current.kept++;
        send(current.leaderId, term, current.snapshot.base(), current.kept, node);
        if (staged.machine().isEmpty()) {
            return Optional.empty();
        }
        incoming = null;
        budget.endTaking();
        return Optional.of(new Complete(current.snapshot, current.storeId, staged.machine().get()));
    }

    /**
     * Gives up a snapshot that its leader has given up: it may be gone, or the log have sufficed.
     */
    void tick(Now now) {
        Incoming current = incoming;
        if (current != null && now.nanos() - current.heardNanos > SILENT_NANOS_MAX) {
            abandon();
        }
    }

    /** Who is to be answered for what is staged; 0 for nobody. */
    long leaderId() {
        return incoming == null ? 0 : incoming.leaderId;
    }

    private void answer(Message.InstallSnapshot piece, long node, long nextPart) {
        send(piece.from(), piece.term(), piece.snapshot().base(), nextPart, node);
    }

    private void send(long to, long term, EntryId base, long nextPart, long node) {
        outbox.message(
                node,
                new Envelope(
                        groupId,
                        new Message.SnapshotAccepted(replicaId, to, term, base, nextPart)));
    }

    /** What was kept goes, behind what is still being kept. */
    void abandon() {
        Incoming current = incoming;
        if (current != null) {
            incoming = null;
            budget.endTaking();
            outbox.add(new LaneEffect.AbandonStaging(current.staging, current.storeId));
        }
    }

    boolean isIdle() {
        return incoming == null;
    }
}
