package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.client.SomeKvClient;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a node takes from its disk does not grow with what was ever written, as the labs have it:
 * neither while it runs, nor when all have crashed, nor once they serve again.
 *
 * <p>The log is dropped when 256 MiB were written to it, and two of its files of 64 MiB are there
 * in any case: the one that is written to, and the next one. So the labs' bound, 20 kB a replica,
 * does not carry over; these are a share of what was written.
 */
@Tag("slow")
final class DiskUseLabTest {
    private static final int NODES = 3;
    private static final long MEBIBYTE = 1 << 20;

    /** What is to be freed is freed in the background: soon, and after a minute at the latest. */
    private static final long FREED_SECONDS = 90;

    @TempDir private Path folder;

    private static byte[] bytes(int size, int number) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) number);
        ByteBuffer.wrap(bytes).putInt(number);
        return bytes;
    }

    private static byte[] key(int number) {
        return bytes(Integer.BYTES, number);
    }

    private static void expectUse(NodeGroup nodes, long bytesMax) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(FREED_SECONDS);
        for (int node = 1; node <= NODES; node++) {
            long used = nodes.diskUse(node);
            while (used > bytesMax && System.nanoTime() - deadline < 0) {
                used = nodes.diskUse(node);
            }
            assertTrue(
                    used <= bytesMax,
                    "node %d uses %d MiB of its disk".formatted(node, used / MEBIBYTE));
        }
    }

    private static void crashAll(NodeGroup nodes) throws Exception {
        nodes.kill(1, 2, 3);
        nodes.start(1, 2, 3);
    }

    /** Ten keys of 256 KiB are overwritten until 768 MiB were written, to each replica. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5DiskUse")
    void overwritesKeepTheDiskBounded() throws Exception {
        int keys = 10;
        int rounds = 308;
        long usedMax = 448 * MEBIBYTE;
        try (NodeGroup nodes = NodeGroup.form(folder, NODES)) {
            SomeKvClient client = nodes.client();
            for (int round = 0; round < rounds; round++) {
                List<CompletableFuture<Boolean>> puts = new ArrayList<>();
                for (int key = 0; key < keys; key++) {
                    puts.add(client.putAsync(key(key), bytes(256 << 10, round + key)));
                }
                puts.forEach(CompletableFuture::join);
            }
            expectUse(nodes, usedMax);
            crashAll(nodes);
            for (int key = 0; key < keys; key++) {
                assertArrayEquals(
                        bytes(256 << 10, rounds - 1 + key), client.get(key(key)).orElseThrow());
            }
            expectUse(nodes, usedMax);
        }
    }

    /** Four keys grow to 512 KiB by 1 KiB at a time: all the values they had are 512 MiB. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5AppendUse")
    void appendsKeepTheDiskBounded() throws Exception {
        int keys = 4;
        int rounds = 512;
        long usedMax = 192 * MEBIBYTE;
        try (NodeGroup nodes = NodeGroup.form(folder, NODES)) {
            SomeKvClient client = nodes.client();
            ByteBuffer expected = ByteBuffer.allocate(rounds << 10);
            for (int round = 0; round < rounds; round++) {
                byte[] piece = bytes(1 << 10, round);
                expected.put(piece);
                List<CompletableFuture<Long>> appends = new ArrayList<>();
                for (int key = 0; key < keys; key++) {
                    appends.add(client.appendAsync(key(key), piece));
                }
                appends.forEach(CompletableFuture::join);
            }
            expectUse(nodes, usedMax);
            crashAll(nodes);
            for (int key = 0; key < keys; key++) {
                assertArrayEquals(expected.array(), client.get(key(key)).orElseThrow());
            }
            expectUse(nodes, usedMax);
        }
    }
}
