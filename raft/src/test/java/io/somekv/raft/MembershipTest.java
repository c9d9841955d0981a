package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a membership turns into, who decides in it, and its bytes. */
final class MembershipTest {
    private static final Membership THREE = Membership.of(List.of(on(3), on(1), on(2)));

    @Test
    void aJointMembershipNeedsAMajorityOfBothSides() {
        Membership joint = THREE.withLearner(4, store(4), 3).promoting(4);
        assertEquals(List.of(on(1), on(2), on(4)), joint.voters());
        assertEquals(List.of(on(1), on(2), on(3)), joint.outgoing());
        assertEquals(List.of(on(1), on(2), on(3), on(4)), joint.electorate());
        assertTrue(joint.hasQuorum(List.of(1L, 2L)::contains));
        assertTrue(joint.hasQuorum(List.of(1L, 3L, 4L)::contains));
        assertFalse(joint.hasQuorum(List.of(1L, 4L)::contains), "no majority of who was");
        assertFalse(joint.hasQuorum(List.of(1L, 3L)::contains), "no majority of who will be");
        assertEquals(List.of(), joint.settled().outgoing());
    }

    /** KB-41: whoever is made again is somebody else. */
    @Test
    @Tag("kb-41")
    void noReplicaIdIsGivenTwice() {
        Membership without = THREE.removing(3).settled();
        assertTrue(without.isGone(3));
        Membership again = without.withLearner(3, store(3), 0);
        assertEquals(4, again.learners().getFirst().member().replicaId());
        assertTrue(again.isGone(3));
        assertFalse(again.isGone(4));
        assertFalse(again.isGone(5), "nobody has heard of it yet");
    }

    @Test
    void aLearnerWhoseVoterLeftReplacesNobody() {
        Membership membership = THREE.withLearner(4, store(4), 3).removing(3).settled();
        assertEquals(0, membership.learners().getFirst().replaces());
        assertEquals(3, membership.promoting(4).voters().size());
    }

    @Test
    void theOneBeforeComesBackWhenItsEntryIsCut() {
        Membership next = THREE.removing(3);
        MembershipState state = MembershipState.initial(THREE).appended(7, next);
        assertEquals(next, state.current());
        assertEquals(THREE, state.at(6));
        assertEquals(next, state.at(7));
        assertEquals(state, state.truncatedFrom(8));
        assertEquals(MembershipState.initial(THREE), state.truncatedFrom(7));
        assertThrows(Invariant.Violation.class, () -> state.truncatedFrom(7).truncatedFrom(0));
    }

    @Test
    void itComesBackFromItsBytes() {
        Membership learner = THREE.withLearner(1L << 40, new UUID(-1, -2), 2);
        for (MembershipState state :
                List.of(
                        MembershipState.initial(THREE),
                        MembershipState.initial(THREE).appended(1L << 50, learner),
                        MembershipState.settledAt(learner, 9).appended(10, learner.promoting(4)))) {
            ByteWriter writer = new ByteWriter();
            MembershipCodec.encode(writer, state);
            assertTrue(writer.size() <= MembershipCodec.sizeMax(state));
            ByteReader reader = writer.toBytes().reader();
            assertEquals(state, MembershipCodec.decodeState(reader));
            reader.end();
        }
    }

    @Test
    void noBytesDoMoreThanBeRefused() {
        Bytes noVoters = Bytes.wrap(new byte[] {0, 0, 0, 1});
        assertThrows(MalformedException.class, () -> MembershipCodec.decode(noVoters.reader()));
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(90)];
            random.nextBytes(noise);
            noise = noise.length > 0 && i % 2 == 0 ? withFirst(noise, 1) : noise;
            try {
                MembershipCodec.decodeState(Bytes.wrap(noise).reader());
            } catch (MalformedException _) {
                // As it should be, for most.
            }
        }
    }

    private static byte[] withFirst(byte[] bytes, int first) {
        bytes[0] = (byte) first;
        return bytes;
    }

    private static Member on(long id) {
        return new Member(id, id, store(id));
    }

    private static UUID store(long id) {
        return new UUID(0, id);
    }
}
