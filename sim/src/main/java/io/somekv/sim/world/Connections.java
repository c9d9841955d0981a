package io.somekv.sim.world;

import io.somekv.protocol.frame.Frame;

/**
 * How frames relate to connections, of which two nodes have one, whatever lanes they have: which
 * die with it, and which lane a reply on it is for.
 */
final class Connections {
    private Connections() {}

    /** A call as it travels: its token says which lane waits for the reply. */
    static Frame onSharedConnection(Frame frame, int lane) {
        return frame instanceof Frame.Call call
                ? new Frame.Call(
                        call.token() * SimNode.LANES + lane,
                        call.groupId(),
                        call.hops(),
                        call.request())
                : frame;
    }

    /** The lane that called. */
    static int laneOf(Frame.Reply reply) {
        return (int) (reply.token() % SimNode.LANES);
    }

    /** A reply as the lane that called knows it. */
    static Frame.Reply ofLane(Frame.Reply reply) {
        return new Frame.Reply(reply.token() / SimNode.LANES, reply.outcome(), reply.logTime());
    }

    static Network.Tie of(Frame frame) {
        return switch (frame) {
            case Frame.Consensus _ -> Network.Tie.NONE;
            case Frame.Call _ -> Network.Tie.RECEIVER;
            case Frame.Reply _, Frame.Hello _ -> Network.Tie.CONNECTION;
        };
    }
}
