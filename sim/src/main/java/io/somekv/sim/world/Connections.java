package io.somekv.sim.world;

import io.somekv.protocol.frame.Frame;

/** How frames relate to the connection that they were sent on. */
final class Connections {
    private Connections() {}

    static Network.Tie of(Frame frame) {
        return switch (frame) {
            case Frame.Consensus _, Frame.Reply _, Frame.Pulse _, Frame.Load _, Frame.Steer _ ->
                    Network.Tie.NONE;
            case Frame.Call _ -> Network.Tie.RECEIVER;
            case Frame.Hello _, Frame.LogMark _ -> Network.Tie.CONNECTION;
        };
    }
}
