package io.somekv.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.IncomingShard;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.cli.MovePicture.SeenMove;
import io.somekv.server.control.ControlException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What an operator sees of shards on their way: how far, how fast, how much longer. */
class MovePictureTest {
    private static final long MIB = 1 << 20;
    private static final long SECOND = 1_000_000_000L;
    private static final String LIMITS = "at most 2 shards a group at a time, 64 MiB/s a lane\n";

    private static MovePicture at(long nanos, SeenMove... moves) {
        return new MovePicture(MoveSettings.DEFAULT, List.of(moves), nanos);
    }

    private static SeenMove copying(int shard, long bytes, long left) {
        return new SeenMove(shard, 4, 1, 2, "COPYING", bytes, left);
    }

    /** Without what aligns the columns. */
    private static String words(String text) {
        return text.replaceAll(" +", " ").replaceAll(" (?=\n)", "");
    }

    @Test
    void rateAndTimeLeftComeOfTwoLooks() {
        MovePicture before = at(0, copying(5, 20 * MIB, 80 * MIB));
        MovePicture now = at(2 * SECOND, copying(5, 40 * MIB, 60 * MIB));
        assertEquals(
                """
                SHARD FROM TO PHASE COPIED RATE LEFT
                5 1 2 copying 40 MiB of 100 MiB 10 MiB/s 6 s
                """
                        + LIMITS,
                words(now.table(before, false)));
    }

    @Test
    void oneLookTellsNoRate() {
        MovePicture now = at(0, copying(5, 40 * MIB, 60 * MIB));
        assertEquals(
                """
                SHARD FROM TO PHASE COPIED RATE LEFT
                5 1 2 copying 40 MiB of 100 MiB
                """
                        + LIMITS,
                words(now.table(now, false)));
    }

    @Test
    void aShardThatWaitsForClocksSaysWhatToDo() {
        MovePicture now = at(0, new SeenMove(5, 4, 1, 2, "AWAITING_TIME", 100 * MIB, 0));
        List<String> rows = words(now.table(now, true)).lines().toList();
        assertTrue(rows.get(1).matches("5 1 2 awaiting time #+\\. 99 % 100 MiB"), rows.get(1));
        assertTrue(rows.get(2).startsWith("shard 5 stays with group 1 for now"), rows.get(2));
        assertTrue(rows.get(4).contains("clocks of all nodes right"), rows.get(4));
    }

    @Test
    void whatToDoAboutClocksIsSaidOnceForAllShardsBetweenTwoGroups() {
        MovePicture now =
                at(
                        0,
                        new SeenMove(5, 4, 1, 2, "AWAITING_TIME", 100 * MIB, 0),
                        new SeenMove(6, 4, 1, 2, "AWAITING_TIME", 100 * MIB, 0),
                        new SeenMove(7, 4, 3, 2, "AWAITING_TIME", 100 * MIB, 0),
                        new SeenMove(9, 4, 1, 2, "AWAITING_TIME", 100 * MIB, 0));
        List<String> said =
                words(now.table(now, false))
                        .lines()
                        .filter(line -> line.contains(" for now: "))
                        .toList();
        assertEquals(2, said.size(), said::toString);
        assertTrue(said.get(0).startsWith("shards 5-6,9 stay with group 1 for now"), said.get(0));
        assertTrue(said.get(1).startsWith("shard 7 stays with group 3 for now"), said.get(1));
    }

    /** A copy that began anew between two looks has no rate, rather than a wrong one. */
    @Test
    void aCopyThatBeganAnewHasNoRate() {
        MovePicture before = at(0, copying(5, 40 * MIB, 60 * MIB));
        MovePicture now = at(SECOND, copying(5, 10 * MIB, 90 * MIB));
        assertTrue(words(now.table(before, false)).contains("copying 10 MiB of 100 MiB\n"));
    }

    @Test
    void aBarShowsHowMuchIsCopiedAndIsFullOnlyOnceItIsOwned() {
        MovePicture now =
                at(
                        0,
                        copying(1, 0, 0),
                        copying(2, 50 * MIB, 50 * MIB),
                        new SeenMove(3, 4, 1, 2, "CATCH_UP", 100 * MIB, 0),
                        new SeenMove(4, 4, 1, 2, "RELEASING", 100 * MIB, 0),
                        new SeenMove(6, 4, 1, 2, "WAITING", 0, 0));
        List<String> rows = words(now.table(now, true)).lines().toList();
        assertEquals("1 1 2 copying", rows.get(1));
        assertTrue(rows.get(2).matches("2 1 2 copying #+\\.+ 49 % 50 MiB of 100 MiB"), rows.get(2));
        assertTrue(rows.get(3).matches("3 1 2 catch up #+\\. 99 % 100 MiB"), rows.get(3));
        assertTrue(rows.get(4).matches("4 1 2 releasing #+ 100 % 100 MiB"), rows.get(4));
        assertEquals("6 1 2 waiting", rows.get(5));
    }

    private static MoveSettings tuned(MoveTuning tuning) {
        return tuning.appliedTo(MoveSettings.DEFAULT);
    }

    @Test
    void whatIsPausedSaysSo() {
        MovePicture now = at(0, copying(5, MIB, MIB), copying(7, MIB, MIB));
        String one = words(now.under(tuned(MoveTuning.pause(List.of(7)))).table(now, false));
        assertTrue(one.contains("5 1 2 copying 1024 KiB"), one);
        assertTrue(one.contains("7 1 2 copying, paused 1024 KiB"), one);
        assertTrue(one.endsWith("a lane; paused: 7\n"), one);
        String all = words(now.under(tuned(MoveTuning.pause(List.of()))).table(now, false));
        assertTrue(all.contains("5 1 2 copying, paused"), all);
        assertTrue(all.endsWith("; all moves are paused\n"), all);
    }

