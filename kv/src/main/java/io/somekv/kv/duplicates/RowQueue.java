package io.somekv.kv.duplicates;

import io.somekv.base.Invariant;

/** Which entries have a row of outcomes, oldest first, and their log times: a ring of two longs. */
final class RowQueue {
    private long[] ring = new long[32];
    private int first;
    private int count;

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    long firstEntry() {
        Invariant.check(count > 0, "the queue has a first");
        return ring[2 * first];
    }

    long firstLogTime() {
        Invariant.check(count > 0, "the queue has a first");
        return ring[2 * first + 1];
    }

    void add(long entry, long logTime) {
        int capacity = ring.length / 2;
        if (count == capacity) {
            resize(capacity * 2);
            capacity *= 2;
        }
        int at = (first + count) % capacity;
        ring[2 * at] = entry;
        ring[2 * at + 1] = logTime;
        count++;
    }

    void removeFirst() {
        Invariant.check(count > 0, "the queue has a first");
        int capacity = ring.length / 2;
        first = (first + 1) % capacity;
        count--;
        if (capacity > 16 && count < capacity / 4) {
            resize(capacity / 2);
        }
    }

    private void resize(int capacity) {
        long[] resized = new long[2 * capacity];
        int before = ring.length / 2;
        for (int i = 0; i < count; i++) {
            int at = (first + i) % before;
            resized[2 * i] = ring[2 * at];
            resized[2 * i + 1] = ring[2 * at + 1];
        }
        ring = resized;
        first = 0;
    }
}
