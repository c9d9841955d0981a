package io.somekv.node;

import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;

/**
 * What somebody asks of a lane.
 *
 * @param groupId the group, or {@link Frame#ANY_GROUP} to route by the command
 * @param mode of a read
 * @param isDirect whether this node is to answer for itself: see {@link Frame.Call}
 * @param waitedNanos for how long it has been held already, behind others of its connection whose
 *     shard nobody served: it counts as part of how long this one is held
 */
public record Wish(
        long groupId, Request request, ReadMode mode, boolean isDirect, long waitedNanos) {
    /** Of one who just comes, and does not know the way. */
    public static Wish of(long groupId, Request request, ReadMode mode) {
        return new Wish(groupId, request, mode, false, 0);
    }

    /** Of a client that speaks frames. */
    public static Wish of(Frame.Call call) {
        return new Wish(call.groupId(), call.request(), call.mode(), call.isDirect(), 0);
    }
}
