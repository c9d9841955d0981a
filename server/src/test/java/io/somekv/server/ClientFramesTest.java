package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.protocol.frame.FrameDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that speaks frames and is no node: whatever it sends, the cluster stays as it is. */
final class ClientFramesTest {
    private static final UUID NOBODY = new UUID(0, 0);
    private static final int PATIENCE_MILLIS = 30_000;
    private static final int SHARD = 3;

    @TempDir private Path folder;

    /** Sends Calls behind its own Hello, and waits for each answer. */
    private static final class FrameClient implements AutoCloseable {
        private final Socket socket;
        private final FrameDecoder decoder = new FrameDecoder(FrameCodec.FRAME_SIZE_MAX);
        private final List<Frame> heard = new ArrayList<>();
        private long token;

        FrameClient(NodeInfo node) throws IOException {
            socket = new Socket(node.host(), node.peerPort());
            socket.setSoTimeout(PATIENCE_MILLIS);
            send(new Frame.Hello(NOBODY, 0, NOBODY, 0, 0));
        }

        private void send(Frame frame) throws IOException {
            ByteWriter writer = new ByteWriter();
            FrameCodec.write(writer, frame);
            OutputStream output = socket.getOutputStream();
            output.write(writer.toBytes().toArray());
        }

        Outcome ask(long group, Command command) throws IOException {
            Request request = new Request(Optional.empty(), command);
            send(new Frame.Call(++token, group, false, request, ReadMode.LEADER));
            InputStream input = socket.getInputStream();
            byte[] chunk = new byte[64 << 10];
            while (heard.stream().noneMatch(Frame.Reply.class::isInstance)) {
                int size = input.read(chunk);
                assertTrue(size >= 0, "the connection lasts");
                decoder.feed(ByteBuffer.wrap(chunk, 0, size), heard::add);
            }
            Frame.Reply reply = assertInstanceOf(Frame.Reply.class, heard.getLast());
            assertEquals(token, reply.token());
            heard.clear();
            return reply.outcome();
        }

        ClusterMap map() throws IOException {
            Outcome answer = ask(GroupSpec.MASTER, new Command.QueryConfig(-1));
            return assertInstanceOf(Outcome.Cluster.class, answer).map();
        }

        ClusterMap mapOnceAllIsServed() throws IOException {
            ClusterMap map = map();
            long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
            while (!isAllServed(map) && System.nanoTime() < deadline) {
                map = map();
            }
            assertTrue(isAllServed(map), "group 1 serves all shards");
            return map;
        }

        private static boolean isAllServed(ClusterMap map) {
            return IntStream.range(0, map.config().shardCount())
                    .allMatch(shard -> map.served(shard).groupId() == 1);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** One of each kind, as it would do harm. */
    private static List<Command> ofNodes(NodeInfo node) {
        NodeInfo elsewhere = new NodeInfo(node.nodeId(), new UUID(6, 6), "elsewhere", 1, 2, 3, 4);
        GroupSpec nobody = new GroupSpec(1, List.of(new GroupSpec.Replica(9, 9)));
        return List.of(
                new Command.StartCluster(
                        new UUID(6, 6), 16, GroupSettings.defaults(16), List.of(node)),
                new Command.RegisterNode(elsewhere),
                new Command.ForgetNode(node.nodeId()),
                new Command.ReportMembers(nobody, Long.MAX_VALUE),
                new Command.ReportServed(1, List.of(new Command.ReportServed.Since(SHARD, 1))),
                new Command.TuneMoves(MoveTuning.NONE.withBytesPerSecondMax(64 << 10)),
                new Command.Join(List.of(nobody)),
                new Command.Leave(List.of(1L)),
                new Command.Move(SHARD, 1),
                new Command.Decide(1, 1, List.of()),
                new Command.TuneCaretaker(CaretakerSettings.DEFAULTS),
                new Command.UseNode(new NodeUse(node.nodeId(), NodeUse.Kind.OPEN)),
                new Command.QueryCaretaker(1));
    }

    private static List<Command> ofGroups() {
        Outcome.ShardPiece piece =
                new Outcome.ShardPiece(1, 0, 0, Bytes.EMPTY, 0, CopyCursor.START, 0, 0, 0, 0);
        return List.of(
                new Command.GiveUp(SHARD, 100),
                Command.Own.empty(SHARD, 100),
                new Command.StartCopy(SHARD, 100, 2),
                new Command.ReadShard(SHARD, 1, CopyCursor.START),
                new Command.Freeze(SHARD, 1),
                new Command.Unfreeze(SHARD, 1),
                new Command.EndCopy(SHARD, 1),
                new Command.HandOver(SHARD, 1, 1),
                new Command.Stage(SHARD, 100, 2, 0, piece),
                new Command.Unstage(SHARD, 100, 0),
                new Command.DigestShard(SHARD, 1, new DigestRange(Bytes.EMPTY, Bytes.EMPTY, 0)),
                new Command.Differ(SHARD, 100),
                new Command.Release(SHARD, 1),
                new Command.Released(SHARD, 100),
                new Command.Suspend(SHARD, 100),
                new Command.IsPristine(SHARD),
                new Command.StateDigest(),
                new Command.Configure(GroupSettings.defaults(16)));
    }

    @Test
    void doesNothingThatOnlyNodesMayDo() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 1, 1);
                FrameClient client = new FrameClient(cluster.info(0))) {
            ClusterMap before = client.mapOnceAllIsServed();
            for (Command command : ofNodes(cluster.info(0))) {
                assertRefused(client.ask(GroupSpec.MASTER, command), command);
            }
            for (Command command : ofGroups()) {
                assertRefused(client.ask(1, command), command);
            }
            assertEquals(before, client.map());
            assertEquals(new Outcome.Int(0), client.ask(1, new Command.CountKeys(SHARD)));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    private static void assertRefused(Outcome outcome, Command command) {
        Outcome.Invalid refusal =
                assertInstanceOf(Outcome.Invalid.class, outcome, command::toString);
        assertTrue(refusal.message().startsWith("only nodes ask for this"), command::toString);
    }
}
