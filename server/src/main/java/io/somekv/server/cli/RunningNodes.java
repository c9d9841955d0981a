package io.somekv.server.cli;

import io.somekv.server.ServerNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Nodes of this process, which stop, cleanly, when it is told to end. */
final class RunningNodes implements AutoCloseable {
    private final List<ServerNode> nodes = new ArrayList<>();
    private @Nullable Path temporary;
    private final CountDownLatch closed = new CountDownLatch(1);

    RunningNodes() {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(this::stop));
    }

    /** For data that is not to outlive the process. */
    synchronized void deleteWhenStopped(Path folder) {
        temporary = folder;
    }

    synchronized void add(ServerNode node) {
        nodes.add(node);
    }

    synchronized List<ServerNode> all() {
        return List.copyOf(nodes);
    }

    /** Waits until the process is told to end: Ctrl-C, SIGTERM. */
    void await() throws InterruptedException {
        closed.await();
    }

    private void stop() {
        close();
        closed.countDown();
    }

    @Override
    public synchronized void close() {
        for (ServerNode node : nodes) {
            try {
                node.close();
            } catch (IOException e) {
                System.err.println("somekv: a node did not stop cleanly: " + e.getMessage());
            }
        }
        nodes.clear();
        Path folder = temporary;
        if (folder != null) {
            temporary = null;
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            System.err.println("somekv: " + folder + " was not deleted: " + e.getMessage());
        }
    }
}
