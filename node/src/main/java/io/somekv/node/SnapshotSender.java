package io.somekv.node;

import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.StoreReader;
import io.somekv.node.wire.Envelope;
import io.somekv.raft.Message;
import io.somekv.raft.Now;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.ReplicaStatus;
import io.somekv.raft.Snapshot;
import java.util.ArrayDeque;
import java.util.List;
import java.util.TreeMap;

/**
 * Brings on followers that need more than the leader's log has (Raft §7): reads the state machine's
 * rows as they stood at one moment, piece by piece and not on the lane, and sends them as the
 * follower takes them. What is lost on the way is read and sent again from where the follower is.
 */
final class SnapshotSender {
    /** A follower that is gone for so long does not keep the place that others wait for. */
    private static final long SILENT_NANOS_MAX = 10_000_000_000L;

    /**
     * A follower that answers its leader and takes no piece, since others have its places, does not
     * keep the log and the rows of that moment for so long. It gets a later snapshot once there is
     * room: all that is lost is what it may have of this one.
     */
    private static final long STUCK_NANOS_MAX = 60_000_000_000L;

    /** From the last piece to where the follower goes on from the log. */
    private static final long INSTALLED_NANOS_MAX = 3_000_000_000L;

    /** Without a word of the follower: go on from what it is known to have. */
    private static final long AGAIN_NANOS = 1_000_000_000L;

    private final long groupId;
    private final RaftReplica replica;
    private final Engine engine;
    private final Outbox outbox;
    private final SnapshotBudget budget;
    private final TreeMap<Long, Course> courses = new TreeMap<>();

    /** One snapshot on its way to one follower. */
    private static final class Course {
        final Snapshot snapshot;
        final Engine.Pin pin;
        final long storeId;

        /** Where the pieces begin that the follower is not known to have; the first is next. */
        final ArrayDeque<StoreReader.Cursor> unacknowledged = new ArrayDeque<>();

        /** Of the first in {@link #unacknowledged}. */
        long acknowledged;

        /** The piece to read next. */
        long next;

        /**
         * The follower has what comes before, from an earlier try: read over it, send none of it.
         */
        long skipTo;

        /** Count of pieces, once the last was read; MAX_VALUE before. */
        long end = Long.MAX_VALUE;

        boolean isReading;
        boolean isOver;
        long heardNanos;

        /** When {@link #acknowledged} last changed: at the end, with the last piece. */
        long movedNanos;

        /** When the follower last answered the leader at all. */
        long presentNanos;

        Course(Snapshot snapshot, Engine.Pin pin, long storeId, Now now) {
            this.snapshot = snapshot;
            this.pin = pin;
            this.storeId = storeId;
            this.heardNanos = now.nanos();
            this.movedNanos = now.nanos();
            this.presentNanos = now.nanos();
            unacknowledged.add(StoreReader.Cursor.START);
        }

        StoreReader.Cursor nextCursor() {
            return unacknowledged.stream().skip(next - acknowledged).findFirst().orElseThrow();
        }

        /**
         * The follower had all of it, and needs it still: it has crashed before that was in its
         * log, and knows nothing of it any more.
         */
        boolean isLostBehindItsEnd(Now now) {
            return acknowledged == end && now.nanos() - movedNanos > INSTALLED_NANOS_MAX;
        }

        boolean isStuck(Now now) {
            return now.nanos() - movedNanos > STUCK_NANOS_MAX;
        }

        /** The piece behind the last that was read: where it begins is known. */
        long read() {
            return acknowledged + unacknowledged.size() - 1;
        }

        void acknowledge(Now now, long nextPart) {
            while (acknowledged < nextPart) {
                unacknowledged.removeFirst();
                acknowledged++;
                movedNanos = now.nanos();
            }
            next = Math.max(next, acknowledged);
        }

        /** The follower has nothing, or no more what it had. */
        void beginAnew(Now now) {
            movedNanos = now.nanos();
            unacknowledged.clear();
            unacknowledged.add(StoreReader.Cursor.START);
            acknowledged = 0;
            next = 0;
            skipTo = 0;
        }

        /** All that was sent behind {@code part} counts as lost. */
        void goBackTo(long part) {
            next = part;
            while (unacknowledged.size() > part - acknowledged + 1) {
                unacknowledged.removeLast();
            }
        }
    }

    SnapshotSender(
            long groupId,
            RaftReplica replica,
            Engine engine,
            Outbox outbox,
            SnapshotBudget budget) {
        this.groupId = groupId;
        this.replica = replica;
        this.engine = engine;
        this.outbox = outbox;
        this.budget = budget;
    }

