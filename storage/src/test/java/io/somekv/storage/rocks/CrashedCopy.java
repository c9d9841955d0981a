package io.somekv.storage.rocks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.rocksdb.RocksDB;

/** The files that a crash now would leave of a database that is open: live and staged ones. */
final class CrashedCopy {
    private CrashedCopy() {}

    static void make(RocksEngine engine, Path to) {
        engine.keepFiles(files -> {
            try {
                copyLive(files, engine.folder(), to);
                copyStaged(engine.folder(), to);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void copyLive(RocksDB.LiveFiles files, Path from, Path to) throws IOException {
        Files.createDirectory(to);
        for (String name : files.files) {
            String file = name.substring(1);
            byte[] bytes = Files.readAllBytes(from.resolve(file));
            // What was added to the manifest since may name tables that are not among these.
            int size =
                    file.startsWith("MANIFEST")
                            ? Math.toIntExact(files.manifestFileSize)
                            : bytes.length;
            Files.write(to.resolve(file), Arrays.copyOf(bytes, size));
        }
    }

    private static void copyStaged(Path from, Path to) throws IOException {
        Path copies = Files.createDirectory(to.resolve(RocksStaging.FOLDER));
        try (DirectoryStream<Path> staged =
                Files.newDirectoryStream(from.resolve(RocksStaging.FOLDER))) {
            for (Path file : staged) {
                Files.copy(file, copies.resolve(file.getFileName()));
            }
        }
    }
}
