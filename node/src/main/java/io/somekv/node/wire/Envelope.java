package io.somekv.node.wire;

import io.somekv.raft.Message;

/** A consensus message and the group it belongs to. */
public record Envelope(long groupId, Message message) {}
