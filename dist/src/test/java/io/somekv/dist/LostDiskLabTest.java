package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.client.SomeKvClient;
import io.somekv.client.SomeKvException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that lose their disks, as the labs have it: a minority is recovered from the others and is
 * then as good as before, a majority never goes on by itself, and who forgot what it promised takes
 * part in nothing it may have promised. The nodes are processes, killed with -9.
 */
@Tag("slow")
final class LostDiskLabTest {
    /** Some election timeouts: what is not served by then would not be. */
    private static final long PATIENCE_MILLIS = 4_000;

    private static final int ROUNDS = 6;

    @TempDir private Path folder;

    private static String read(SomeKvClient client, String key) {
        return new String(client.get(key.getBytes(UTF_8)).orElseThrow(), UTF_8);
    }

    private static void append(SomeKvClient client, String key, String text) {
        client.append(key.getBytes(UTF_8), text.getBytes(UTF_8));
    }

    /**
     * A minority of disks is lost again and again; were one not made good, the next is too much.
     */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5OneLostDisk")
    void eachInTurnLosesItsDiskWhileClientsWrite() throws Exception {
        try (NodeGroup nodes = NodeGroup.form(folder, 3)) {
            List<Appender> appenders =
                    List.of(
                            Appender.start(nodes.client(), "shared", "first"),
                            Appender.start(nodes.client(), "shared", "second"));
            for (int node = 1; node <= 3; node++) {
                nodes.kill(node);
                nodes.wipe(node);
                for (Appender appender : appenders) {
                    appender.awaitMore(5);
                }
                nodes.start(node);
                nodes.replace(0, node, node % 3 + 1);
            }
            for (Appender appender : appenders) {
                appender.stop();
            }
            nodes.kill(2);
            String value = read(nodes.client(), "shared");
            appenders.forEach(appender -> appender.checkIn(value));
        }
    }

    /** Three of five are a quorum; the one that lost its disk is soon one of the three. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5OneLostOneDown")
    void oneLosesItsDiskWhileAnotherIsDown() throws Exception {
        try (NodeGroup nodes = NodeGroup.form(folder, 5)) {
            SomeKvClient client = nodes.client();
            append(client, "key", "five ");
            nodes.kill(1);
            append(client, "key", "one-down ");
            nodes.kill(2);
            nodes.wipe(2);
            append(client, "key", "one-lost ");
            nodes.start(2);
            nodes.replace(0, 2, 3);
            nodes.kill(3);
            append(client, "key", "made-good ");
            nodes.start(1);
            nodes.kill(4);
            append(client, "key", "old-disk-back");
            assertEquals("five one-down one-lost made-good old-disk-back", read(client, "key"));
        }
    }

    /** An append races with a kill; the disk is lost with the process every other time. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5Simultaneous")
    void anAppendRacesWithAKill() throws Exception {
        try (NodeGroup nodes = NodeGroup.form(folder, 3)) {
            SomeKvClient client = nodes.client();
            StringBuilder expected = new StringBuilder();
            for (int round = 0; round < ROUNDS; round++) {
                String word = round + " ";
                int node = round % 3 + 1;
                CompletableFuture<Long> size =
                        client.appendAsync("key".getBytes(UTF_8), word.getBytes(UTF_8));
                nodes.kill(node);
                if (round % 2 == 0) {
                    nodes.wipe(node);
                    nodes.start(node);
                    nodes.replace(0, node, node % 3 + 1);
                } else {
                    nodes.start(node);
                }
                expected.append(word);
                assertEquals(expected.length(), size.get(1, TimeUnit.MINUTES));
                assertEquals(expected.toString(), read(client, "key"));
            }
        }
    }

    private static void expectNotServed(NodeGroup nodes) {
        try (SomeKvClient client = nodes.client(PATIENCE_MILLIS)) {
            assertThrows(SomeKvException.Unavailable.class, () -> read(client, "key"));
        }
    }

    /**
     * Of five, one was down when "late" was written; then two of those that have it lose their
     * disks. One with an old state and two with none are three of five, and must not serve, nor may
     * the two be given their places back. The two that have "late" change that when they come.
     */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5RejoinMix1")
    void anOldStateAndTwoLostDisksDoNotServe() throws Exception {
        try (NodeGroup nodes = NodeGroup.form(folder, 5)) {
            append(nodes.client(), "key", "early ");
            nodes.kill(1);
            append(nodes.client(), "key", "late");
            nodes.kill(2, 3, 4, 5);
            nodes.wipe(2);
            nodes.wipe(3);
            nodes.start(1, 2, 3);
            expectNotServed(nodes);
            nodes.replace(1, 2, 1);
            nodes.start(4, 5);
            nodes.replace(0, 2, 1);
            nodes.replace(0, 3, 1);
            nodes.kill(4, 5);
            append(nodes.client(), "key", "r");
            assertEquals("early later", read(nodes.client(), "key"));
        }
    }

    /**
     * Of three, two acknowledged "late". One of the two loses its disk, and so its promise: it must
     * not promise anything else to the one that was down. The other one keeps the promise when it
     * comes back.
     */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5RejoinMix3")
    void whoLostItsDiskDoesNotChangeItsMind() throws Exception {
        try (NodeGroup nodes = NodeGroup.form(folder, 3)) {
            append(nodes.client(), "key", "early ");
            nodes.kill(1);
            append(nodes.client(), "key", "late");
            nodes.kill(2, 3);
            nodes.wipe(2);
            nodes.start(1, 2);
            expectNotServed(nodes);
            nodes.start(3);
            append(nodes.client(), "key", "r");
            nodes.replace(0, 2, 1);
            nodes.kill(3);
            assertEquals("early later", read(nodes.client(), "key"));
        }
    }
}
