package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.EntryId;
import io.somekv.raft.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who hears how a node's disk stands. */
class RoomWatchTest {
    private static final long GROUP = 1;
    private static final long STRANGER = 9;
    private static final long TERM = 50;
    private static final int SECOND_TICKS = 200;

    private int pulses;

    /** It has become a member since, and what it heard of this disk last may be that it is full. */
    @Test
    void aLeaderThatTheMembershipHereDoesNotNameYetHearsIt() {
        LaneCluster cluster = new LaneCluster(4);
        cluster.createGroup(0, 3);
        cluster.createGroup(GROUP, 3);
        cluster.startOn(3, 16);
        cluster.run(2 * SECOND_TICKS);
        cluster.network((from, to, frame) -> {
            pulses += to == 4 && frame instanceof Frame.Pulse ? 1 : 0;
            return FrameFates.Fate.ARRIVES;
        });
        for (int round = 0; round < 15; round++) {
            cluster.arrive(4, 1, heartbeat(cluster));
            cluster.run(SECOND_TICKS / 10);
        }
        assertTrue(pulses > 0);
    }

    private static Frame heartbeat(LaneCluster cluster) {
        long here =
                cluster.lane(1, GROUP).status(cluster.now()).stream()
                        .filter(status -> status.groupId() == GROUP)
                        .findFirst()
                        .orElseThrow()
                        .replica()
                        .replicaId();
        Message append =
                new Message.AppendEntries(
                        STRANGER, here, TERM, new EntryId(TERM, 1_000), List.of(), 0, 0);
        return new Frame.Consensus(ConsensusCodec.encode(List.of(new Envelope(GROUP, append))));
    }
}
