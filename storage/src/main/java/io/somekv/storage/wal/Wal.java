package io.somekv.storage.wal;

import io.somekv.base.ByteWriter;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.node.log.SharedLog;
import io.somekv.raft.Entry;
import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log of a node (DESIGN §4; bytes in docs/FORMATS.md): segments of prewritten
 * zeros, one frame a sync batch, one record a group in it.
 *
 * <p>A segment goes once every group's log begins behind what stands in it. A group that does not
 * get on, because it has no quorum, say, must not hold them all: what remains of a log whose oldest
 * entry is {@link WalConfig#segmentsMax} segments back is written again at the end. So the log
 * takes at most that many segments, a large value's own apart, and two more ({@link Reclaiming}).
 *
 * <p>Threads. One thread calls {@link #write} and {@link #sync}; nobody interrupts it. Any thread
 * may {@link #read} meanwhile, unless {@link #freeSegments} runs: a frame is never changed once it
 * is written, its entries can be found only after that ({@link EntryRuns} hands them over), and a
 * truncation takes them out of the index while the bytes stay. So a reader sees the log as it was
 * at one moment.
 *
 * <p>Failure. The first {@link IOException} of a write, sync, rename or directory sync is thrown by
 * every call from then on. After a failed sync the kernel may have dropped the bytes and call the
 * pages clean, so that a second sync succeeds and lies (KB-16).
 */
public final class Wal implements SharedLog {
    private final WalConfig config;
    private final Closeable lock;
    private final UUID storeUuid;
    private final long incarnation;
    private final Segments segments;
    private final EntryReader reader;
    private final Reclaiming reclaiming;
    private final ConcurrentNavigableMap<Long, GroupLog> groups;
    private final Map<Long, DamagedGroup> damaged;
    private final List<DamagedGroup> damagedAtOpen;
    private final List<RecoveredGroup> recovered;
    private final FrameWriter frames = new FrameWriter();

    /** The segment that is written to, and its number, epoch and size. */
    private DiskFile file;

    private long number;
    private long epoch;
    private long fileSize;

    /** Where the next frame goes. */
    private long end;

    private long nextSequence;

    /** All before is durable; {@code syncedThrough <= end}. */
    private long syncedThrough;

    /** The same, for other threads. */
    private volatile long durable;

    /** What was written since segments were last looked through may have made one superfluous. */
    private boolean mayFree;

    /** Only the writing thread adds to it. */
    private final AtomicLong writtenBytes = new AtomicLong();

    private volatile @Nullable IOException failure;

    /**
     * Opens the log in {@code disk}, or makes one in a blank folder.
     *
     * @throws CorruptLogException when bytes that were durable are damaged
     * @throws IOException when the folder is in use, holds something else, or was written by a
     *     newer version; the message is for a person
     */
    public static Wal open(Disk disk, WalConfig config) throws IOException {
        return open(disk, config, OpeningProgress.UNHEARD);
    }

    /** As {@link #open(Disk, WalConfig)}; reading a long log takes a while. */
    public static Wal open(Disk disk, WalConfig config, OpeningProgress progress)
            throws IOException {
        Closeable lock = disk.lock();
        Segments segments = new Segments(disk, config);
        try {
            return new Wal(disk, config, lock, segments, progress);
        } catch (IOException | RuntimeException e) {
            try (lock;
                    segments) {
                throw e;
            }
        }
    }

    private Wal(
            Disk disk,
            WalConfig config,
            Closeable lock,
            Segments segments,
            OpeningProgress progress)
            throws IOException {
        this.config = config;
        this.lock = lock;
        this.segments = segments;
        StoreIdentity before = StoreIdentity.identify(disk, config);
        segments.deleteUnfinished();
        segments.deleteBefore(before.firstSegment());
        Recovery recovery = new Recovery(disk, config, before, segments);
        recovery.run(progress);
        before.checkHasBegun(recovery, disk);
        groups = recovery.groups;
        damaged = recovery.damaged;
        damagedAtOpen = List.copyOf(damaged.values());
        nextSequence = recovery.nextSequence;
        StoreIdentity identity =
                new StoreIdentity(
                        before.storeUuid(),
                        before.incarnation() == 0
                                ? config.firstIncarnation()
                                : before.incarnation() + 1,
                        before.firstSegment());
        storeUuid = identity.storeUuid();
        incarnation = identity.incarnation();
        reader = new EntryReader(segments, groups);
        reclaiming = new Reclaiming(disk, config, segments, groups, identity);
        if (recovery.end == Position.NONE) {
            file = startSegment(0);
        } else {
            end = recovery.end;
            number = Position.segment(end);
            file = segments.file(number);
            fileSize = file.size();
            epoch = recovery.epoch;
        }
        isDurable(end);
        // Makes names durable that the process before may not have synced.
        identity.store(disk, config);
        recovered = describeGroups();
    }

    /** Identity of the disk that the log is on. */
    public UUID storeUuid() {
        return storeUuid;
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    @Override
    public List<RecoveredGroup> recovered() {
        return recovered;
    }

    /** Groups that were found damaged; none unless the configuration says to serve the others. */
    public List<DamagedGroup> damaged() {
        return damagedAtOpen;
    }

    /**
     * Writes the zeros of the next segment ahead of its need, which spares {@link #write} up to a
     * tenth of a second once a segment. For a thread that has time; without it all works as well.
     */
    public void prepareSegment() throws IOException {
        checkHealthy();
        try {
            segments.prepare();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Gives back the room of segments that are not needed any more. On a thread that has time, and
     * that also does the reading: what is freed must not be read just now.
     */
    public void freeSegments() throws IOException {
        checkHealthy();
        try {
            reclaiming.free();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Bytes written since it was opened; from any thread. */
    public long writtenBytes() {
        return writtenBytes.get();
    }

    /** Bytes that its segments take on disk; from the thread that frees them. */
    public long size() throws IOException {
        return segments.size();
    }

    @Override
    public void write(List<GroupRecord> records) throws IOException {
        checkHealthy();
        if (records.isEmpty()) {
            return;
        }
        for (GroupRecord record : records) {
            checkNotDamaged(record);
        }
        try {
            long bound = FrameWriter.sizeBound(records);
            if (Position.offset(end) + bound > fileSize) {
                makeDurable();
                List<GroupRecord> again = reclaiming.leftBehind(number);
                long both = bound + FrameWriter.sizeBound(again);
                file = startSegment(again.isEmpty() ? bound : both);
                if (!again.isEmpty()) {
                    writeFrame(again);
                }
            }
            writeFrame(records);
        } catch (IOException e) {
            throw failed(e);
        } catch (RuntimeException e) {
            // Half of a batch may have been taken in: nothing may build on it.
            failure = new IOException("a bug stopped the log", e);
            throw e;
        }
    }

    private void writeFrame(List<GroupRecord> records) throws IOException {
        FrameHeader header =
                new FrameHeader(0, records.size(), epoch, end, nextSequence, syncedThrough);
        ByteBuffer frame = frames.encode(header, records, groups);
        int size = frame.remaining();
        file.write(Position.offset(end), frame);
        mayFree |= frames.publish(groups);
        end += size;
        nextSequence++;
        writtenBytes.lazySet(writtenBytes.get() + size);
    }

    private void checkNotDamaged(GroupRecord record) {
        DamagedGroup known = damaged.get(record.groupId());
        if (known != null) {
            Invariant.check(
                    known.replicaId() != record.replicaId(), "a damaged replica writes no more");
            damaged.remove(record.groupId());
        }
    }

    @Override
    public void sync() throws IOException {
        checkHealthy();
        if (syncedThrough == end) {
            return;
        }
        makeDurable();
        // Of a damaged group only the next segment's directory will say that it is.
        if (mayFree && damaged.isEmpty()) {
            mayFree = false;
            if (reclaiming.noteFirstNeeded(number)) {
                vouch();
            }
        }
    }

    private void makeDurable() throws IOException {
        try {
            file.sync();
        } catch (IOException e) {
            if (!config.has(Mutation.RETRY_FAILED_SYNC)) {
                throw failed(e);
            }
            file.sync();
        }
        isDurable(end);
    }

    /**
     * Writes a frame that says that all before it is durable. Rot in the record by which segments
     * are not needed any more would else be taken for a torn tail: with that record cut, the log
     * would lack what it no longer needed.
     */
    private void vouch() throws IOException {
        if (Position.offset(end) + FrameWriter.sizeBound(List.of()) <= fileSize) {
            try {
                writeFrame(List.of());
            } catch (IOException e) {
                throw failed(e);
            }
        }
    }

    private void isDurable(long through) {
        syncedThrough = through;
        durable = through;
    }

    /** All before this position is durable; it never decreases, also over restarts. */
    public long durablePosition() {
        return durable;
    }

    /** Goes on in a new segment; all before is durable. */
    private DiskFile startSegment(long frameSize) throws IOException {
        reclaiming.noteFirstNeeded(number);
        number++;
        epoch = SegmentHeader.newEpoch(storeUuid, number, incarnation);
        SegmentHeader header =
                new SegmentHeader(storeUuid, number, epoch, nextSequence, end, directory());
        ByteWriter bytes = header.encode();
        int firstFrame = bytes.size();
        DiskFile started = segments.start(number, bytes, frameSize);
        fileSize = started.size();
        end = Position.of(number, firstFrame);
        isDurable(end);
        return started;
    }

    private List<DirectoryEntry> directory() throws IOException {
        List<DirectoryEntry> directory = new ArrayList<>();
        for (GroupLog log : groups.values()) {
            directory.add(log.directoryEntry(reader.lastLogTime(log)));
        }
        for (DamagedGroup group : damaged.values()) {
            directory.add(new DirectoryEntry.Damaged(group.groupId(), group.replicaId()));
        }
        return directory;
    }

    private List<RecoveredGroup> describeGroups() throws IOException {
        List<RecoveredGroup> all = new ArrayList<>();
        for (GroupLog log : groups.values()) {
            all.add(log.describe(reader.lastLogTime(log)));
        }
        return List.copyOf(all);
    }

    @Override
    public List<Entry> read(long groupId, long from, long to, int sizeMax) throws IOException {
        checkHealthy();
        return reader.read(groupId, from, to, sizeMax);
    }

    /** Where in its segment the next frame goes. */
    int endOffset() {
        return Position.offset(end);
    }

    private void checkHealthy() throws IOException {
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    private IOException failed(IOException e) {
        IOException first = failure;
        if (first == null) {
            failure = e;
            return e;
        }
        return first;
    }

    /** Closes the files; what was not synced stays so. */
    @Override
    public void close() throws IOException {
        try (lock;
                segments) {
            failure = failure == null ? new IOException("the log is closed") : failure;
        }
    }
}
