package io.somekv.storage.wal;

import io.somekv.base.MalformedException;
import io.somekv.base.Mutation;
import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.DiskFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log when a node starts (DESIGN §4). It tells three things apart:
 *
 * <ul>
 *   <li><b>Sound</b> frames are replayed.
 *   <li>A <b>torn tail</b> is what a power cut leaves: bad bytes that no later frame vouches for.
 *       It is cut and overwritten with zeros, sound frames behind the bad bytes included, because
 *       nothing of it was ever reported as durable. Were the zeros left out, then a frame written
 *       over the first bytes of the tail could make an old frame behind it follow again (KB-18).
 *   <li><b>Corruption</b> is bad bytes that a later frame, or the next segment, says were durable
 *       (KB-19). Groups whose records were in there lack something they may have answered for. A
 *       group is whole when a later record of it, or a later directory, names the last record that
 *       was read as the one before; any other is damaged.
 * </ul>
 */
final class Recovery {
    private final Disk disk;
    private final WalConfig config;
    private final StoreIdentity identity;
    private final Segments segments;

    final ConcurrentSkipListMap<Long, GroupLog> groups = new ConcurrentSkipListMap<>();
    final Map<Long, DamagedGroup> damaged = new TreeMap<>();

    /**
     * Groups for which nothing has shown yet that a stretch of bad bytes held no record of them.
     */
    private final TreeSet<Long> doubted = new TreeSet<>();

    /** Where the first damage is; {@link Position#NONE} for none. */
    private long firstDamage = Position.NONE;

    private String damageSeen = "";

    /** Where the log ends, and the next frame goes. */
    long end = Position.NONE;

    /** Of the segment in which it ends. */
    long epoch;

    /** Of the next frame. */
    long nextSequence = 1;

    /** Of the last segment; settled once it is clear that the log may be opened. */
    private @Nullable Tail tail;

    private record Segment(String name, DiskFile file, SegmentHeader header, int firstFrame) {}

    Recovery(Disk disk, WalConfig config, StoreIdentity identity, Segments segments) {
        this.disk = disk;
        this.config = config;
        this.identity = identity;
        this.segments = segments;
    }

    /**
     * Reads everything, and leaves the last segment ready to be appended to.
     *
     * @throws CorruptLogException when the log must not be opened
     */
    void run(OpeningProgress progress) throws IOException {
        read(progress);
        if (firstDamage != Position.NONE && config.onDamage() == WalConfig.OnDamage.REFUSE) {
            throw corrupt(
                    firstDamage,
                    damageSeen + "; groups that may have lost records: " + damaged.keySet());
        }
        if (tail != null) {
            tail.settle();
        }
    }

    /** Reads everything, and changes nothing. */
    void read(OpeningProgress progress) throws IOException {
        List<Segment> found = load();
        long total = 0;
        for (Segment segment : found) {
            total += segment.file.size();
        }
        long read = 0;
        progress.onRead(read, total);
        for (int i = 0; i < found.size(); i++) {
            Segment next = i + 1 < found.size() ? found.get(i + 1) : null;
            replay(found.get(i), next == null ? null : next.header);
            read += found.get(i).file.size();
            progress.onRead(read, total);
        }
        for (long groupId : doubted) {
            markDamaged(groupId, firstDamage, "");
        }
        for (GroupLog log : List.copyOf(groups.values())) {
            if (!log.isWhole()) {
                markDamaged(
                        log.groupId,
                        Position.of(identity.firstSegment(), 0),
                        "entries of group " + log.groupId + " are in segments that are gone");
            }
        }
    }

    /** The first damage that was found; empty for none. */
    Optional<CorruptLogException> damage() {
        return firstDamage == Position.NONE
                ? Optional.empty()
                : Optional.of(corrupt(firstDamage, damageSeen));
    }

    /** Bytes of an unfinished write at the end. */
    int tornBytes() {
        return tail == null ? 0 : tail.tornBytes();
    }

    private CorruptLogException corrupt(long position, String what) {
        return new CorruptLogException(segments.path(position), Position.offset(position), what);
    }

    private List<Segment> load() throws IOException {
        List<Segment> found = new ArrayList<>();
        for (String name : Segments.names(disk)) {
            if (Segments.number(name) < identity.firstSegment()) {
                // Freed, and not yet deleted when the process ended.
                continue;
            }
            long number = identity.firstSegment() + found.size();
            if (!name.equals(Segments.name(number))) {
                throw new CorruptLogException(
                        disk.path(Segments.name(number)), 0, "the file is missing");
            }
            DiskFile file = disk.open(name);
            segments.add(number, file);
            SegmentHeader.Loaded loaded = SegmentHeader.load(disk, name, file);
            SegmentHeader header = loaded.header();
            if (header.number() != number) {
                throw new CorruptLogException(
                        disk.path(name), 0, "this is segment " + header.number());
            }
            if (!header.storeUuid().equals(identity.storeUuid())) {
                throw new CorruptLogException(
                        disk.path(name), 0, "it belongs to the store " + header.storeUuid());
            }
            found.add(new Segment(name, file, header, loaded.firstFrame()));
        }
        return found;
    }

