package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;

/**
 * A digest over every row of a store but the engine's own. All that a state machine writes, and all
 * that it removes, is part of applying an entry: so replicas hold the same rows at the same applied
 * index, and what they do not share, the store id, is left out.
 */
public final class StoreDigest {
    private StoreDigest() {}

    public static long of(Engine engine, long storeId) {
        Bytes applied = EngineKey.applied(storeId);
        Hash64 hash = new Hash64();
        engine.scan(
                EngineKey.firstOfStore(storeId),
                EngineKey.firstOfStore(storeId + 1),
                (key, value) -> {
                    if (!key.equals(applied)) {
                        hash.add(key.slice(4, key.size() - 4)).add(value);
                    }
                    return true;
                });
        return hash.value();
    }
}
