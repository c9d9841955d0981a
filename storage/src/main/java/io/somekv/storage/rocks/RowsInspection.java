package io.somekv.storage.rocks;

import io.somekv.base.Bytes;
import io.somekv.kv.StoreInspection;
import io.somekv.kv.engine.EngineKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * What stands in a database that nobody has open, for a person who looks at it. Nothing is changed.
 *
 * @param appliedByStore what each store says it has applied; 0 where it does not say
 * @param shardsByStore what each store says of shards
 * @param damage what the database itself found wrong when it read all its files; empty for nothing
 */
public record RowsInspection(
        NavigableMap<Long, Long> appliedByStore,
        NavigableMap<Long, StoreInspection> shardsByStore,
        Optional<String> damage) {
    /** Of no database. */
    public static final RowsInspection NONE =
            new RowsInspection(new TreeMap<>(), new TreeMap<>(), Optional.empty());

    static {
        NativeCode.load();
    }

    /** Reads all files of the database in {@code folder}. */
    public static RowsInspection of(Path folder) throws IOException {
        // Where the database would write its own log, it is not to write here.
        Path logs = Files.createTempDirectory("somekv-verify");
        NavigableMap<Long, Long> applied = new TreeMap<>();
        NavigableMap<Long, StoreInspection> shards = new TreeMap<>();
        try (Options options = new Options().setDbLogDir(logs.toString());
                RocksDB database = RocksDB.openReadOnly(options, folder.toString());
                ReadOptions how = new ReadOptions()) {
            stores(database, how, applied);
            for (long storeId : applied.keySet()) {
                shards.put(storeId, StoreInspection.of(new ReadOnlyRows(database), storeId));
            }
            database.verifyChecksum();
            return new RowsInspection(applied, shards, Optional.empty());
        } catch (RocksDBException | EngineFailure e) {
            return new RowsInspection(applied, shards, Optional.of(String.valueOf(e.getMessage())));
        } finally {
            deleteAll(logs);
        }
    }

    private static void stores(RocksDB database, ReadOptions how, NavigableMap<Long, Long> applied)
            throws RocksDBException {
        try (RocksIterator rows = database.newIterator(how)) {
            rows.seekToFirst();
            while (rows.isValid()) {
                long storeId = EngineKey.storeId(Bytes.wrap(rows.key()));
                byte[] index = database.get(how, EngineKey.applied(storeId).toArray());
                applied.put(storeId, index == null ? 0 : Bytes.wrap(index).reader().i64());
                rows.seek(EngineKey.firstOfStore(storeId + 1).toArray());
            }
            rows.status();
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
