package io.somekv.protocol.command;

import java.util.Optional;

/**
 * A command and, for a write, the stamp that keeps it from being applied twice. This is what stands
 * in a log entry's batch and in a client's frame.
 */
public record Request(Optional<RequestStamp> stamp, Command command) {}
