package io.somekv.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.kv.Incoming;
import io.somekv.kv.ShardView;
import io.somekv.node.GroupStatus;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.v1.IncomingShard;
import io.somekv.raft.EntryId;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.ReplicaStatus;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a node tells of its groups. */
class ProtoMappingTest {
    private static Incoming incoming(long config, Incoming.State state) {
        return new Incoming(5, config, 1, 1, 1, 1, 1, 0, 0, CopyCursor.START, state);
    }

    private static GroupStatus waiting(Incoming... incoming) {
        return new GroupStatus(
                3,
                Membership.of(List.of(new Member(1, 7, new UUID(0, 7)))),
                false,
                new ReplicaStatus(
                        1, ReplicaStatus.Role.LEADER, 1, 1, new EntryId(1, 1), 1, 1, 0, 0, 0),
                7,
                1,
                0,
                new ShardView(List.of(), List.of(), List.of(incoming)),
                List.of(5));
    }

    @Test
    void whatHasComeBeforeWaitsForNothing() {
        GroupStatus group =
                waiting(
                        incoming(4, Incoming.State.DIFFERS),
                        incoming(6, Incoming.State.OWNED),
                        incoming(8, Incoming.State.STAGED));
        assertEquals(
                List.of("DIFFERS", "RELEASING", "AWAITING_TIME"),
                ProtoMapping.incoming(group).stream().map(IncomingShard::getPhase).toList());
    }
}
