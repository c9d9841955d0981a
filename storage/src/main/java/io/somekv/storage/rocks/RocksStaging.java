package io.somekv.storage.rocks;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.rocksdb.EnvOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileWriter;

/**
 * Rows of a store that is being filled, as sorted files beside the database: they take no memory,
 * nobody compacts them meanwhile, and the database takes all of them in as one.
 */
final class RocksStaging implements Engine.Staging {
    /** Below the database's folder; what an earlier process left in it is nobody's. */
    static final String FOLDER = "staging";

    private final RocksEngine engine;
    private final Path folder;
    private final long storeId;
    private final long fileSizeMax;
    private final List<Path> files = new ArrayList<>();

    /** Of the file that is written; null before its first row. */
    private @Nullable Open open;

    private boolean ended;

    private record Open(Options options, EnvOptions environment, SstFileWriter writer)
            implements AutoCloseable {
        static Open at(Path file) throws RocksDBException {
            Options options = new Options();
            EnvOptions environment = new EnvOptions();
            SstFileWriter writer = new SstFileWriter(environment, options);
            writer.open(file.toString());
            return new Open(options, environment, writer);
        }

        @Override
        public void close() {
            writer.close();
            environment.close();
            options.close();
        }
    }

    RocksStaging(RocksEngine engine, long storeId, long fileSizeMax) {
        this.engine = engine;
        this.folder = engine.folder().resolve(FOLDER);
        this.storeId = storeId;
        this.fileSizeMax = fileSizeMax;
    }

    /** Drops what an earlier process left. */
    static void clear(Path databaseFolder) throws IOException {
        Path folder = databaseFolder.resolve(FOLDER);
        Files.createDirectories(folder);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
            for (Path file : left) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void add(Bytes key, Bytes value) {
        Invariant.check(!ended, "nothing is added behind the end");
        Invariant.check(EngineKey.storeId(key) == storeId, "rows of one store");
        try {
            Open file = open == null ? begin() : open;
            file.writer.put(key.toArray(), value.toArray());
            engine.reached(RocksEngine.Step.ROW_STAGED);
            if (file.writer.fileSize() >= fileSizeMax) {
                finishFile();
            }
        } catch (RocksDBException e) {
            throw new EngineFailure("stage rows", e);
        }
    }

    private Open begin() throws RocksDBException {
        Path file =
                folder.resolve(
                        String.format(Locale.ROOT, "%d-%06d.sst", storeId, files.size() + 1));
        files.add(file);
        Open begun = Open.at(file);
        open = begun;
        return begun;
    }

    private void finishFile() throws RocksDBException {
        Open file = open;
        if (file != null) {
            open = null;
            try (file) {
                file.writer.finish();
            }
            engine.reached(RocksEngine.Step.FILE_STAGED);
        }
    }

    @Override
    public void finish(long appliedIndex) {
        Invariant.check(!ended, "a store is filled once");
        ended = true;
        try {
            finishFile();
        } catch (RocksDBException e) {
            throw new EngineFailure("stage rows", e);
        }
        engine.ingest(files.stream().map(Path::toString).toList(), storeId, appliedIndex);
    }

    @Override
    public void abandon() {
        ended = true;
        if (open != null) {
            open.close();
            open = null;
        }
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // It goes when the database is opened next.
            }
        }
    }
}
