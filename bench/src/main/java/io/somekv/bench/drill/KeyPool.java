package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The few keys that all clients use at a time. Each is given up for a new one after a number of
 * operations: the search for a linearization takes exponential time at worst, and the more of it
 * the more operations without an answer a key has.
 */
final class KeyPool {
    private static final int SLOTS = 5;

    /** Of them, one only appended to, and one that is not. */
    private static final int SLOTS_TAGGED = 3;

    private static final int OPERATIONS_MAX = 120;
    private static final int UNKNOWN_MAX = 6;

    /**
     * @param isLog only ever appended to and read
     */
    record Key(Bytes name, boolean isLog) {}

    private final Key[] current = new Key[SLOTS];
    private final int[] operations = new int[SLOTS];
    private final int[] unknown = new int[SLOTS];
    private final List<Key> all = new ArrayList<>();

    private final String tag;

    KeyPool() {
        this("");
    }

    /**
     * @param tag put before the names of some keys, so that these are in one shard; empty for none
     */
    KeyPool(String tag) {
        this.tag = tag;
        for (int slot = 0; slot < SLOTS; slot++) {
            renew(slot);
        }
    }

    synchronized Key draw(Random random) {
        int slot = random.nextInt(SLOTS);
        if (++operations[slot] > OPERATIONS_MAX || unknown[slot] > UNKNOWN_MAX) {
            renew(slot);
        }
        return current[slot];
    }

    /** A write of this key has an unknown outcome. */
    synchronized void onUnknown(Key key) {
        for (int slot = 0; slot < SLOTS; slot++) {
            if (current[slot].equals(key)) {
                unknown[slot]++;
            }
        }
    }

    /** Every key that was ever used. */
    synchronized List<Key> all() {
        return List.copyOf(all);
    }

    private void renew(int slot) {
        boolean isLog = slot % 2 == 0;
        String name = (isLog ? "log:" : "cell:") + all.size();
        Key key = new Key(Bytes.utf8(slot < SLOTS_TAGGED ? tag + name : name), isLog);
        current[slot] = key;
        operations[slot] = 1;
        unknown[slot] = 0;
        all.add(key);
    }
}
