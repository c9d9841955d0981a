package io.somekv.kv.duplicates;

import io.somekv.base.Hash64;
import io.somekv.base.Invariant;
import java.util.Arrays;

/**
 * What one client had executed in one shard: its floor, and where the result of each sequence from
 * the floor on is to be found. Three longs a sequence in one array, ascending: a busy client has
 * thousands of them, and an object each would be the largest thing in the heap.
 */
final class ClientRecords {
    /** Longs of one record: sequence, index of the entry that executed it, {@link #place}. */
    private static final int WIDTH = 3;

    private static final long FREED = 1L << 32;

    long floor;

    /** Log time past which all of this is forgotten. */
    long latestDeadline;

    /**
     * Index of the last entry that executed something of this client: its row is the last to go.
     */
    long lastEntry;

    private long[] records = new long[WIDTH];

    /** The records lie in [start, end), counted in records. */
    private int start;

    private int end;

    int count() {
        return end - start;
    }

    /** The positions of all records are those from here to before {@link #end}. */
    int first() {
        return start;
    }

    int end() {
        return end;
    }

    long sequenceAt(int position) {
        return records[position * WIDTH];
    }

    /** Position of {@code sequence}, for the getters below; negative if it was not executed. */
    int find(long sequence) {
        int low = start;
        int high = end - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long found = records[middle * WIDTH];
            if (found == sequence) {
                return middle;
            }
            if (found < sequence) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }

    /** Index of the entry that executed the record. */
    long entryAt(int position) {
        return records[position * WIDTH + 1];
    }

    /** Which item of the entry's row the record is. */
    int ordinalAt(int position) {
        return (int) (place(position) >>> 33);
    }

    /** Whether the client has said that it saw the answer. */
    boolean freedAt(int position) {
        return (place(position) & FREED) != 0;
    }

    /** Size of the result; 0 once it is freed. */
    int resultSizeAt(int position) {
        return freedAt(position) ? 0 : (int) place(position);
    }

    /** Ordinal (31 bits) ‖ freed (1) ‖ size of the result (32). */
    private long place(int position) {
        return records[position * WIDTH + 2];
    }

    void add(long sequence, long entry, int ordinal, int resultSize) {
        int position = -find(sequence) - 1;
        Invariant.check(position >= 0, "a sequence is executed once");
        if ((end + 1) * WIDTH > records.length) {
            position -= start;
            makeRoom();
            position += start;
        }
        int at = position * WIDTH;
        System.arraycopy(records, at, records, at + WIDTH, (end - position) * WIDTH);
        records[at] = sequence;
        records[at + 1] = entry;
        records[at + 2] = (long) ordinal << 33 | resultSize;
        end++;
    }

    /** Moves the records to the front, of a larger array if they need it. */
    private void makeRoom() {
        int count = count();
        int capacity = records.length / WIDTH;
        int wanted = count * 2 <= capacity ? capacity : count + Math.max(1, count / 2);
        long[] target = wanted == capacity ? records : new long[wanted * WIDTH];
        System.arraycopy(records, start * WIDTH, target, 0, count * WIDTH);
        records = target;
        start = 0;
        end = count;
    }

    /** Raises the floor and forgets what lies below it. Returns the bytes of results freed. */
    long raiseFloor(long newFloor) {
        floor = Math.max(floor, newFloor);
        long freed = 0;
        while (start < end && records[start * WIDTH] < floor) {
            freed += resultSizeAt(start);
            start++;
        }
        shrink();
        return freed;
    }

    /** Frees results from {@code from} to {@code to}, not their fences. Returns the bytes freed. */
    long freeResults(long from, long to) {
        long freed = 0;
        for (int i = firstAtOrAbove(from); i < end && records[i * WIDTH] <= to; i++) {
            freed += resultSizeAt(i);
            records[i * WIDTH + 2] |= FREED;
        }
        return freed;
    }

    /**
     * Forgets the sequences from {@code from} to {@code to}. Returns the bytes of results freed.
     */
    long forget(long from, long to) {
        return removeIf(i -> records[i * WIDTH] >= from && records[i * WIDTH] <= to);
    }

    /** Forgets what entries up to {@code entry} executed. Returns the bytes of results freed. */
    long forgetEntriesThrough(long entry) {
        return removeIf(i -> entryAt(i) <= entry);
    }

    private interface Choice {
        boolean of(int position);
    }

    private long removeIf(Choice choice) {
        long freed = 0;
        int kept = start;
        for (int i = start; i < end; i++) {
            if (choice.of(i)) {
                freed += resultSizeAt(i);
            } else {
                if (kept != i) {
                    System.arraycopy(records, i * WIDTH, records, kept * WIDTH, WIDTH);
                }
                kept++;
            }
        }
        end = kept;
        shrink();
        return freed;
    }

    /** A burst's array is not kept for what is left of it. */
    private void shrink() {
        int count = count();
        if (records.length > 16 * WIDTH && count * WIDTH < records.length / 4) {
            records =
                    Arrays.copyOfRange(
                            records, start * WIDTH, (start + Math.max(1, count * 2)) * WIDTH);
            start = 0;
            end = count;
        }
    }

    /** Position of the first record from a sequence on; {@link #end} if there is none. */
    int firstAtOrAbove(long sequence) {
        int position = find(sequence);
        return position >= 0 ? position : -position - 1;
    }

    long resultBytes() {
        long sum = 0;
        for (int i = start; i < end; i++) {
            sum += resultSizeAt(i);
        }
        return sum;
    }

    void addTo(Hash64 hash) {
        hash.add(floor).add(latestDeadline).add(lastEntry).add(count());
        for (int i = start * WIDTH; i < end * WIDTH; i++) {
            hash.add(records[i]);
        }
    }
}
