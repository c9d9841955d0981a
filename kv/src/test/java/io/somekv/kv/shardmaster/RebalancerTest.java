package io.somekv.kv.shardmaster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Even, minimal, deterministic: over seeded sequences of joins, leaves and moves. */
class RebalancerTest {
    private static List<Long> unassigned(int shardCount) {
        return Collections.nCopies(shardCount, ShardConfig.UNASSIGNED);
    }

    @Test
    @Tag("lab:somekv.require.JoinLeaveBalanced")
    void evenAndMinimalOverRandomHistories() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            TreeSet<Long> groups = new TreeSet<>();
            List<Long> owners = unassigned(1 + random.nextInt(60));
            for (int step = 0; step < 40; step++) {
                owners = maybeMove(random, groups, owners);
                change(random, groups);
                List<Long> next = Rebalancer.rebalance(new ArrayList<>(groups), owners);
                check(seed, groups, owners, next);
                assertEquals(next, Rebalancer.rebalance(new ArrayList<>(groups), owners));
                owners = next;
            }
        }
    }

    private static List<Long> maybeMove(Random random, SortedSet<Long> groups, List<Long> owners) {
        List<Long> moved = new ArrayList<>(owners);
        if (!groups.isEmpty()) {
            List<Long> ids = new ArrayList<>(groups);
            for (int i = random.nextInt(5); i > 0; i--) {
                moved.set(random.nextInt(moved.size()), ids.get(random.nextInt(ids.size())));
            }
        }
        return moved;
    }

    private static void change(Random random, SortedSet<Long> groups) {
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            if (random.nextInt(5) < 3 || groups.isEmpty()) {
                groups.add(1L + random.nextInt(40));
            } else {
                groups.remove(new ArrayList<>(groups).get(random.nextInt(groups.size())));
            }
        }
    }

    private static void check(
            long seed, SortedSet<Long> groups, List<Long> before, List<Long> after) {
        if (groups.isEmpty()) {
            assertEquals(unassigned(before.size()), after);
            return;
        }
        Map<Long, Integer> counts = counts(groups, after);
        int most = Collections.max(counts.values());
        int least = Collections.min(counts.values());
        assertTrue(most - least <= 1, "seed " + seed + ": " + counts);
        assertEquals(before.size(), counts.values().stream().mapToInt(count -> count).sum());
        int moved = 0;
        for (int shard = 0; shard < before.size(); shard++) {
            moved += before.get(shard).equals(after.get(shard)) ? 0 : 1;
        }
        assertEquals(fewestMoves(groups, before), moved, "seed " + seed);
    }

    private static Map<Long, Integer> counts(SortedSet<Long> groups, List<Long> owners) {
        Map<Long, Integer> counts = new TreeMap<>();
        groups.forEach(group -> counts.put(group, 0));
        for (Long owner : owners) {
            counts.computeIfPresent(owner, (_, count) -> count + 1);
        }
        return counts;
    }

    /**
     * By another road than the code under test: what can stay, best case. With e = ⌊n/g⌋ every
     * group may keep e; of those that have more, as many as there are larger shares may keep one
     * more.
     */
    private static int fewestMoves(SortedSet<Long> groups, List<Long> before) {
        int even = before.size() / groups.size();
        int larger = before.size() % groups.size();
        int stay = 0;
        int wantOneMore = 0;
        for (int count : counts(groups, before).values()) {
            stay += Math.min(count, even);
            wantOneMore += count > even ? 1 : 0;
        }
        return before.size() - stay - Math.min(larger, wantOneMore);
    }

    /** The formula above against every even distribution there is, for small clusters. */
    @Test
    @Tag("lab:somekv.require.JoinLeaveFewestMoves")
    void minimalAgainstEveryDistribution() {
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            int shardCount = 1 + random.nextInt(6);
            TreeSet<Long> groups = new TreeSet<>(List.of(1L, 2L, 3L).subList(0, 1 + round % 3));
            List<Long> before = new ArrayList<>();
            for (int shard = 0; shard < shardCount; shard++) {
                before.add((long) random.nextInt(5));
            }
            int best = cheapest(groups, before, new ArrayList<>());
            List<Long> after = Rebalancer.rebalance(new ArrayList<>(groups), before);
            int moved = 0;
            for (int shard = 0; shard < shardCount; shard++) {
                moved += before.get(shard).equals(after.get(shard)) ? 0 : 1;
            }
            assertEquals(best, moved);
        }
    }

    private static int cheapest(SortedSet<Long> groups, List<Long> before, List<Long> chosen) {
        if (chosen.size() == before.size()) {
            Map<Long, Integer> counts = counts(groups, chosen);
            if (Collections.max(counts.values()) - Collections.min(counts.values()) > 1) {
                return Integer.MAX_VALUE;
            }
            int moved = 0;
            for (int shard = 0; shard < before.size(); shard++) {
                moved += before.get(shard).equals(chosen.get(shard)) ? 0 : 1;
            }
            return moved;
        }
        int best = Integer.MAX_VALUE;
        for (Long group : groups) {
            chosen.add(group);
            best = Math.min(best, cheapest(groups, before, chosen));
            chosen.removeLast();
        }
        return best;
    }

    @Test
    void aThousandGroupsOfAllSlots() {
        List<Long> groups = new ArrayList<>();
        for (long group = 1; group <= 1000; group++) {
            groups.add(group);
        }
        List<Long> owners = Rebalancer.rebalance(groups, unassigned(16_384));
        List<Long> fewer = Rebalancer.rebalance(groups.subList(1, 1000), owners);
        check(0, new TreeSet<>(groups.subList(1, 1000)), owners, fewer);
    }
}
