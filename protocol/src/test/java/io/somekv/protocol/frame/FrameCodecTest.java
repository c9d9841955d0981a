package io.somekv.protocol.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.RandomRecords;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames on a stream, however the network cuts it. */
class FrameCodecTest {
    @Test
    void everyFrameComesBackHoweverTheStreamIsCut() {
        Random random = new Random(1);
        RandomRecords records = new RandomRecords(1);
        for (int round = 0; round < 200; round++) {
            List<Frame> sent = new ArrayList<>();
            ByteWriter out = new ByteWriter();
            for (Class<?> type : RandomRecords.recordsOf(Frame.class)) {
                Frame frame = (Frame) records.any(type);
                sent.add(frame);
                FrameCodec.write(out, frame);
            }
            assertEquals(sent, cutAndFeed(out.toBytes(), random, 1 + random.nextInt(100)));
        }
    }

    @Test
    void aFrameLargerThanTheFirstAllocationArrivesWhole() {
        byte[] large = new byte[1_000_000];
        new Random(2).nextBytes(large);
        Frame frame = new Frame.Consensus(Bytes.wrap(large));
        Bytes stream = FrameCodec.encode(frame).concat(FrameCodec.encode(frame));
        assertEquals(List.of(frame, frame), cutAndFeed(stream, new Random(2), 70_000));
    }

    @Test
    void aLengthBeyondTheLimitIsRefusedWhenItIsRead() {
        FrameDecoder decoder = new FrameDecoder(1000);
        ByteBuffer length = ByteBuffer.wrap(new byte[] {0, 0, 3, (byte) 0xe9});
        assertThrows(MalformedException.class, () -> decoder.feed(length, frame -> {}));
    }

    @Test
    void anotherVersionIsRefused() {
        byte[] frame = FrameCodec.encode(new Frame.Consensus(Bytes.EMPTY)).toArray();
        frame[FrameCodec.LENGTH_SIZE] = 2;
        FrameDecoder decoder = new FrameDecoder(1000);
        assertThrows(
                MalformedException.class,
                () -> decoder.feed(ByteBuffer.wrap(frame), ignored -> {}));
    }

    @Test
    void randomAndMutatedBytesAreReadOrRefusedAndNothingElse() {
        Random random = new Random(3);
        RandomRecords records = new RandomRecords(3);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = FrameCodec.encode(records.any(Frame.class)).toArray();
            for (int hits = random.nextInt(5); hits > 0; hits--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                new FrameDecoder(1 << 20).feed(ByteBuffer.wrap(bytes), frame -> {});
            } catch (MalformedException expected) {
                // Refused, as it may be.
            }
        }
    }

    private static List<Frame> cutAndFeed(Bytes stream, Random random, int chunkMax) {
        List<Frame> frames = new ArrayList<>();
        FrameDecoder decoder = new FrameDecoder(1 << 20);
        int at = 0;
        while (at < stream.size()) {
            int size = Math.min(stream.size() - at, 1 + random.nextInt(chunkMax));
            decoder.feed(stream.slice(at, size).asByteBuffer(), frames::add);
            at += size;
        }
        return frames;
    }
}
