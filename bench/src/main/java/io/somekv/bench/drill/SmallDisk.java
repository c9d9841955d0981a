package io.somekv.bench.drill;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file system of its own for the data of one node, in memory, whose size can be set to what it
 * holds, or a little more: as if something else had filled the disk. Needs root.
 */
final class SmallDisk implements AutoCloseable {
    private static final String SOURCE = "skvchaos-";
    private static final Pattern MOUNT = Pattern.compile(SOURCE + "([0-9]+) (\\S+) .*");
    private static final int FILL_ATTEMPTS = 20;

    private final Path folder;
    private final long size;
    private boolean closed;

    private SmallDisk(Path folder, long size) {
        this.folder = folder;
        this.size = size;
    }

    /**
     * Mounts a new one at a folder, which is made.
     *
     * @param size in bytes, of which only those in use take memory
     */
    static SmallDisk mount(Path folder, long size) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        String source = SOURCE + ProcessHandle.current().pid();
        Tools.run("mount", "-t", "tmpfs", "-o", "mode=700,size=" + size, source, folder.toString());
        return new SmallDisk(folder, size);
    }

    /** Unmounts those of runs that are no more. */
    static void removeLeftovers() throws IOException, InterruptedException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            Matcher mount = MOUNT.matcher(line);
            if (mount.matches() && !Network.isAlive(Long.parseLong(mount.group(1)))) {
                System.out.println(
                        "an earlier run has left " + mount.group(2) + " mounted: removed");
                Tools.run("umount", mount.group(2));
            }
        }
    }

    /**
     * Leaves no more room than that; the node may take of it in the meantime, then it is tried
     * again.
     */
    synchronized void fill(long left) throws IOException, InterruptedException {
        IOException last = new IOException("closed");
        for (int attempt = 0; attempt < FILL_ATTEMPTS && !closed; attempt++) {
            FileStore store = Files.getFileStore(folder);
            long used = store.getTotalSpace() - store.getUnallocatedSpace();
            try {
                resize(used + left);
                return;
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /** There is room again. */
    synchronized void free() throws IOException, InterruptedException {
        if (!closed) {
            resize(size);
        }
    }

    private void resize(long bytes) throws IOException, InterruptedException {
        Tools.run("mount", "-o", "remount,size=" + bytes, folder.toString());
    }

    /** Nothing may use it any more. What it held is gone. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            Tools.run("umount", folder.toString());
        } catch (IOException e) {
            System.out.println(folder + " was not unmounted: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
