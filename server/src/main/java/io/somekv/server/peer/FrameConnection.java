package io.somekv.server.peer;

import io.netty.channel.Channel;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.server.lane.LaneLoop;
import io.somekv.server.lane.SocketOutput;

/** A connection that speaks frames, as its senders see it. */
final class FrameConnection {
    private final Channel channel;
    private final LaneLoop lane;
    private final SocketOutput output;
    private final long madeNanos;

    /** When anything came from the other end; read by any thread. */
    private volatile long heardNanos;

    FrameConnection(Channel channel, LaneLoop lane) {
        this.channel = channel;
        this.lane = lane;
        this.output = new SocketOutput(channel, lane);
        this.madeNanos = System.nanoTime();
        this.heardNanos = madeNanos;
    }

    /** When the connection was made, on the monotonic clock. */
    long madeNanos() {
        return madeNanos;
    }

    void heard() {
        heardNanos = System.nanoTime();
    }

    long heardNanos() {
        return heardNanos;
    }

    /** The lane on whose loop the connection is; {@link #send} belongs to that loop. */
    LaneLoop lane() {
        return lane;
    }

    /** False while more waits to be sent than the bound of the channel allows. */
    boolean hasRoom() {
        return output.hasRoom();
    }

    void send(Frame frame) {
        FrameCodec.write(output.writer(), frame);
        output.written();
    }

    /** Sends what was written last, then closes. */
    void finish() {
        output.finish();
    }

    void close() {
        output.close();
    }

    @Override
    public String toString() {
        return String.valueOf(channel.remoteAddress());
    }
}
