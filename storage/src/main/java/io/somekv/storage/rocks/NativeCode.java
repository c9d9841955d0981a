package io.somekv.storage.rocks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/**
 * RocksDB's native code, unpacked to the folder for temporary files and loaded. The file is deleted
 * as soon as the system has it mapped: by itself the library leaves it to the end of the process,
 * and each process that is killed leaves 15 MB behind. The library's own setting of the folder
 * (ROCKSDB_SHAREDLIB_DIR) has no effect.
 */
final class NativeCode {
    private static boolean loaded;

    private NativeCode() {}

    static synchronized void load() {
        if (loaded) {
            return;
        }
        try {
            unpack(Files.createTempDirectory("somekv-rocksdb"));
        } catch (IOException | UnsatisfiedLinkError e) {
            throw new IllegalStateException(
                    "RocksDB's native code cannot be unpacked and loaded in "
                            + System.getProperty("java.io.tmpdir")
                            + ": is there room, and may programs be there (another folder:"
                            + " -Djava.io.tmpdir)?",
                    e);
        }
        // Finds it loaded, and sets up what else the library needs.
        RocksDB.loadLibrary();
        loaded = true;
    }

    private static void unpack(Path folder) throws IOException {
        try {
            NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
        } finally {
            File[] files = folder.toFile().listFiles();
            for (File file : files == null ? new File[0] : files) {
                deleteNowOrLater(file);
            }
            deleteNowOrLater(folder.toFile());
        }
    }

    /** A file system that is reached over a network may keep a file as long as it is in use. */
    private static void deleteNowOrLater(File file) {
        if (!file.delete()) {
            file.deleteOnExit();
        }
    }
}
