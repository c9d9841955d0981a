package io.somekv.sim.world;

import io.somekv.protocol.frame.Frame;

/** Which frames die with their connection. */
final class Ties {
    private Ties() {}

    static Network.Tie of(Frame frame) {
        return switch (frame) {
            case Frame.Consensus _ -> Network.Tie.NONE;
            case Frame.Call _ -> Network.Tie.RECEIVER;
            case Frame.Reply _, Frame.Hello _ -> Network.Tie.CONNECTION;
        };
    }
}
