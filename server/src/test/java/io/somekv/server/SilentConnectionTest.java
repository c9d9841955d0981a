package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.protocol.frame.FrameDecoder;
import io.somekv.server.grpc.ControlChannel;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A peer may vanish without a word: a cable is pulled, a firewall drops what it sends. TCP notices
 * after a quarter of an hour, and after a partition it waits for as long again.
 */
@Tag("slow")
final class SilentConnectionTest {
    /** Than any that was met: they are counted from the clock's seconds. */
    private static final long LATER_RUN = 1L << 40;

    private static final int PATIENCE_MILLIS = 30_000;

    @TempDir private Path folder;

    @Test
    void isEndedByTheNodeThatHearsNothing() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 2, 0, 1)) {
            NodeInfo vanished = cluster.info(1);
            NodeInfo other = cluster.info(0);
            Frame.Hello hello;
            try (ControlChannel control = cluster.control(0)) {
                UUID clusterId = UUID.fromString(control.status(false).getClusterId());
                hello = new Frame.Hello(clusterId, 2, vanished.storeId(), LATER_RUN, 77);
            }
            cluster.stop(1);
            try (Socket mute = new Socket(other.host(), other.peerPort())) {
                long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
                List<Frame> heard = introduceAndHear(other, hello);
                // Refused until the end of the vanished node's own connection is noticed.
                while (marks(heard) < 2 && System.nanoTime() < deadline) {
                    heard = introduceAndHear(other, hello);
                }
                assertTrue(marks(heard) > 1, heard.toString());
                assertEquals(List.of(), untilClosed(mute));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** Sent when the connection is taken, and each second while it lasts. */
    private static long marks(List<Frame> frames) {
        return frames.stream().filter(Frame.LogMark.class::isInstance).count();
    }

    private static List<Frame> introduceAndHear(NodeInfo node, Frame.Hello hello)
            throws IOException {
        try (Socket socket = new Socket(node.host(), node.peerPort())) {
            ByteWriter writer = new ByteWriter();
            FrameCodec.write(writer, hello);
            socket.getOutputStream().write(writer.toBytes().toArray());
            return untilClosed(socket);
        }
    }

    private static List<Frame> untilClosed(Socket socket) throws IOException {
        socket.setSoTimeout(PATIENCE_MILLIS);
        FrameDecoder decoder = new FrameDecoder(FrameCodec.FRAME_SIZE_MAX);
        List<Frame> frames = new ArrayList<>();
        InputStream input = socket.getInputStream();
        byte[] chunk = new byte[64 << 10];
        long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
        for (int size = input.read(chunk); size >= 0; size = input.read(chunk)) {
            assertTrue(System.nanoTime() < deadline, "it is closed in time");
            decoder.feed(ByteBuffer.wrap(chunk, 0, size), frames::add);
        }
        return frames;
    }
}
