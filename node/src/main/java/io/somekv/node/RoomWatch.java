package io.somekv.node;

import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import java.util.List;
import java.util.TreeMap;

/**
 * Knows which nodes' disks are nearly full, this one's by its rim and others' by their pulses, and
 * lets the groups of its lane know (docs/decisions/0009-a-full-disk.md).
 */
final class RoomWatch {
    private final long ownNode;
    private final Places places;

    /** Of those that are nearly full. */
    private final TreeMap<Long, DiskRoom> fullByNode = new TreeMap<>();

    private DiskRoom own = DiskRoom.PLENTY;

    RoomWatch(long ownNode, Places places) {
        this.ownNode = ownNode;
        this.places = places;
    }

    /** How this node's disk stands, for its pulses. */
    DiskRoom own() {
        return own;
    }

    void learnOwn(Now now, DiskRoom room) {
        own = room;
        learn(now, ownNode, room);
    }

    void learn(Now now, long node, DiskRoom room) {
        boolean wasFull = fullByNode.containsKey(node);
        if (room.isNearlyFull()) {
            fullByNode.put(node, room);
        } else {
            fullByNode.remove(node);
        }
        if (wasFull != room.isNearlyFull()) {
            for (GroupHost host : places.hosts()) {
                tell(now, host);
                places.touch(host);
            }
        }
    }

    /** A replica that has only just come to be knows nothing. */
    void welcome(Now now, GroupHost host) {
        if (!fullByNode.isEmpty()) {
            tell(now, host);
        }
    }

    private void tell(Now now, GroupHost host) {
        host.step(now, new Input.NearlyFull(List.copyOf(fullByNode.keySet())));
    }

    /** What a leader answers to a command for which no quorum has room. */
    Outcome refusal(Membership membership) {
        long node = ownNode;
        if (!own.isNearlyFull()) {
            for (Member voter : membership.electorate()) {
                node = fullByNode.containsKey(voter.nodeId()) ? voter.nodeId() : node;
            }
        }
        DiskRoom room = fullByNode.getOrDefault(node, own);
        return new Outcome.DiskNearlyFull(node, room.freeBytes());
    }
}
