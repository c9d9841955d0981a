package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Member;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.ReplicaStatus;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A node's replica is removed and the node joins again with the same disk, while the removed one
 * lives on there and has heard of nothing (KB-41). A node hosts one replica of a group at a time:
 * the new one is made when the old one has been told that it is gone.
 */
final class ReturningMemberTest {
    private static final long GROUP = 1;
    private static final int NODES = 3;
    private static final Outcome OK = new Outcome.Ok();
    private static final Bytes KEY = Bytes.utf8("counter");

    /** The fourth that the group ever had. */
    private static final long NEW_REPLICA = 4;

    private final LaneCluster cluster = new LaneCluster(NODES);
    private final TreeMap<Long, Long> leadersByTerm = new TreeMap<>();
    private long acknowledged;

    /** Node that has crashed for good; 0 while there is none. */
    private long down;

    /**
     * What the old replica said before it was removed, as leader or with votes and
     * acknowledgements, arrives as late as it can: as soon as the links work, or when the new one
     * is a voter.
     */
    @ParameterizedTest
    @CsvSource({
        "true, 0, false",
        "true, 0, true",
        "true, 400, false",
        "false, 0, false",
        "false, 0, true",
        "false, 400, false",
    })
    @Tag("kb-41")
    void theOldReplicaAndTheNewOneAreNeverTakenForEachOther(
            boolean leads, int lateTicks, boolean crashes) {
        cluster.start(16, 1);
        run(500);
        long away = leads ? cluster.leaderOf(GROUP) : 1 + cluster.leaderOf(GROUP) % NODES;
        long unheard = isolateInTheMidst(away, leads);
        long leader = leaderBeside(away);
        assertEquals(OK, cluster.change(leader, GROUP, new MembershipChange.Remove(away)));
        MembershipChange again = new MembershipChange.Add(away, LaneCluster.storeOf(away), 0);
        assertEquals(OK, cluster.change(leader, GROUP, again));
        increment(leader);
        run(300);
        assertEquals(away, status(away).orElseThrow().replica().replicaId(), "the old one lives");

        cluster.network((from, to, frame) -> Fate.ARRIVES);
        run(lateTicks);
        assertTrue(cluster.heldCount() > 0);
        cluster.releaseHeld();
        if (crashes) {
            run(1);
            cluster.crash(away);
            cluster.restart(away);
        }
        run(1000);
        expectAVoter(away);
        if (leads) {
            boolean isKnown = !crashes && cluster.await(unheard) instanceof Outcome.Int;
            acknowledged += isKnown || count() > acknowledged ? 1 : 0;
        }
        expectTheData(away);
    }

    /**
     * Its last words before nothing reaches it any more are held back: a write of its own where it
     * leads, else the acknowledgements of its leader's.
     *
     * @return the token of that write, 0 where there is none
     */
    private long isolateInTheMidst(long away, boolean leads) {
        increment(leaderBeside(0));
        cluster.network((from, to, frame) -> from == away ? Fate.IS_HELD : Fate.ARRIVES);
        long unheard = 0;
        if (leads) {
            unheard = cluster.begin(away, new Command.Increment(KEY, 1));
        } else {
            increment(leaderBeside(away));
        }
        run(10);
        cluster.network((from, to, frame) ->
                from == away ? Fate.IS_HELD : to == away ? Fate.IS_LOST : Fate.ARRIVES);
        run(600);
        return unheard;
    }

    private void expectAVoter(long away) {
        GroupStatus status = status(away).orElseThrow();
        assertEquals(NEW_REPLICA, status.replica().replicaId());
        assertTrue(status.membership().isVoter(NEW_REPLICA));
        assertEquals(NODES, status.membership().voters().size());
        assertFalse(
                status.membership().voters().stream()
                        .map(Member::replicaId)
                        .anyMatch(id -> id == away));
    }

    /** The new replica has it all: with another node down, it is needed for every write. */
    private void expectTheData(long away) {
        long leader = leaderBeside(0);
        increment(leader);
        down = leader == away ? 1 + away % NODES : leader;
        cluster.crash(down);
        run(1000);
        increment(leaderBeside(0));
        run(100);
        for (long node = 1; node <= NODES; node++) {
            if (node != down) {
                assertEquals(
                        cluster.lane(away, GROUP).digest(GROUP),
                        cluster.lane(node, GROUP).digest(GROUP));
            }
        }
    }

    private void increment(long node) {
        acknowledged++;
        assertEquals(
                new Outcome.Int(acknowledged), cluster.ask(node, new Command.Increment(KEY, 1)));
    }

    private long count() {
        Outcome outcome = cluster.ask(leaderBeside(0), new Command.Get(KEY));
        return Long.parseLong(assertInstanceOf(Outcome.Value.class, outcome).value().toUtf8());
    }

    /** Lets ticks go by, and sees after each that no term has had two leaders. */
    private void run(int ticks) {
        for (int i = 0; i < ticks; i++) {
            cluster.run(1);
            for (long node = 1; node <= NODES; node++) {
                status(node).map(GroupStatus::replica).ifPresent(this::observe);
            }
        }
    }

    private void observe(ReplicaStatus replica) {
        if (replica.role() == ReplicaStatus.Role.LEADER) {
            leadersByTerm.putIfAbsent(replica.term(), replica.replicaId());
            assertEquals(leadersByTerm.get(replica.term()), replica.replicaId(), "one a term");
        }
    }

    /** Node that leads, and is not that one. */
    private long leaderBeside(long excluded) {
        for (long node = 1; node <= NODES; node++) {
            boolean leads =
                    status(node)
                            .filter(s -> s.replica().role() == ReplicaStatus.Role.LEADER)
                            .isPresent();
            if (node != excluded && leads) {
                return node;
            }
        }
        throw new AssertionError("nobody leads");
    }

    private Optional<GroupStatus> status(long node) {
        return node == down
                ? Optional.empty()
                : cluster.lane(node, GROUP).status(cluster.now()).stream()
                        .filter(status -> status.groupId() == GROUP)
                        .findFirst();
    }
}