    private void replay(Segment segment, @Nullable SegmentHeader next) throws IOException {
        long number = segment.header.number();
        if (number == identity.firstSegment()) {
            begin(segment.header);
        } else {
            checkDirectory(segment.header);
        }
        long size = segment.file.size();
        if (next != null) {
            if (Position.segment(next.previousEnd()) != number
                    || Position.offset(next.previousEnd()) > size) {
                throw new CorruptLogException(
                        disk.path(segment.name), size, "the next segment says it ends elsewhere");
            }
            size = Position.offset(next.previousEnd());
        }
        byte[] bytes = segment.file.read(0, Math.toIntExact(size));
        SegmentScan scan = new SegmentScan(bytes, segment.header, segment.firstFrame);
        long vouched = next == null ? scan.syncedThrough() : next.previousEnd();
        int cut = replayParts(bytes, number, scan, vouched);
        if (next == null) {
            end = Position.of(number, cut);
            epoch = segment.header.epoch();
            int sealed =
                    Position.segment(vouched) == number
                            ? Position.offset(vouched)
                            : segment.firstFrame;
            tail = new Tail(segment.file, bytes, sealed, cut);
        }
    }

    /** Replays a segment up to its torn tail; returns where that begins. */
    private int replayParts(byte[] bytes, long number, SegmentScan scan, long vouched) {
        nextSequence = scan.firstSequence();
        for (SegmentScan.Part part : scan.parts()) {
            long position = Position.of(number, part.from());
            boolean torn = position >= vouched || config.has(Mutation.CUT_CORRUPTION);
            switch (part) {
                case SegmentScan.SoundFrame frame -> {
                    replayFrame(bytes, number, scan, frame.from(), frame.header());
                }
                case SegmentScan.BrokenFrame frame -> {
                    if (torn) {
                        return frame.from();
                    }
                    onDamage(position, "a frame is not as it was written");
                    replayFrame(bytes, number, scan, frame.from(), frame.header());
                }
                case SegmentScan.Gap gap -> {
                    if (torn) {
                        return gap.from();
                    }
                    onDamage(position, "there should be a frame");
                }
            }
        }
        return bytes.length;
    }

    private void replayFrame(
            byte[] bytes, long number, SegmentScan scan, int from, FrameHeader header) {
        nextSequence = header.sequence() + 1;
        scan.walk(
                header,
                from,
                (offset, size) -> {
                    long position = Position.of(number, offset);
                    try {
                        replay(LogRecord.decode(bytes, offset, size), position, size);
                    } catch (MalformedException e) {
                        onDamage(position, String.valueOf(e.getMessage()));
                    }
                });
    }

    private void replay(LogRecord record, long position, int size) {
        long groupId = record.groupId();
        if (record.previous() == Position.NONE) {
            if (record.replica() == null || record.memberships() == null) {
                throw new MalformedException("a replica's first record does not name it");
            }
            // A new replica owes nothing to the one before.
            damaged.remove(groupId);
            groups.put(
                    groupId,
                    new GroupLog(
                            groupId, record.replica(), record.hardState(), record.memberships()));
        }
        if (damaged.containsKey(groupId)) {
            return;
        }
        GroupLog log = groups.get(groupId);
        if (log == null || log.lastPosition != record.previous() || !log.fits(record)) {
            markDamaged(groupId, position, "records of group " + groupId + " are missing before");
            return;
        }
        doubted.remove(groupId);
        log.change(record, position);
        log.runs.change(record, position, size);
        if (log.isGone()) {
            groups.remove(groupId);
        }
    }

    /** What stood in the log before its first segment that is there. */
    private void begin(SegmentHeader header) {
        for (DirectoryEntry entry : header.directory()) {
            switch (entry) {
                case DirectoryEntry.Damaged _ ->
                        markDamaged(entry, Position.of(header.number(), 0));
                case DirectoryEntry.Whole whole -> groups.put(whole.groupId(), new GroupLog(whole));
            }
        }
    }

    private void checkDirectory(SegmentHeader header) {
        long position = Position.of(header.number(), 0);
        Map<Long, DirectoryEntry> directory = new TreeMap<>();
        for (DirectoryEntry entry : header.directory()) {
            directory.put(entry.groupId(), entry);
            switch (entry) {
                case DirectoryEntry.Damaged _ -> markDamaged(entry, position);
                case DirectoryEntry.Whole whole -> {
                    GroupLog log = groups.get(whole.groupId());
                    if (log == null
                            || log.lastPosition != whole.lastPosition()
                            || log.lastIndex != whole.last().index()
                            || !log.base.id().equals(whole.base())
                            || !log.hardState.equals(whole.hardState())) {
                        markDamaged(entry, position);
                    } else {
                        doubted.remove(whole.groupId());
                    }
                }
            }
        }
        for (Long groupId : List.copyOf(groups.keySet())) {
            if (!directory.containsKey(groupId)) {
                markDamaged(groupId, position, "the directory lacks group " + groupId);
            }
        }
    }

    private void onDamage(long position, String what) {
        noteDamage(position, what);
        doubted.addAll(groups.keySet());
    }

    private void noteDamage(long position, String what) {
        if (firstDamage == Position.NONE) {
            firstDamage = position;
            damageSeen = what;
        }
    }

    private void markDamaged(DirectoryEntry entry, long position) {
        long groupId = entry.groupId();
        markDamaged(groupId, position, "records of group " + groupId + " are missing before");
        DamagedGroup known = damaged.get(groupId);
        if (known != null) {
            damaged.put(
                    groupId,
                    new DamagedGroup(groupId, entry.replicaId(), known.file(), known.offset()));
        }
    }

    private void markDamaged(long groupId, long position, String what) {
        noteDamage(position, what);
        GroupLog log = groups.remove(groupId);
        damaged.putIfAbsent(
                groupId,
                new DamagedGroup(
                        groupId,
                        log == null ? 0 : log.replicaId,
                        segments.path(position),
                        Position.offset(position)));
    }
}
