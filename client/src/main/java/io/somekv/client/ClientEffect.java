package io.somekv.client;

import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;

/** What {@link ClientCore} wants done. */
public sealed interface ClientEffect {
    /** Send to that endpoint, if it is still connected; a frame lost on the way is no error. */
    record Send(int endpoint, Frame frame) implements ClientEffect {}

    /** Keep a connection to one more node from now on, under that number, which is a new one. */
    record Open(int endpoint, NodeAddress address) implements ClientEffect {}

    /** End that connection, and tell no more of it: the node has gone, or moved. */
    record Close(int endpoint) implements ClientEffect {}

    /** The answer to a request: once for each token. */
    record Completed(long token, Outcome outcome) implements ClientEffect {}

    /**
     * The answer to a request that no node can have seen, because none could be reached: in place
     * of {@link Completed}. It was not executed, and never will be.
     */
    record Unreached(long token) implements ClientEffect {}
}
