package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.GroupSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is concluded from maps and answers. */
class RouteTest {
    private static final GroupSpec FIRST = Maps.group(1, 1L, 2L, 3L);
    private static final GroupSpec SECOND = Maps.group(2, 3L, 4L);

    private final Endpoints endpoints = new Endpoints(Maps.addresses(4));
    private final Route route = new Route(endpoints);

    RouteTest() {
        for (int i = 0; i < 4; i++) {
            connect(i);
        }
    }

    private void connect(int endpoint) {
        endpoints.onConnected(endpoint);
        endpoints.onHello(endpoint, endpoint + 1);
    }

    private Optional<Route.Target> target(int shard) {
        return route.target(new Command.Get(Maps.keyOf(shard)), 0);
    }

    private Route.Target tried(int shard) {
        return target(shard).orElseThrow();
    }

    @Test
    void withoutAMapNobodyIsBetterThanAnybody() {
        assertEquals(Optional.empty(), target(0));
        route.learn(Maps.nobodyServes(4), 0);
        assertEquals(Optional.empty(), target(0));
    }

    @Test
    void aKeyIsForTheGroupThatServesItsShardAndElseForItsOwner() {
        route.learn(Maps.moving(4, FIRST, SECOND), 0);
        assertEquals(new Route.Target(0, 1, 1, 0), tried(0));
        assertEquals(new Route.Target(1, 2, 3, 2), tried(1));
        assertEquals(Optional.empty(), route.target(new Command.CountKeys(0), 0));
    }

    @Test
    void whoIsSaidToLeadIsAskedFromThenOn() {
        route.learn(Maps.of(4, FIRST), 0);
        route.onLeader(tried(0), 3);
        assertEquals(3, tried(0).nodeId());
        assertEquals(3, tried(1).nodeId());
    }

    @Test
    void whereNobodyIsSaidToLeadReplicasTakeTurns() {
        route.learn(Maps.of(4, FIRST), 0);
        Route.Target first = tried(0);
        route.onNoHelp(first, 0);
        assertEquals(2, tried(0).nodeId());
        route.onNoHelp(first, 0);
        assertEquals(2, tried(0).nodeId(), "many requests of the same moment complain of one");
        endpoints.onDisconnected(2, 0);
        route.onNoHelp(tried(0), 0);
        assertEquals(1, tried(0).nodeId(), "the third is not there");
    }

    /** Others would only send the client back to it. */
    @Test
    void aLeaderOutOfReachIsLeftToTheNodesUntilThereIsAFreshMap() {
        route.learn(Maps.of(4, FIRST), 0);
        route.onLeader(tried(0), 3);
        assertFalse(route.beginsToAsk(0));
        endpoints.onDisconnected(2, 0);
        assertEquals(Optional.empty(), target(0));
        assertTrue(route.beginsToAsk(0));
        route.learn(Maps.of(4, FIRST), 0);
        assertEquals(1, tried(0).nodeId());
    }

    @Test
    void aShardThatIsNotWhereTheMapHasItIsLeftToTheNodesUntilThereIsAFreshMap() {
        route.learn(Maps.of(4, FIRST), 0);
        route.onWrongGroup(tried(0));
        assertEquals(Optional.empty(), target(0));
        assertEquals(1, tried(1).groupId());
        assertTrue(route.beginsToAsk(0));
        route.learn(Maps.of(4, SECOND), 0);
        assertEquals(2, tried(0).groupId());
    }

    @Test
    void aMapIsAskedForWhenItIsWantedOnceAtATimeAndNotAllTheTime() {
        assertTrue(route.beginsToAsk(0));
        assertFalse(route.beginsToAsk(10_000), "somebody does");
        route.learn(Maps.of(4, FIRST), 10_000);
        route.onAsked(10_000);
        assertFalse(route.beginsToAsk(20_000), "nothing is wrong with it");
        route.onWrongGroup(tried(0));
        assertTrue(route.beginsToAsk(20_000));
        route.onAsked(20_000);
        assertFalse(route.beginsToAsk(20_499));
        assertTrue(route.beginsToAsk(20_500));
    }

    /** As where a leader's address is one that this client cannot reach. */
    @Test
    void aMapThatBringsNothingNewIsAskedForMoreAndMoreSeldom() {
        long now = 0;
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            route.learn(Maps.of(4, FIRST), now);
            route.onAsked(now);
            route.onLeader(tried(0), 77);
            assertEquals(Optional.empty(), target(0));
            long asked = now;
            while (!route.beginsToAsk(now)) {
                now++;
            }
            pauses.add(now - asked);
        }
        List<Long> expected =
                List.of(500L, 1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 16_000L, 16_000L, 16_000L);
        assertEquals(expected, pauses);
        route.learn(Maps.of(4, SECOND), now);
        route.onAsked(now);
        route.onWrongGroup(tried(0));
        assertFalse(route.beginsToAsk(now + 499));
        assertTrue(route.beginsToAsk(now + 500));
    }

    /** What is known is bounded by the map. */
    @Test
    void groupsThatTheMapDoesNotNameAreForgotten() {
        route.learn(Maps.of(4, FIRST), 0);
        Route.Target before = tried(0);
        route.onLeader(before, 3);
        route.learn(Maps.of(4, SECOND), 0);
        route.onLeader(before, 2);
        route.learn(Maps.of(4, FIRST), 0);
        assertEquals(List.of(1L), target(0).stream().map(Route.Target::nodeId).toList());
    }
}
