package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WalBitTest {
    private static final int FRAME_SIZE = 56;
    private static final int FIRST_FRAME = 4096;

    @TempDir private Path folder;

    /** Frames of eight bytes each; the last vouches for all but itself. */
    private Path segment(int frames) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(16 << 10);
        for (int frame = 0; frame < frames; frame++) {
            int at = FIRST_FRAME + frame * FRAME_SIZE;
            bytes.put(at, "SKVF".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            bytes.putInt(at + 4, 8);
            bytes.putLong(at + 20, 1L << 32 | at);
            bytes.putLong(at + 36, 1L << 32 | at);
        }
        return Files.write(folder.resolve("segment-0000000001"), bytes.array());
    }

    @Test
    void aBitIsChosenThatTheLastFrameVouchesFor() throws IOException {
        segment(3);
        for (int place = 0; place < 1_000; place++) {
            long position = WalBit.choose(folder, place).orElseThrow().position();
            assertTrue(position >= FIRST_FRAME, () -> "byte " + position);
            assertTrue(position < FIRST_FRAME + 2 * FRAME_SIZE, () -> "byte " + position);
        }
    }

    @Test
    void aSingleFrameIsVouchedForByNobody() throws IOException {
        segment(1);
        assertEquals(Optional.empty(), WalBit.choose(folder, 0));
    }

    @Test
    void turnedTwiceItIsWhatItWas() throws IOException {
        Path file = segment(3);
        byte[] before = Files.readAllBytes(file);
        WalBit bit = WalBit.choose(folder, 5).orElseThrow();
        bit.turn();
        assertFalse(Arrays.equals(before, Files.readAllBytes(file)));
        bit.turn();
        assertArrayEquals(before, Files.readAllBytes(file));
    }
}
