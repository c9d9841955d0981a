package io.somekv.server.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.somekv.base.Bytes;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.server.lane.LaneLoop;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a connection that speaks frames. What is sent during a batch leaves in one
 * write when it ends. All methods belong to the loop of the connection.
 */
final class FrameConnection implements LaneLoop.Output {
    /** A larger frame goes out as it is, instead of into the common buffer. */
    private static final int COPIED_SIZE_MAX = 16 << 10;

    private final Channel channel;
    private final LaneLoop lane;
    private @Nullable ByteBuf gathered;
    private boolean willFlush;

    FrameConnection(Channel channel, LaneLoop lane) {
        this.channel = channel;
        this.lane = lane;
    }

    LaneLoop lane() {
        return lane;
    }

    /** False while more waits to be sent than the bound of the channel allows. */
    boolean hasRoom() {
        return channel.isWritable();
    }

    void send(Frame frame) {
        Bytes bytes = FrameCodec.encode(frame);
        if (bytes.size() > COPIED_SIZE_MAX) {
            writeGathered();
            channel.write(
                    io.netty.buffer.Unpooled.wrappedBuffer(bytes.asByteBuffer()),
                    channel.voidPromise());
        } else {
            ByteBuf buffer = gathered;
            if (buffer == null) {
                buffer = channel.alloc().directBuffer(COPIED_SIZE_MAX);
                gathered = buffer;
            }
            buffer.writeBytes(bytes.asByteBuffer());
        }
        if (!willFlush) {
            willFlush = true;
            lane.flushAtEnd(this);
        }
    }

    @Override
    public void flush() {
        willFlush = false;
        writeGathered();
        channel.flush();
    }

    void close() {
        channel.close();
    }

    private void writeGathered() {
        ByteBuf buffer = gathered;
        if (buffer != null) {
            gathered = null;
            channel.write(buffer, channel.voidPromise());
        }
    }

    @Override
    public String toString() {
        return String.valueOf(channel.remoteAddress());
    }
}
