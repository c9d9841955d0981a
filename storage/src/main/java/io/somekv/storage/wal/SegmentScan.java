package io.somekv.storage.wal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a segment holds: sound frames, and between them stretches that are none. What a
 * stretch means, torn tail or corruption, depends on what vouches for it, and is not decided here.
 */
final class SegmentScan {
    /** A stretch of the segment, in bytes. */
    sealed interface Part {
        int from();
    }

    /** All its records, and its padding, are as they were written. */
    record SoundFrame(int from, FrameHeader header) implements Part {}

    /** The header is sound, and what follows is not, or not all. */
    record BrokenFrame(int from, FrameHeader header) implements Part {}

    /** A frame should begin here and does not: to the next frame, or to the end of the segment. */
    record Gap(int from) implements Part {}

    /** Gets the sound records of a frame. */
    interface RecordVisitor {
        void visit(int offset, int size);
    }

    private final byte[] segment;
    private final SegmentHeader header;
    private final List<Part> parts = new ArrayList<>();
    private long syncedThrough;
    private long nextSequence;

    SegmentScan(byte[] segment, SegmentHeader header, int firstFrame) {
        this.segment = segment;
        this.header = header;
        this.syncedThrough = header.previousEnd();
        this.nextSequence = header.firstSequence();
        scan(firstFrame);
    }

    /** In order, without holes, from the first frame to the end of the segment. */
    List<Part> parts() {
        return parts;
    }

    long firstSequence() {
        return header.firstSequence();
    }

    /** How far the frames of this segment say that all was durable. */
    long syncedThrough() {
        return syncedThrough;
    }

    private void scan(int firstFrame) {
        int at = firstFrame;
        boolean inGap = false;
        while (at < segment.length) {
            FrameHeader frame = frameAt(at, inGap);
            if (frame == null) {
                if (!inGap) {
                    parts.add(new Gap(at));
                }
                inGap = true;
                at += FrameHeader.ALIGNMENT;
                continue;
            }
            parts.add(isSound(frame, at) ? new SoundFrame(at, frame) : new BrokenFrame(at, frame));
            // The header has its own checksum: what it vouches for, it vouches for, even when a
            // power cut tore the rest of its frame.
            syncedThrough = Math.max(syncedThrough, frame.syncedThrough());
            nextSequence = frame.sequence() + 1;
            inGap = false;
            at += (int) frame.frameSize();
        }
    }

    private @Nullable FrameHeader frameAt(int at, boolean behindGap) {
        long position = Position.of(header.number(), at);
        FrameHeader frame = FrameHeader.find(segment, at, header.epoch(), position);
        if (frame == null) {
            return null;
        }
        boolean inOrder =
                behindGap ? frame.sequence() > nextSequence : frame.sequence() == nextSequence;
        return inOrder ? frame : null;
    }

    private boolean isSound(FrameHeader frame, int at) {
        int[] sound = new int[1];
        boolean complete = walk(frame, at, (_, _) -> sound[0]++);
        int end = at + FrameHeader.SIZE + frame.recordsSize();
        return complete
                && sound[0] == frame.recordCount()
                && Checksum.isZero(segment, end, at + (int) frame.frameSize());
    }

    /**
     * Visits the sound records of a frame; false when a size leads nowhere, and records are lost.
     */
    boolean walk(FrameHeader frame, int at, RecordVisitor visitor) {
        int offset = at + FrameHeader.SIZE;
        int end = offset + frame.recordsSize();
        while (offset < end) {
            int size = LogRecord.size(segment, offset, end);
            if (size < 0) {
                return false;
            }
            if (LogRecord.isSound(segment, offset, size)) {
                visitor.visit(offset, size);
            }
            offset += size;
        }
        return true;
    }
}
