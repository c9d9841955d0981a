package io.somekv.server.control;

import io.somekv.protocol.command.Outcome;

/**
 * A group's answer.
 *
 * @param logTime of the group; 0 when no leader was reached
 */
public record Answer(Outcome outcome, long logTime) {}
