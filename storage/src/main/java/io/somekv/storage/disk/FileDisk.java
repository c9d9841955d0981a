package io.somekv.storage.disk;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of the operating system (Linux: a directory can be opened and synced).
 *
 * <p>Interrupts (KB-44). An interrupt that reaches a thread inside a {@link FileChannel} call
 * closes the channel for everybody. So a file here is two handles: a channel that only the writing
 * thread touches, which nobody interrupts, and a {@link RandomAccessFile} for the readers, which
 * knows no interrupts. Should the writing thread be interrupted all the same, its call throws, the
 * log counts as failed and the node stops: loud, and safe.
 */
public final class FileDisk implements Disk {
    /** The file that is locked; it stays empty. */
    private static final String LOCK = "lock";

    /**
     * So much is written and synced at a time. The log's own syncs wait behind it: behind all of a
     * segment they did so for a tenth of a second.
     */
    private static final int ZEROS_SIZE = 256 << 10;

    private final Path folder;

    private FileDisk(Path folder) {
        this.folder = folder;
    }

    /** Opens {@code folder}, which is made, durably, if it is missing. */
    public static FileDisk open(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath().normalize();
        makeFolder(absolute);
        return new FileDisk(absolute);
    }

    private static void makeFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.getParent();
        if (parent == null) {
            throw new IOException(folder + " is not a folder");
        }
        makeFolder(parent);
        Files.createDirectory(folder);
        syncFolder(parent);
    }

    private static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public DiskFile create(String name, long size) throws IOException {
        Path path = folder.resolve(name);
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS_SIZE, size));
            for (long offset = 0; offset < size; offset += zeros.limit()) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), size - offset));
                writeFully(channel, offset, zeros);
                channel.force(false);
            }
            channel.force(true);
        }
        return new RealFile(path);
    }

    @Override
    public DiskFile open(String name) throws IOException {
        return new RealFile(folder.resolve(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(folder.resolve(from), folder.resolve(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(folder.resolve(name));
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString())
                    .filter(name -> !name.equals(LOCK))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void syncDirectory() throws IOException {
        syncFolder(folder);
    }

    @Override
    public Closeable lock() throws IOException {
        FileChannel channel =
                FileChannel.open(
                        folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new IOException("the folder " + folder + " is in use by this process", e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new IOException("the folder " + folder + " is in use by another process");
    }

    @Override
    public String path(String name) {
        return folder.resolve(name).toString();
    }

    private static void writeFully(FileChannel channel, long offset, ByteBuffer bytes)
            throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /** See the class: {@code writing} for one thread, {@code reading} for all. */
    private static final class RealFile implements DiskFile {
        private final FileChannel writing;
        private final RandomAccessFile reading;

        RealFile(Path path) throws IOException {
            reading = new RandomAccessFile(path.toFile(), "r");
            try {
                writing = FileChannel.open(path, StandardOpenOption.WRITE);
            } catch (IOException e) {
                reading.close();
                throw e;
            }
        }

        @Override
        public long size() throws IOException {
            return reading.length();
        }

        @Override
        public void write(long offset, ByteBuffer bytes) throws IOException {
            writeFully(writing, offset, bytes);
        }

        @Override
        public byte[] read(long offset, int size) throws IOException {
            // Before the allocation: a size from a damaged file must not cost the memory.
            if (offset + size > reading.length()) {
                throw new EOFException("the file ends before " + (offset + size));
            }
            byte[] bytes = new byte[size];
            synchronized (reading) {
                reading.seek(offset);
                reading.readFully(bytes);
            }
            return bytes;
        }

        @Override
        public void sync() throws IOException {
            writing.force(false);
        }

        @Override
        public void close() throws IOException {
            try (reading) {
                writing.close();
            }
        }
    }
}
