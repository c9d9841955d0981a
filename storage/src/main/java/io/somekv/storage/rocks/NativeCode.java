package io.somekv.storage.rocks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/**
 * RocksDB's native code, unpacked to the folder for temporary files and loaded. The file is deleted
 * as soon as the system has it mapped: by itself the library leaves it to the end of the process,
 * and each process that is killed leaves 15 MB behind.
 */
final class NativeCode {
    private static boolean loaded;

    private NativeCode() {}

    static synchronized void load() {
        if (loaded) {
            return;
        }
        try {
            Path folder = Files.createTempDirectory("somekv-rocksdb");
            try {
                NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "RocksDB's native code cannot be unpacked in "
                            + System.getProperty("java.io.tmpdir")
                            + ": is there room (another folder: -Djava.io.tmpdir)?",
                    e);
        }
        // Finds it loaded, and sets up what else the library needs.
        RocksDB.loadLibrary();
        loaded = true;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
