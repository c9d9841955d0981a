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

    FrameConnection(Channel channel, LaneLoop lane) {
        this.channel = channel;
        this.lane = lane;
        this.output = new SocketOutput(channel, lane);
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