    @Test
    void forProgramsInBytes() {
        MovePicture before = at(0, copying(5, 20 * MIB, 80 * MIB));
        MovePicture now = at(2 * SECOND, copying(5, 40 * MIB, 60 * MIB));
        String json = now.json(before);
        assertTrue(json.contains("\"bytes\":41943040,\"bytes_left\":62914560"), json);
        assertTrue(json.contains("\"bytes_per_second\":10485760"), json);
    }

    private static IncomingShard incoming(long config, long from, String phase) {
        return IncomingShard.newBuilder()
                .setConfig(config)
                .setSourceGroup(from)
                .setPhase(phase)
                .setBytes(config * MIB)
                .build();
    }

    private static ReplicaStatus leading(long group, IncomingShard... incoming) {
        return ReplicaStatus.newBuilder()
                .setGroupId(group)
                .setRole("LEADER")
                .addAllIncoming(List.of(incoming))
                .build();
    }

    /** Of one shard, as the map has it and as leaders tell of it. */
    private static MovePicture seen(Served served, long owner, ReplicaStatus... leaders) {
        GroupSpec group = new GroupSpec(owner, List.of(new GroupSpec.Replica(1, 7)));
        ClusterMap map =
                new ClusterMap(
                        new UUID(0, 1),
                        GroupSettings.defaults(1),
                        new ShardConfig(9, List.of(group), List.of(owner)),
                        group,
                        List.of(),
                        List.of(served),
                        List.of(),
                        MoveSettings.DEFAULT);
        GetStatusResponse status =
                GetStatusResponse.newBuilder().addAllReplicas(List.of(leaders)).build();
        NodeInfo node = new NodeInfo(7, new UUID(0, 7), "127.0.0.1", 1, 2, 3, 4);
        return MovePicture.of(
                new ClusterPicture(
                        "", Optional.of(map), List.of(new SeenNode(node, Optional.of(status)))));
    }

    private static void checkRows(String rows, MovePicture picture) {
        assertEquals(
                "SHARD FROM TO PHASE COPIED RATE LEFT\n" + rows + LIMITS,
                words(picture.table(picture, false)));
    }

    @Test
    void aShardThatGoesOnIsShownBesideWhatIsLeftOfItsMoveBefore() {
        MovePicture on =
                seen(
                        new Served(5, 3),
                        2,
                        leading(2, incoming(6, 3, "COPYING")),
                        leading(3, incoming(5, 1, "RELEASING")));
        checkRows("0 1 3 releasing 5120 KiB\n0 3 2 copying 6144 KiB of 6144 KiB\n", on);
        assertEquals(2, MovesCommand.Cancel.moveOf(0, on).to());
        MovePicture back =
                seen(
                        new Served(5, 2),
                        1,
                        leading(1, incoming(6, 2, "COPYING")),
                        leading(2, incoming(5, 1, "RELEASING")));
        checkRows("0 1 2 releasing 5120 KiB\n0 2 1 copying 6144 KiB of 6144 KiB\n", back);
        assertEquals(1, MovesCommand.Cancel.moveOf(0, back).to());
    }

    @Test
    void rowsThatDifferAreShownThoughTheShardGoesOn() {
        MovePicture now =
                seen(
                        new Served(5, 1),
                        2,
                        leading(1, incoming(5, 3, "DIFFERS")),
                        leading(2, incoming(6, 1, "COPYING")));
        assertTrue(now.moves().stream().anyMatch(SeenMove::differs));
        String text = now.table(now, false);
        assertTrue(text.contains("group 1 has other rows of it than group 3"), text);
    }

    /** It came to group 3, went back, and is to come again. */
    @Test
    void movesBetweenTheSameTwoGroupsAreTwo() {
        ReplicaStatus differs = leading(3, incoming(5, 1, "DIFFERS"));
        MovePicture waits = seen(new Served(6, 1), 3, differs);
        assertEquals(2, waits.moves().size(), waits.moves()::toString);
        assertEquals("WAITING", MovesCommand.Cancel.moveOf(0, waits).phase());
        MovePicture again =
                seen(
                        new Served(6, 1),
                        3,
                        leading(3, incoming(5, 1, "DIFFERS"), incoming(7, 1, "COPYING")));
        checkNoRate(again);
        assertEquals(2, again.moves().size(), again.moves()::toString);
    }

    /** Within one look nothing moves on. */
    private static void checkNoRate(MovePicture picture) {
        assertFalse(picture.json(picture).contains("bytes_per_second\""), picture.json(picture));
    }

    @Test
    void aMoveThatWaitsIsShownUntilItsTargetTellsOfIt() {
        ReplicaStatus released = leading(3, incoming(5, 1, "RELEASING"));
        checkRows("0 1 3 releasing 5120 KiB\n0 3 2 waiting\n", seen(new Served(5, 3), 2, released));
        // The map has not heard that group 3 serves it.
        checkRows("0 1 3 releasing 5120 KiB\n", seen(new Served(4, 1), 3, released));
        checkRows(
                "0 3 2 copying 6144 KiB of 6144 KiB\n",
                seen(new Served(4, 1), 2, leading(2, incoming(6, 3, "COPYING"))));
    }

    @Test
    void whatIsHandedOverIsNotCalledOff() {
        MovePicture now = seen(new Served(5, 3), 3, leading(3, incoming(5, 1, "RELEASING")));
        String refused =
                assertThrows(ControlException.class, () -> MovesCommand.Cancel.moveOf(0, now))
                        .getMessage();
        assertEquals(
                "shard 0 is handed over, or about to be: move it back with somekv cluster move 0 1",
                refused);
    }
}
