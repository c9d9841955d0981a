package io.somekv.node.log;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The bytes of a membership: voters, then learners, each a count and its members. */
public final class MembershipCodec {
    private static final int MEMBERS_MAX = 1 << 10;

    private MembershipCodec() {}

    public static void encode(ByteWriter writer, Membership membership) {
        members(writer, membership.voters());
        members(writer, membership.learners());
    }

    /**
     * @throws MalformedException when these are not the bytes of a membership
     */
    public static Membership decode(ByteReader reader) {
        List<Member> voters = members(reader);
        List<Member> learners = members(reader);
        try {
            return new Membership(voters, learners);
        } catch (Invariant.Violation e) {
            throw new MalformedException(String.valueOf(e.getMessage()));
        }
    }

    private static void members(ByteWriter writer, List<Member> members) {
        writer.varInt(members.size());
        for (Member member : members) {
            writer.varLong(member.replicaId())
                    .varLong(member.nodeId())
                    .i64(member.storeId().getMostSignificantBits())
                    .i64(member.storeId().getLeastSignificantBits());
        }
    }

    private static List<Member> members(ByteReader reader) {
        int count = reader.varInt(MEMBERS_MAX);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(
                    new Member(
                            reader.varLong(),
                            reader.varLong(),
                            new UUID(reader.i64(), reader.i64())));
        }
        return members;
    }
}
