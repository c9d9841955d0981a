package io.somekv.kv.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of {@link Engine}, one claim a test; against RocksDB it is compared in storage. */
class MemoryEngineTest {
    private final MemoryEngine engine = new MemoryEngine();

    private static Bytes key(String text) {
        return Bytes.utf8(text);
    }

    private static WriteBatch put(long index, String key, String value) {
        return new WriteBatch(1, index).put(key(key), key(value));
    }

    private List<String> keys(String from, String to) {
        List<String> keys = new ArrayList<>();
        engine.scan(key(from), key(to), (key, _) -> keys.add(key.toUtf8()));
        return keys;
    }

    @Test
    void laterChangesOfABatchWin() {
        engine.apply(
                new WriteBatch(1, 5)
                        .put(key("a"), key("1"))
                        .put(key("b"), key("1"))
                        .put(key("c"), key("1"))
                        .deleteRange(key("a"), key("c"))
                        .put(key("a"), key("2")));
        assertEquals(List.of("a", "c"), keys("a", "z"));
        assertEquals(Optional.of(key("2")), engine.get(key("a")));
        assertEquals(5, engine.applied(1));
        assertEquals(0, engine.applied(2));
    }

    @Test
    void aScanHasBoundsAndAnEnd() {
        engine.apply(put(1, "a", "").put(key("b"), key("")).put(key("c"), key("")));
        assertEquals(List.of("a", "b"), keys("a", "c"));
        assertEquals(List.of(), keys("c", "a"));
        List<Bytes> first = new ArrayList<>();
        engine.scan(
                key("a"),
                key("z"),
                (key, _) -> {
                    first.add(key);
                    return false;
                });
        assertEquals(List.of(key("a")), first);
    }

    @Test
    void aCrashLosesWhatWasNotFlushed() {
        engine.apply(put(1, "a", "1"));
        engine.apply(put(2, "a", "2"));
        engine.apply(put(3, "a", "3"));
        engine.flushSome(1);
        assertEquals(1, engine.flushedApplied(1));
        engine.flushSome(1);
        engine.crash();
        assertEquals(2, engine.applied(1));
        assertEquals(Optional.of(key("2")), engine.get(key("a")));
        engine.apply(put(3, "b", "3"));
        engine.flush();
        engine.crash();
        assertEquals(3, engine.flushedApplied(1));
        assertEquals(List.of("a", "b"), keys("a", "z"));
    }

    /** What is back lacks what lay in whole files: it is to be dropped again, never read. */
    @Test
    void aDropThatWasNotFlushedIsLostInACrash() {
        fill(1, 3);
        fill(2, 4);
        engine.drop(1);
        assertEquals(List.of(2L), engine.stores());
        engine.crash();
        assertEquals(List.of(1L, 2L), engine.stores());
        assertEquals(3, engine.applied(1), "it looks like a store");
        assertEquals(Optional.empty(), engine.get(row(1)), "and is none");
        assertEquals(Optional.of(key("value")), engine.get(row(2)));
        engine.drop(1);
        engine.flush();
        engine.crash();
        assertEquals(List.of(2L), engine.stores());
        fill(1, 5);
        assertEquals(5, engine.flushedApplied(1));
    }

    @Test
    void aDropIsLostTogetherWithTheBatchesBehindIt() {
        engine.apply(new WriteBatch(1, 1).put(row(1), key("value")));
        engine.drop(1);
        engine.apply(new WriteBatch(2, 1).put(row(2), key("value")));
        assertEquals(3, engine.unflushed());
        engine.flushSome(1);
        engine.crash();
        assertEquals(List.of(1L), engine.stores());
    }

    /** KB-53: rows of an earlier one would show through. */
    @Test
    @Tag("kb-53")
    void aStoreThatHasRowsIsNotFilled() {
        fill(1, 3);
        assertThrows(Invariant.Violation.class, () -> fill(1, 4));
    }

    private void fill(long storeId, long appliedIndex) {
        Engine.Staging staging = engine.stage(storeId);
        staging.add(row(storeId), key("value"));
        staging.finish(appliedIndex);
    }

    private static Bytes row(long storeId) {
        return EngineKey.of(storeId, 0, 1, 1, key("a"));
    }

    @Test
    void aPinDoesNotChange() {
        engine.apply(put(1, "a", "1"));
        Engine.Pin pin = engine.pin();
        engine.apply(put(2, "a", "2").put(key("b"), key("")));
        engine.crash();
        assertEquals(Optional.of(key("1")), pin.get(key("a")));
        assertEquals(Optional.empty(), pin.get(key("b")));
        pin.close();
        assertThrows(Invariant.Violation.class, () -> pin.get(key("a")));
    }

    @Test
    void aClosedEngineIsNotUsed() {
        engine.close();
        assertThrows(Invariant.Violation.class, () -> engine.get(key("a")));
    }
}
