package io.somekv.protocol.frame;

import io.somekv.base.ByteReader;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream into frames: bytes go in as they come, frames come out whole. Each frame has an
 * array of its own, so that a value kept from one does not keep its neighbours alive; the array
 * grows as bytes arrive, so that a length alone, which costs its sender nothing, allocates nothing.
 *
 * <p>After a {@link MalformedException} the stream has lost its place: close the connection.
 */
public final class FrameDecoder {
    private static final int FIRST_ALLOCATION = 64 << 10;

    private final int frameSizeMax;
    private final byte[] lengthBytes = new byte[FrameCodec.LENGTH_SIZE];
    private int lengthRead;

    /** The frame being read; null between frames. */
    private byte @Nullable [] body;

    private int bodySize;
    private int bodyRead;

    /**
     * @param frameSizeMax largest length, in bytes, that is accepted
     */
    public FrameDecoder(int frameSizeMax) {
        this.frameSizeMax = frameSizeMax;
    }

    /** Consumes all of {@code chunk}; each frame it completes goes to {@code sink}, in order. */
    public void feed(ByteBuffer chunk, Consumer<Frame> sink) {
        while (chunk.hasRemaining()) {
            byte[] started = body;
            if (started == null) {
                readLength(chunk);
                continue;
            }
            byte[] filled = readBody(started, chunk);
            boolean whole = bodyRead == bodySize;
            body = whole ? null : filled;
            if (whole) {
                sink.accept(FrameCodec.decode(Bytes.wrap(filled, 0, bodySize)));
            }
        }
    }

    private void readLength(ByteBuffer chunk) {
        while (lengthRead < lengthBytes.length && chunk.hasRemaining()) {
            lengthBytes[lengthRead++] = chunk.get();
        }
        if (lengthRead < lengthBytes.length) {
            return;
        }
        ByteReader in = Bytes.copyOf(lengthBytes).reader();
        bodySize = in.i32();
        if (bodySize < 2 || bodySize > frameSizeMax) {
            throw new MalformedException(
                    "a frame of " + bodySize + " bytes where at most " + frameSizeMax + " fit");
        }
        lengthRead = 0;
        bodyRead = 0;
        body = new byte[Math.min(bodySize, FIRST_ALLOCATION)];
    }

    /** Returns the array that holds the body now: the same one, or a larger copy. */
    private byte[] readBody(byte[] started, ByteBuffer chunk) {
        byte[] into = started;
        int take = Math.min(chunk.remaining(), bodySize - bodyRead);
        if (take > into.length - bodyRead) {
            into =
                    Arrays.copyOf(
                            into,
                            (int) Math.min(bodySize, Math.max(into.length * 2L, bodyRead + take)));
        }
        chunk.get(into, bodyRead, take);
        bodyRead += take;
        return into;
    }
}
