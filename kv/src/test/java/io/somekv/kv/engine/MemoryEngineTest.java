package io.somekv.kv.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
