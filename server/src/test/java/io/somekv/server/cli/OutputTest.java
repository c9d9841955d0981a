package io.somekv.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.server.folder.RefusedException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

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
                new ClusterMap(new UUID(0, 1), GroupSettings.defaults(6), config, group, List.of());
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
