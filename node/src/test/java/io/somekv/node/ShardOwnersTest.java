package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whom a request for a shard's key asks, one after the other. */
class ShardOwnersTest {
    private static final Command READ = new Command.CountKeys(0);

    private final ShardOwners owners = new ShardOwners();

    private static ClusterMap map(long config, long owner, Served served) {
        return new ClusterMap(
                new UUID(1, 2),
                GroupSettings.defaults(1),
                new ShardConfig(config, List.of(), List.of(owner)),
                new GroupSpec(GroupSpec.MASTER, List.of(new GroupSpec.Replica(1, 1))),
                List.of(),
                List.of(served),
                List.of(),
                MoveSettings.DEFAULT);
    }

    private List<Long> asked(int turns) {
        List<Long> groups = new ArrayList<>();
        for (int turn = 0; turn < turns; turn++) {
            groups.add(owners.groupFor(READ, turn).getAsLong());
        }
        return groups;
    }

    /** From group 4 to 7, by way of 5 and 6, which may never have had it. */
    @Test
    void whoHasTheShardAndWhoIsToHaveItAreAskedInTurnAndOthersNowAndThen() {
        for (int config = 4; config <= 7; config++) {
            owners.learn(map(config, config, new Served(4, 4)));
        }
        List<Long> expected = new ArrayList<>();
        for (int turn = 0; turn < 2 * ShardOwners.TURNS_PER_OTHER; turn++) {
            expected.add(turn % 2 == 0 ? 4L : 7L);
        }
        expected.set(ShardOwners.TURNS_PER_OTHER - 1, 6L);
        expected.set(2 * ShardOwners.TURNS_PER_OTHER - 1, 5L);
        assertEquals(expected, asked(expected.size()));
    }

    @Test
    void whoGaveTheShardAwayBeforeItsLastOwnerIsNotAsked() {
        for (int config = 4; config <= 7; config++) {
            owners.learn(map(config, config, new Served(6, 6)));
        }
        assertEquals(
                List.of(6L, 7L),
                asked(4 * ShardOwners.TURNS_PER_OTHER).stream().distinct().toList());
    }

    @Test
    void theOneOwnerIsAskedAgain() {
        owners.learn(map(4, 4, new Served(4, 4)));
        assertEquals(List.of(4L, 4L, 4L), asked(3));
    }
}
