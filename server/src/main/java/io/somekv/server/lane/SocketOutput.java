package io.somekv.server.lane;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.somekv.base.ByteWriter;

/**
 * The sending side of a socket: what is written during a batch leaves in one system call when the
 * batch ends. All methods belong to the loop of the socket.
 */
public final class SocketOutput implements LaneLoop.Output {
    /** Past it, what is gathered goes to the channel before the batch ends. */
    private static final int GATHERED_SIZE_MAX = 256 << 10;

    private static final int KEPT_SIZE = 4 << 10;

    private final Channel channel;
    private final LaneLoop lane;
    private ByteWriter gathered = new ByteWriter(KEPT_SIZE);
    private boolean willFlush;

    public SocketOutput(Channel channel, LaneLoop lane) {
        this.channel = channel;
        this.lane = lane;
    }

    /** Where to write; call {@link #written} afterwards. */
    public ByteWriter writer() {
        return gathered;
    }

    public void written() {
        if (gathered.size() > GATHERED_SIZE_MAX) {
            handToChannel();
        }
        if (!willFlush) {
            willFlush = true;
            lane.flushAtEnd(this);
        }
    }

    @Override
    public void flush() {
        willFlush = false;
        handToChannel();
        channel.flush();
    }

    /** Sends what was written last, then closes. */
    public void finish() {
        flush();
        close();
    }

    /** From any thread. */
    public void close() {
        ChannelFuture _ = channel.close();
    }

    /** False while more waits to be sent than the channel's high-water mark. */
    public boolean hasRoom() {
        return channel.isWritable();
    }

    private void handToChannel() {
        int size = gathered.size();
        if (size > 0) {
            ByteBuf buffer = channel.alloc().directBuffer(size);
            buffer.writeBytes(gathered.view());
            ChannelFuture _ = channel.write(buffer, channel.voidPromise());
            gathered = size > GATHERED_SIZE_MAX ? new ByteWriter(KEPT_SIZE) : gathered.clear();
        }
    }
}
