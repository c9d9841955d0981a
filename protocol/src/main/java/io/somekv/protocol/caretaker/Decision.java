package io.somekv.protocol.caretaker;

/** Something that the caretaker has done about a cluster; all that there is to be done. */
public sealed interface Decision {
    /** For a person: what it saw, in a sentence without a full stop. */
    String why();

    /** A replica of the group comes to one node and leaves another, in one step. */
    record ReplaceReplica(long groupId, long fromNode, long toNode, String why)
            implements Decision {}

    /** The group gets one replica more. */
    record AddReplica(long groupId, long toNode, String why) implements Decision {}

    /**
     * A replica goes and nobody comes: one that was on its way to a node that died, or too many.
     */
    record RemoveReplica(long groupId, long fromNode, String why) implements Decision {}

    /** The replica on another node leads the group. */
    record HandOver(long groupId, long fromNode, long toNode, String why) implements Decision {}

    /** A shard is another group's. */
    record MoveShard(int shard, long fromGroup, long toGroup, String why) implements Decision {}
}
