package io.somekv.protocol.frame;

import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.protocol.caretaker.Steering;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import java.util.List;
import java.util.UUID;

/**
 * Everything that travels between nodes, and between a Java client and a node: length-prefixed,
 * versioned frames (docs/FORMATS.md).
 */
public sealed interface Frame {
    /**
     * First frame of each side of a connection.
     *
     * @param clusterId all zero where the sender is not yet part of a cluster
     * @param nodeId 0 for a client
     * @param incarnation which run of that node's process; 0 for a client
     * @param life drawn at random by that run: a folder and its copy count the same incarnations
     */
    record Hello(UUID clusterId, long nodeId, UUID storeId, long incarnation, long life)
            implements Frame {}

    /**
     * Asks a group for something.
     *
     * @param token echoed by the {@link Reply}
     * @param groupId the group; {@link #ANY_GROUP} lets the receiver find it by the command's keys
     * @param isDirect whether the receiver is to answer for itself and pass it on to no other node:
     *     who asks then hears {@code NotLeader} and {@code WrongGroup} and goes on from there, so
     *     that no request circles among nodes with stale maps
     * @param mode of a read that a client asks for; a node asks the leader
     */
    record Call(long token, long groupId, boolean isDirect, Request request, ReadMode mode)
            implements Frame {}

    /**
     * @param logTime of the group when it answered, for deadlines; 0 when no leader was reached
     */
    record Reply(long token, Outcome outcome, long logTime) implements Frame {}

    /**
     * Consensus messages of many groups in one frame.
     *
     * @param messages encoded by the node that sends them
     */
    record Consensus(Bytes messages) implements Frame {}

    /**
     * A lane of the sender lives; between nodes.
     *
     * @param lane from 0
     * @param laneCount a group lives on lane {@code groupId mod laneCount} of the sender
     * @param disk of the sender
     */
    record Pulse(int lane, int laneCount, DiskRoom disk) implements Frame {}

    /**
     * How far logs are durable; between nodes, behind the Hello and each second. So a node learns
     * that its disk was put back to an older state, whoever it meets.
     *
     * @param position in the sender's log, in its own reckoning; never decreases
     * @param heard what it knows of other disks, the receiver's among them
     */
    record LogMark(long position, List<Of> heard) implements Frame {
        public LogMark {
            heard = List.copyOf(heard);
        }

        /** How far the log on one disk was durable when last heard of. */
        public record Of(UUID storeId, long position) {}
    }

    /** What a lane of the sender does, for the caretaker; to whoever leads the shard master. */
    record Load(LoadReport report) implements Frame {}

    /** The caretaker asks for something; to whoever leads the group. */
    record Steer(long groupId, Steering steering) implements Frame {}

    /** In {@link Call#groupId}: route by key. */
    long ANY_GROUP = -1;
}
