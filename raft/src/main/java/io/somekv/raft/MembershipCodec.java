package io.somekv.raft;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The bytes of a membership, in entries, in the write-ahead log and in snapshots (docs/FORMATS.md):
 * voters, outgoing voters and learners, each a count and its members, and the next replica id.
 */
public final class MembershipCodec {
    private static final int MEMBERS_MAX = 1 << 10;

    private MembershipCodec() {}

    public static void encode(ByteWriter writer, Membership membership) {
        members(writer, membership.voters());
        members(writer, membership.outgoing());
        writer.varInt(membership.learners().size());
        for (Membership.Learner learner : membership.learners()) {
            member(writer, learner.member());
            writer.varLong(learner.replaces());
        }
        writer.varLong(membership.nextReplicaId());
    }

    /** The payload of an entry. */
    static Bytes encode(Membership membership) {
        ByteWriter writer = new ByteWriter(128);
        encode(writer, membership);
        return writer.toBytes();
    }

    /**
     * @throws MalformedException when these are not the bytes of a membership
     */
    public static Membership decode(ByteReader reader) {
        List<Member> voters = members(reader);
        List<Member> outgoing = members(reader);
        int count = reader.varInt(MEMBERS_MAX);
        List<Membership.Learner> learners = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            learners.add(new Membership.Learner(member(reader), reader.varLong()));
        }
        try {
            return new Membership(voters, outgoing, learners, reader.varLong());
        } catch (Invariant.Violation e) {
            throw new MalformedException(String.valueOf(e.getMessage()));
        }
    }

    public static void encode(ByteWriter writer, MembershipState state) {
        encode(writer, state.current());
        writer.varLong(state.index()).bool(state.before() != null);
        if (state.before() != null) {
            encode(writer, state.before());
            writer.varLong(state.beforeIndex());
        }
    }

    /**
     * @throws MalformedException when these are not the bytes of a membership and the one before
     */
    public static MembershipState decodeState(ByteReader reader) {
        Membership current = decode(reader);
        long index = reader.varLong();
        return reader.bool()
                ? new MembershipState(current, index, decode(reader), reader.varLong())
                : MembershipState.settledAt(current, index);
    }

    /** No encoding of {@code state} takes more. */
    public static int sizeMax(MembershipState state) {
        Membership before = state.before();
        return 32 + sizeMax(state.current()) + (before == null ? 0 : sizeMax(before));
    }

    /** No encoding of {@code membership} takes more. */
    public static int sizeMax(Membership membership) {
        int members =
                membership.voters().size()
                        + membership.outgoing().size()
                        + membership.learners().size();
        return 32 + 46 * members;
    }

    private static void members(ByteWriter writer, List<Member> members) {
        writer.varInt(members.size());
        for (Member member : members) {
            member(writer, member);
        }
    }

    private static void member(ByteWriter writer, Member member) {
        writer.varLong(member.replicaId())
                .varLong(member.nodeId())
                .i64(member.storeId().getMostSignificantBits())
                .i64(member.storeId().getLeastSignificantBits());
    }

    private static List<Member> members(ByteReader reader) {
        int count = reader.varInt(MEMBERS_MAX);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(member(reader));
        }
        return members;
    }

    private static Member member(ByteReader reader) {
        return new Member(reader.varLong(), reader.varLong(), new UUID(reader.i64(), reader.i64()));
    }
}
