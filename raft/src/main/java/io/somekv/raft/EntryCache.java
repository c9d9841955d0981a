package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of a log, contiguous up to its end, in a ring. What is older is on disk.
 *
 * <p>A conflict cuts the cache with the log (KB-22): an entry that the log has dropped must never
 * come back out of memory.
 */
final class EntryCache {
    private @Nullable Entry[] ring = new Entry[16];
    private int head;
    private int count;

    /** Index of the oldest entry held; of the next one to come where none is held. */
    private long firstIndex;

    /** Weight of all entries held. */
    private long bytes;

    /**
     * The list handed out last: followers in step with each other share one. It holds no entry that
     * is not in the cache: in a group that rests, it would be in memory for good.
     */
    private List<Entry> lastSlice = List.of();

    EntryCache(long nextIndex) {
        firstIndex = nextIndex;
    }

    long firstIndex() {
        return firstIndex;
    }

    long bytes() {
        return bytes;
    }

    @Nullable Entry find(long index) {
        return index < firstIndex || index >= firstIndex + count ? null : at(index);
    }

    void append(Entry entry) {
        Invariant.check(
                entry.index() == firstIndex + count,
                "the cache has no holes",
                entry.index(),
                firstIndex + count);
        if (count == ring.length) {
            grow();
        }
        ring[head + count & ring.length - 1] = entry;
        count++;
        bytes += entry.weight();
    }

    void truncateFrom(long index) {
        lastSlice = List.of();
        while (count > 0 && firstIndex + count > index) {
            count--;
            int last = head + count & ring.length - 1;
            bytes -= at(firstIndex + count).weight();
            ring[last] = null;
        }
        firstIndex = Math.min(firstIndex, index);
    }

    /** Drops the oldest entries, none above {@code through}, until {@code bytesMax} is kept. */
    void evict(long through, long bytesMax) {
        while (bytes > bytesMax && count > 0 && firstIndex <= through) {
            bytes -= at(firstIndex).weight();
            ring[head] = null;
            head = head + 1 & ring.length - 1;
            count--;
            firstIndex++;
        }
        if (!lastSlice.isEmpty() && lastSlice.getFirst().index() < firstIndex) {
            lastSlice = List.of();
        }
    }

    /** Drops what lies at {@code through} and before, whatever room there is. */
    void dropThrough(long through) {
        evict(through, 0);
    }

    /** Holds nothing; {@code nextIndex} is the next to come. */
    void restart(long nextIndex) {
        truncateFrom(firstIndex);
        firstIndex = nextIndex;
    }

    /** Entries from {@code from} on, at least one, while they weigh at most {@code sizeMax}. */
    List<Entry> slice(long from, long sizeMax) {
        Invariant.check(find(from) != null, "slice begins in the cache", from, firstIndex);
        long end = firstIndex + count;
        long to = from;
        long size = at(from).weight();
        while (to + 1 < end && size + at(to + 1).weight() <= sizeMax) {
            to++;
            size += at(to).weight();
        }
        int length = (int) (to - from + 1);
        if (lastSlice.size() == length && lastSlice.getFirst().id().equals(at(from).id())) {
            return lastSlice;
        }
        Entry[] entries = new Entry[length];
        for (int i = 0; i < length; i++) {
            entries[i] = at(from + i);
        }
        lastSlice = List.of(entries);
        return lastSlice;
    }

    private Entry at(long index) {
        Entry entry = ring[head + (int) (index - firstIndex) & ring.length - 1];
        if (entry == null) {
            throw Invariant.unreachable("a hole in the entry cache");
        }
        return entry;
    }

    private void grow() {
        @Nullable Entry[] larger = new Entry[ring.length * 2];
        for (int i = 0; i < count; i++) {
            larger[i] = ring[head + i & ring.length - 1];
        }
        ring = larger;
        head = 0;
    }
}
