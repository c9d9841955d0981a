package io.somekv.storage.wal;

import io.somekv.base.Bytes;
import io.somekv.node.log.GroupRecord;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.storage.disk.Disk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What the tests of the log write, and how they describe what they find. */
final class WalFixture {
    static final UUID STORE = new UUID(0x1234, 0x5678);
    static final WalConfig CONFIG = WalConfig.of(STORE).withSegmentSize(8192);
    static final MembershipState MEMBERS =
            MembershipState.initial(
                    Membership.of(
                            List.of(new Member(1, 11, STORE), new Member(2, 12, new UUID(0, 2)))));

    private WalFixture() {}

    static Wal open(Disk disk) throws IOException {
        return Wal.open(disk, CONFIG);
    }

    static Entry entry(long term, long index, String payload) {
        return new Entry(
                new EntryId(term, index), EntryKind.COMMANDS, 1000 + index, Bytes.utf8(payload));
    }

    /** Entries {@code from..to} of a term; the payload names group, term and index. */
    static List<Entry> entries(long group, long term, long from, long to) {
        List<Entry> entries = new ArrayList<>();
        for (long index = from; index <= to; index++) {
            entries.add(entry(term, index, "g" + group + " t" + term + " i" + index));
        }
        return entries;
    }

    /** Appends entries {@code from..to} of a term to a group of replica 1. */
    static GroupRecord append(long group, long term, long from, long to) {
        return record(group, term, 0, entries(group, term, from, to));
    }

    static GroupRecord record(long group, long term, long truncateFrom, List<Entry> entries) {
        return new GroupRecord(
                group,
                1,
                group,
                new HardState(term, 1, 0),
                MEMBERS,
                EntryId.ZERO,
                0,
                truncateFrom,
                entries);
    }

    static void writeAndSync(Wal wal, GroupRecord... records) throws IOException {
        wal.write(List.of(records));
        wal.sync();
    }

    /** All of a group's entries, in the order of the log. */
    static List<Entry> readAll(Wal wal, long group) throws IOException {
        return readAll(wal, group, EntryId.ZERO);
    }

    /** All of them behind {@code base}. */
    static List<Entry> readAll(Wal wal, long group, EntryId base) throws IOException {
        List<Entry> all = new ArrayList<>();
        while (true) {
            long next = base.index() + all.size() + 1;
            List<Entry> more = wal.read(group, next, Long.MAX_VALUE, 1 << 10);
            if (more.isEmpty()) {
                return all;
            }
            all.addAll(more);
        }
    }
}
