package io.somekv.storage.rocks;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import java.util.Optional;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** The rows of a database that was opened to be read only; nothing changes beneath. */
record ReadOnlyRows(RocksDB database) implements Engine.Pin {
    @Override
    public Optional<Bytes> get(Bytes key) {
        try {
            return Optional.ofNullable(database.get(key.toArray())).map(Bytes::wrap);
        } catch (RocksDBException e) {
            throw new EngineFailure("read", e);
        }
    }

    @Override
    public void scan(Bytes from, Bytes to, Engine.RowVisitor visitor) {
        try (Slice bound = new Slice(to.toArray());
                ReadOptions how = new ReadOptions().setIterateUpperBound(bound);
                RocksIterator rows = database.newIterator(how)) {
            rows.seek(from.toArray());
            while (rows.isValid()
                    && visitor.visit(Bytes.wrap(rows.key()), Bytes.wrap(rows.value()))) {
                rows.next();
            }
            rows.status();
        } catch (RocksDBException e) {
            throw new EngineFailure("scan", e);
        }
    }

    /** The database is closed by whoever opened it. */
    @Override
    public void close() {}
}
