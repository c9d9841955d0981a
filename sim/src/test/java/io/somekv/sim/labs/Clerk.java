package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import io.somekv.sim.world.SteeredStore;
import io.somekv.sim.world.SteeredStore.Asked;
import io.somekv.sim.world.SteeredStore.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A client of a {@link SteeredStore} that has a key in each shard and knows what is in it. */
final class Clerk {
    /** As long as a request is tried. */
    static final long PATIENCE_MILLIS = 20_000;

    private final SteeredStore store;

    /** By shard. */
    private final List<Bytes> keys = new ArrayList<>();

    private final TreeMap<Integer, String> values = new TreeMap<>();
    private int words;

    Clerk(SteeredStore store, int shards) {
        this.store = store;
        for (int shard = 0; shard < shards; shard++) {
            keys.add(keyOf(shard, shards));
        }
    }

    private static Bytes keyOf(int shard, int shards) {
        for (int i = 0; ; i++) {
            Bytes key = Bytes.utf8("k" + i);
            if (Slots.shardOf(key, shards) == shard) {
                return key;
            }
        }
    }

    Bytes key(int shard) {
        return keys.get(shard);
    }

    SortedSet<Integer> shards() {
        return new TreeSet<>(values.keySet());
    }

    private Asked ask(Command command) {
        return store.ask(Side.MAJORITY, command);
    }

    /** Puts a value into each shard. */
    void putAll() {
        putAll("");
    }

    /** As above; the values end with {@code filling}. */
    void putAll(String filling) {
        putAll(filling, Expiry.NONE);
    }

    /** As above; the keys end at a time. */
    void putAll(String filling, Expiry expiry) {
        List<Asked> asked = new ArrayList<>();
        for (int shard = 0; shard < keys.size(); shard++) {
            String value = "put" + ++words + ";" + filling;
            values.put(shard, value);
            asked.add(
                    ask(
                            new Command.Put(
                                    keys.get(shard),
                                    Bytes.utf8(value),
                                    Command.Condition.ALWAYS,
                                    expiry,
                                    false)));
        }
        for (Asked put : asked) {
            assertEquals(Optional.of(new Outcome.Ok()), store.await(put, PATIENCE_MILLIS));
        }
    }

    /** Appends a word in each shard, all at once. */
    void appendAll() {
        awaitAppends(beginAppends());
    }

    /** The appends are on their way; nothing is known of them. */
    List<Asked> beginAppends() {
        return beginAppends(shards());
    }

    List<Asked> beginAppends(SortedSet<Integer> some) {
        List<Asked> asked = new ArrayList<>();
        for (int shard : some) {
            String word = ++words + ";";
            values.merge(shard, word, String::concat);
            asked.add(ask(new Command.Append(keys.get(shard), Bytes.utf8(word))));
        }
        return asked;
    }

    /** Each was carried out, and tells the size that its value should have. */
    void awaitAppends(List<Asked> appends) {
        for (Asked append : appends) {
            Optional<Outcome> outcome = store.await(append, PATIENCE_MILLIS);
            assertEquals(Outcome.Int.class, outcome.map(Object::getClass).orElse(null), "append");
        }
    }

    /** Each value is as it should be. */
    void checkAll() {
        check(shards(), PATIENCE_MILLIS);
    }

    /** Those of some shards are, and are answered within so long. */
    void check(SortedSet<Integer> some, long millisMax) {
        assertEquals(some, answered(some, millisMax), "shards whose keys are answered");
    }

    /** As above, and no other is answered in that time. */
    void checkOnly(SortedSet<Integer> some, long millisMax) {
        assertEquals(some, answered(shards(), millisMax), "shards whose keys are answered");
    }

    /** Asks for the keys of some shards, all at once; tells for which it heard what is true. */
    private SortedSet<Integer> answered(SortedSet<Integer> some, long millisMax) {
        TreeMap<Integer, Asked> asked = new TreeMap<>();
        some.forEach(shard -> asked.put(shard, ask(new Command.Get(keys.get(shard)))));
        long end = store.nowMillis() + millisMax;
        SortedSet<Integer> answered = new TreeSet<>();
        asked.forEach((shard, get) -> {
            Optional<Outcome> outcome = store.await(get, Math.max(0, end - store.nowMillis()));
            if (outcome.isPresent() && outcome.get() instanceof Outcome.Result) {
                Outcome expected = new Outcome.Value(Bytes.utf8(values.getOrDefault(shard, "")));
                assertEquals(Optional.of(expected), outcome, "shard " + shard);
                answered.add(shard);
            }
        });
        return answered;
    }

    /** Nothing was lost, each is still written, and what is written is there. */
    void appendAndCheck() {
        checkAll();
        appendAll();
        checkAll();
    }
}
