package io.somekv.kv.caretaker;

import static io.somekv.protocol.caretaker.NodeUse.Kind.CLOSED;
import static io.somekv.protocol.caretaker.NodeUse.Kind.DRAINING;
import static io.somekv.protocol.caretaker.NodeUse.Kind.OPEN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.protocol.caretaker.Decision;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Replicas that are to vote, and may never: which of them are given up, and which waited for. */
class ListeningReplicasTest extends Situation {
    @Test
    void aLearnerOnADeadNodeIsGivenUp() {
        fourNodes();
        silent(4, "", 400_000);
        listening(1, 1, 4, 1L, 2L, 3L);
        assertEquals(
                List.of(new Decision.RemoveReplica(1, 4, "node 4 has been silent for 6 min")),
                decide());
    }

    /** The leader refuses a second replica in the place of one: before, nothing helps the group. */
    @Test
    void aLearnerOnADeadNodeIsGivenUpBeforeTheOneItWasToReplaceIsReplacedAnew() {
        fourNodes();
        node(5, "");
        silent(1, "", 900_000);
        silent(4, "", 400_000);
        listening(1, 2, 4, 1L, 2L, 3L);
        assertEquals(
                List.of(new Decision.RemoveReplica(1, 4, "node 4 has been silent for 6 min")),
                decide());
    }

    @Test
    void learnersAreGivenUpBeforeOtherGroupsBeginToChange() {
        fourNodes();
        node(5, "");
        silent(1, "", 900_000);
        silent(4, "", 400_000);
        group(1, 2, 1L, 2L, 3L);
        listening(2, 3, 4, 1L, 2L, 3L);
        settings = settings.withAtATime(1, 1);
        assertEquals(
                List.of(new Decision.RemoveReplica(2, 4, "node 4 has been silent for 6 min")),
                decide());
    }

    /** Each would be refused, and tried again for as long as others wait for their turn. */
    @Test
    void noVoterIsReplacedWhereALearnerIsNotTheCaretakersToGiveUp() {
        fourNodes();
        node(5, "");
        silent(1, "", 900_000);
        node(new ClusterView.Node(4, "", 400_000, 0, CLOSED, true));
        listening(1, 2, 4, 1L, 2L, 3L);
        group(2, 3, 1L, 2L, 3L);
        settings = settings.withAtATime(1, 1);
        assertEquals(
                List.of(
                        new Decision.ReplaceReplica(
                                2,
                                1,
                                5,
                                "node 1 has been silent for 15 min; node 5 has 0 replicas")),
                decide());
    }

    /** Its leader spares it, so it may never vote; and the group gets nobody else meanwhile. */
    @Test
    void aLearnerWithoutRoomIsGivenUpWhereAVoterIsToBeReplaced() {
        fourNodes();
        node(5, "");
        silent(3, "", 400_000);
        node(new ClusterView.Node(4, "", 0, LONG, OPEN, false));
        listening(1, 1, 4, 1L, 2L, 3L);
        String why = "the disk of node 4 is nearly full; node 3 has been silent for 6 min";
        assertEquals(List.of(new Decision.RemoveReplica(1, 4, why)), decide());
        node(new ClusterView.Node(3, "", 0, LONG, DRAINING, true));
        why = "the disk of node 4 is nearly full; node 3 is to be emptied";
        assertEquals(List.of(new Decision.RemoveReplica(1, 4, why)), decide());
    }

    @Test
    void aLearnerWithoutRoomIsWaitedForWhereThatHelpsNobody() {
        fourNodes();
        node(new ClusterView.Node(4, "", 0, LONG, OPEN, false));
        listening(1, 1, 4, 1L, 2L, 3L);
        assertEquals(List.of(), decide(), "nobody is to be replaced");
        silent(3, "", 400_000);
        assertEquals(List.of(), decide(), "nor could be");
        node(5, "");
        node(new ClusterView.Node(4, "", 0, LONG, CLOSED, false));
        assertEquals(List.of(), decide(), "it is somebody else's");
        node(4, "");
        assertEquals(List.of(), decide(), "it gets on");
    }
}
