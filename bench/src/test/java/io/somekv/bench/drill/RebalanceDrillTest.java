package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class RebalanceDrillTest {
    private static ShardConfig config(int groups, long... owners) {
        List<GroupSpec> specs =
                LongStream.rangeClosed(1, groups)
                        .mapToObj(id -> new GroupSpec(id, List.of(new GroupSpec.Replica(1, id))))
                        .toList();
        return new ShardConfig(1, specs, Arrays.stream(owners).boxed().toList());
    }

    private static long least(ShardConfig before, int groupsAfter) {
        return RebalanceDrill.least(before, config(groupsAfter, 1));
    }

    @Test
    void aGroupThatJoinsTakesItsShare() {
        assertEquals(2, least(config(1, 1, 1, 1, 1, 1), 2));
        assertEquals(1, least(config(2, 1, 1, 1, 2, 2), 3));
    }

    @Test
    void whatAGroupThatLeavesHasMustMoveAndNoMore() {
        assertEquals(1, least(config(3, 1, 1, 2, 2, 3), 2));
        assertEquals(2, least(config(2, 1, 1, 1, 2, 2), 1));
    }

    @Test
    void whatIsUnevenMustMoveAsWell() {
        assertEquals(2, least(config(2, 1, 1, 1, 1, 1, 1, 2, 2), 2));
    }
}
