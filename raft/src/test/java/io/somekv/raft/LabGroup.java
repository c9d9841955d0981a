package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A group as the MIT labs' tester has one: replicas are cut off and come back, crash and are
 * started, messages get lost; commands are given to whoever leads. What any replica commits must be
 * what all commit at that index, and no term has two leaders.
 */
final class LabGroup {
    private final Group group;
    private final Random random = new Random(1);

    /** Who hears only whom: replicas of one side. The labs' clients speak to side 0. */
    private final TreeMap<Integer, Integer> sides = new TreeMap<>();

    private final TreeSet<Integer> deaf = new TreeSet<>();
    private final TreeMap<Long, String> agreed = new TreeMap<>();
    private final TreeMap<Long, Integer> leaderByTerm = new TreeMap<>();
    private final TreeMap<Integer, Long> crashes = new TreeMap<>();

    /** Share of messages that get lost. */
    double loss;

    /** All that asks for an answer, which is what the labs count as calls; and bytes of entries. */
    long calls;

    long entryBytes;

    /** Of AppendEntries, because what should precede them is not there. */
    long rejections;

    /** Snapshots that took the place of a log. */
    long installs;

    LabGroup(int size) {
        this(RaftConfig.defaults(), size);
    }

    LabGroup(RaftConfig config, int size) {
        group = Group.of(config, size);
    }

    Group group() {
        return group;
    }

    int size() {
        return group.size();
    }

    /** Each alone. */
    void cut(Integer... ids) {
        List.of(ids).forEach(id -> sides.put(id, -id));
    }

    /** These together, without the others. */
    void split(Integer... ids) {
        List.of(ids).forEach(id -> sides.put(id, ids[0]));
    }

    void heal(Integer... ids) {
        List.of(ids).forEach(sides::remove);
    }

    void healAll() {
        sides.clear();
    }

    /** What these say is heard; they hear nothing. */
    void deafen(Integer... ids) {
        deaf.addAll(List.of(ids));
    }

    void healDeaf() {
        deaf.clear();
    }

    private int side(long id) {
        return sides.getOrDefault((int) id, 0);
    }

    void crash(int id) {
        group.crash(id);
        crashes.merge(id, 1L, Long::sum);
    }

    void start(int id) {
        group.start(id);
    }

    private boolean passes(Message message) {
        if (isCall(message)) {
            calls++;
        }
        if (message instanceof Message.AppendRejected) {
            rejections++;
        }
        if (message instanceof Message.AppendEntries append) {
            for (Entry entry : append.entries()) {
                entryBytes += entry.payload().size();
            }
        }
        return side(message.from()) == side(message.to())
                && !deaf.contains((int) message.to())
                && random.nextDouble() >= loss;
    }

    private static boolean isCall(Message message) {
        return switch (message) {
            case Message.PreVote _,
                    Message.RequestVote _,
                    Message.AppendEntries _,
                    Message.Quiesce _,
                    Message.ReadIndex _,
                    Message.TimeoutNow _,
                    Message.Introduce _,
                    Message.Inquiry _,
                    Message.InstallSnapshot _ ->
                    true;
            case Message.PreVoteReply _,
                    Message.RequestVoteReply _,
                    Message.AppendAccepted _,
                    Message.AppendRejected _,
                    Message.ReadIndexReply _,
                    Message.Gone _,
                    Message.SnapshotAccepted _ ->
                    false;
        };
    }

    void run(int millis) {
        for (int i = 0; i < millis; i += 5) {
            group.run(5, this::passes);
            sendSnapshots();
            look();
        }
    }

    /** A leader's state takes the place of the log of whoever needs more than it has. */
    private void sendSnapshots() {
        for (int from = 1; from <= size(); from++) {
            if (!group.isUp(from) || !group.replica(from).leads()) {
                continue;
            }
            for (long to : group.replica(from).wantingSnapshot()) {
                boolean arrives = side(from) == side(to) && random.nextDouble() >= loss;
                if (arrives && group.isUp((int) to) && group.install((int) to, from)) {
                    installs++;
                }
            }
        }
    }

    private void look() {
        for (int id = 1; id <= size(); id++) {
            if (!group.isUp(id)) {
                continue;
            }
            for (Entry entry : group.committed(id)) {
                String text = entry.kind() + ":" + entry.payload().toUtf8();
                String before = agreed.putIfAbsent(entry.index(), text);
                assertTrue(before == null || before.equals(text), "one command an index");
            }
            ReplicaStatus status = group.status(id);
            if (status.role() == ReplicaStatus.Role.LEADER) {
                Integer other = leaderByTerm.putIfAbsent(status.term(), id);
                assertTrue(other == null || other == id, "one leader a term");
            }
        }
    }

    /** Who leads those of side 0; waits for a few elections. */
    int leader() {
        for (int i = 0; i < 100; i++) {
            int found = leaderNow();
            if (found != 0) {
                return found;
            }
            run(100);
        }
        throw new AssertionError("no leader after ten seconds");
    }

    /** The leader of the highest term on side 0; 0 for none. */
    int leaderNow() {
        int found = 0;
        for (int id = 1; id <= size(); id++) {
            boolean leads = group.isUp(id) && side(id) == 0 && group.replica(id).leads();
            if (leads && (found == 0 || group.status(id).term() > group.status(found).term())) {
                found = id;
            }
        }
        return found;
    }

    /** All that lead, or believe it, on whatever side. */
    List<Integer> leaders() {
        List<Integer> leaders = new ArrayList<>();
        for (int id = 1; id <= size(); id++) {
            if (group.isUp(id) && group.replica(id).leads()) {
                leaders.add(id);
            }
        }
        return leaders;
    }

    /** Gives a command to a replica; it gets its place if that leads. */
    void propose(int id, String text) {
        group.step(id, new Input.Propose(1, EntryKind.COMMANDS, Bytes.utf8(text)));
    }

    /** A command, given again until it stands in what is agreed; then on that many replicas. */
    void one(String text, int replicas) {
        for (int i = 0; i < 60; i++) {
            propose(leader(), text);
            for (int k = 0; k < 8 && holders(text) < replicas; k++) {
                run(50);
            }
            if (holders(text) >= replicas) {
                return;
            }
        }
        throw new AssertionError("'" + text + "' is not agreed on by " + replicas);
    }

    /** How many replicas have committed an entry with that text, or a snapshot that has it. */
    int holders(String text) {
        int count = 0;
        for (int id = 1; id <= size(); id++) {
            count += group.isUp(id) && hasCommitted(id, text) ? 1 : 0;
        }
        return count;
    }

    int holdersAfter(int millis, String text) {
        run(millis);
        return holders(text);
    }

    private boolean hasCommitted(int id, String text) {
        long commit = group.status(id).commit();
        return agreed.headMap(commit, true).containsValue("COMMANDS:" + text);
    }

    /** Commands that are agreed on, in order. */
    List<String> commands() {
        List<String> commands = new ArrayList<>();
        for (String text : agreed.values()) {
            if (text.startsWith("COMMANDS:")) {
                commands.add(text.substring("COMMANDS:".length()));
            }
        }
        return commands;
    }

    void assertNoneAgreed(String text) {
        assertEquals(0, holders(text), text);
    }
}
