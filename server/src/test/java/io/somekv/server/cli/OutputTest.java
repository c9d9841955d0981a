package io.somekv.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.folder.RefusedException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What commands print. */
final class OutputTest {
    @Test
    void columnsAreAlignedAndLinesHaveNoBlanksAtTheirEnds() {
        TextTable table = new TextTable("A", "LONG", "C");
        table.row("1234", "x", "");
        assertEquals("A     LONG  C\n1234  x\n", table.toString());
    }

    @Test
    void shardsOfAGroupAreShownAsRuns() {
        GroupSpec group = new GroupSpec(3, List.of(new GroupSpec.Replica(1, 7)));
        ShardConfig config = new ShardConfig(4, List.of(group), List.of(3L, 3L, 0L, 3L, 0L, 0L));
        ClusterMap map =
                new ClusterMap(
                        new UUID(0, 1),
                        GroupSettings.defaults(6),
                        config,
                        group,
                        List.of(),
                        List.of(),
                        List.of(),
                        MoveSettings.DEFAULT);
        assertEquals(
                """
                config 4
                GROUP  NODES  COUNT  SHARDS
                3      7      3      0-1,3
                none          3      2,4-5
                """,
                ConfigText.of(map));
    }

    @Test
    void whatIsNoNumberIsSaidInPlainWords() {
        for (String command : List.of("transfer abc", "transfer 1 --to 99999999999999999999")) {
            CommandLine line = new CommandLine(new GroupCommand());
            ServerCommands.configure(line);
            StringWriter error = new StringWriter();
            line.setErr(new PrintWriter(error));
            assertEquals(2, line.execute(command.split(" ")));
            assertTrue(error.toString().contains("' is no number that fits here"), error::toString);
        }
    }

    @Test
    void numbersThatFollowEachOtherAreARun() {
        assertEquals("", IdRuns.text(List.of()));
        assertEquals("0-2,4,8-9", IdRuns.text(List.of(0L, 1L, 2L, 4L, 8L, 9L)));
    }

    /** Groups with the same cause are told of together. */
    @Test
    void groupsWithoutALeaderAreFolded() {
        ReplicaStatus replica =
                ReplicaStatus.newBuilder().addMembers(voter(1)).addMembers(voter(2)).build();
        List<WhyNoLeader> groups = new ArrayList<>();
        for (long group = 0; group < 4; group++) {
            groups.add(new WhyNoLeader(group, Map.of(1L, replica), List.of(1L)));
        }
        groups.add(new WhyNoLeader(9, Map.of(), List.of(1L)));
        List<String> texts = WhyNoLeader.texts(groups);
        assertEquals(2, texts.size(), texts.toString());
        assertTrue(texts.get(0).startsWith("groups 0-3 have no leader, and can"), texts.get(0));
        assertTrue(texts.get(0).contains("Node 2 does not answer"), texts.get(0));
        assertTrue(texts.get(1).startsWith("group 9 has no leader, for no node"), texts.get(1));
    }

    private static GroupMember voter(long node) {
        return GroupMember.newBuilder()
                .setNodeId(node)
                .setReplicaId(node - 1)
                .setRole("VOTER")
                .build();
    }

    @Test
    void sizesAreReadAsPeopleWriteThem() {
        assertEquals(4096, ByteSize.parse("4096"));
        assertEquals(512L << 20, ByteSize.parse("512m"));
        assertEquals(2L << 30, ByteSize.parse("2G"));
        for (String text : List.of("", "m", "-1", "1.5g", "2t", "9999999999")) {
            assertThrows(RefusedException.class, () -> ByteSize.parse(text), text);
        }
    }

    @Test
    void jsonSeparatesAndQuotes() {
        Json json = new Json();
        json.beginObject().name("a").number(1);
        json.name("b").beginArray().bool(true).string("x\"\n").endArray();
        json.name("c").beginObject().endObject().endObject();
        assertEquals("{\"a\":1,\"b\":[true,\"x\\\"\\u000a\"],\"c\":{}}", json.toString());
    }
}