    /**
     * The log must not be dropped beyond this index: who takes a snapshot needs what follows it.
     */
    long keptFrom() {
        long least = Long.MAX_VALUE;
        for (Course course : courses.values()) {
            least = Math.min(least, course.snapshot.base().index());
        }
        return least;
    }

    boolean isIdle() {
        return courses.isEmpty();
    }

    /**
     * Begins for those who need a snapshot, ends for those who do not any more or do not get on,
     * and goes on.
     *
     * @param storeId where the rows are that the state machine holds now
     * @param applied what they are the state of
     */
    void tick(Now now, long storeId, long applied, long logTime) {
        List<Long> wanting = replica.wantingSnapshot();
        // Before others end: their places are for other groups first.
        for (long id : wanting) {
            if (!courses.containsKey(id) && budget.beginSending()) {
                Snapshot snapshot = replica.snapshotAt(applied, logTime);
                courses.put(id, new Course(snapshot, engine.pin(), storeId, now));
            }
        }
        for (long id : List.copyOf(courses.keySet())) {
            Course course = courses.get(id);
            if (course == null) {
                continue;
            }
            if (wanting.contains(id)) {
                course.presentNanos = now.nanos();
            }
            if (!replica.wantsSnapshot(id)
                    || now.nanos() - course.presentNanos > SILENT_NANOS_MAX
                    || course.isStuck(now)
                    || course.isLostBehindItsEnd(now)) {
                end(id);
            }
        }
        courses.forEach((id, course) -> {
            if (now.nanos() - course.heardNanos >= AGAIN_NANOS) {
                course.heardNanos = now.nanos();
                course.goBackTo(course.acknowledged);
            }
            maybeRead(now, id, course);
        });
    }

    private void maybeRead(Now now, long id, Course course) {
        boolean hasRoom = course.next - course.acknowledged < SnapshotBudget.WINDOW;
        if (!course.isReading && hasRoom && course.next < course.end && budget.hasBytes(now)) {
            course.isReading = true;
            outbox.add(
                    new LaneEffect.ReadSnapshot(
                            groupId,
                            id,
                            course.pin,
                            course.storeId,
                            course.nextCursor(),
                            course.next));
        }
    }

    void onRead(Now now, LaneInput.SnapshotRead read, long node) {
        if (!replica.leads()) {
            // Deposed in this very batch: the term that it knows now is another leader's.
            endAll();
        }
        Course course = courses.get(read.replicaId());
        if (course == null || !course.pin.equals(read.pin())) {
            read.pin().close();
            return;
        }
        course.isReading = false;
        if (course.isOver) {
            course.pin.close();
            courses.remove(read.replicaId());
            return;
        }
        StoreReader.Piece piece = read.piece();
        // Sending has gone back meanwhile where the part is another one.
        if (read.part() == course.next) {
            course.next++;
            course.unacknowledged.addLast(piece.next());
            course.end = piece.isLast() ? course.next : course.end;
            if (course.next <= course.skipTo) {
                course.acknowledge(now, course.next);
                maybeRead(now, read.replicaId(), course);
                return;
            }
            budget.spend(piece.rows().size());
            ReplicaStatus self = replica.status(now);
            outbox.message(
                    node,
                    new Envelope(
                            groupId,
                            new Message.InstallSnapshot(
                                    self.replicaId(),
                                    read.replicaId(),
                                    self.term(),
                                    course.snapshot,
                                    read.part(),
                                    piece.rows(),
                                    piece.next().digest(),
                                    piece.isLast())));
        }
        maybeRead(now, read.replicaId(), course);
    }

    void onAccepted(Now now, Message.SnapshotAccepted message) {
        Course course = courses.get(message.from());
        if (course == null || course.isOver || !course.snapshot.base().equals(message.base())) {
            return;
        }
        course.heardNanos = now.nanos();
        if (message.nextPart() == 0 && course.acknowledged > 0) {
            course.beginAnew(now);
        } else if (message.nextPart() > course.read()) {
            course.skipTo = message.nextPart();
            course.acknowledge(now, course.read());
        } else {
            course.acknowledge(now, message.nextPart());
        }
        maybeRead(now, message.from(), course);
    }

    /** A pin is not closed under who reads from it. */
    private void end(long id) {
        Course course = courses.get(id);
        if (course == null || course.isOver) {
            return;
        }
        budget.endSending();
        course.isOver = true;
        if (!course.isReading) {
            course.pin.close();
            courses.remove(id);
        }
    }

    /** This replica leads no more, or is no more. */
    void endAll() {
        List.copyOf(courses.keySet()).forEach(this::end);
    }
}
