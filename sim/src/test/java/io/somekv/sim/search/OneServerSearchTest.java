package io.somekv.sim.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The searches of DSLabs lab 1, over the real state machines, their duplicate table and the real
 * client core. Registration is among what is searched. In every state each append must stand once
 * in its key's value, those that were answered must be there, and the answers must be linearizable;
 * and there must be a state in which all clients are done. The searches that go the nearest first
 * are complete: they look at every state there is within their limits.
 */
class OneServerSearchTest {
    private static final int STATES_MAX = 10_000;

    private static final Set<Mutation> NO_BUG = Set.of();

    /** Two commands, one after the other, while the server may forget the client. */
    private static final OneServer.Limits ONE_AT_A_TIME =
            new OneServer.Limits(List.of(SearchClient.Work.of("k", 1, "a1", "?")), 2, 1);

    /** Three commands, two at a time: results are acknowledged out of order. */
    private static final OneServer.Limits TWO_AT_A_TIME =
            new OneServer.Limits(List.of(SearchClient.Work.of("k", 2, "a1", "a2", "a3")), 1, 0);

    private static final OneServer.Limits SAME_KEY =
            new OneServer.Limits(
                    List.of(
                            SearchClient.Work.of("k", 1, "a1", "?"),
                            SearchClient.Work.of("k", 1, "b1")),
                    1,
                    0);

    private static final OneServer.Limits DIFFERENT_KEYS =
            new OneServer.Limits(
                    List.of(
                            SearchClient.Work.of("k", 1, "a1", "?"),
                            SearchClient.Work.of("l", 1, "b1", "?")),
                    1,
                    0);

    private static final OneServer.Limits MANY =
            new OneServer.Limits(
                    List.of(
                            SearchClient.Work.of("k", 2, "a1", "a2", "a3", "?"),
                            SearchClient.Work.of("k", 2, "b1", "?", "b2"),
                            SearchClient.Work.of("l", 1, "c1", "c2", "?")),
                    3,
                    1);

    private static StateSearch search(OneServer.Limits limits, Set<Mutation> bugs) {
        return new StateSearch(() -> new OneServer(limits, bugs));
    }

    private static void allStatesAreRight(OneServer.Limits limits) {
        StateSearch.Found found = search(limits, NO_BUG).breadthFirst(STATES_MAX);
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.isDone(), "a state in which all are done");
        assertTrue(found.isComplete() && found.states() > 400, found.toString());
    }

    private static void finds(Mutation bug, OneServer.Limits limits) {
        StateSearch.Found found = search(limits, Set.of(bug)).breadthFirst(STATES_MAX);
        assertTrue(found.wrong().orElse("nothing").startsWith("executed twice"), found.toString());
    }

    /** An append and a read: 553 states, up to 12 events deep. */
    @Test
    @Tag("lab:DSLabs.lab1.SearchSingleClient")
    void aClientThatWaitsForEachAnswer() {
        allStatesAreRight(ONE_AT_A_TIME);
    }

    /** Three appends: 482 states, up to 11 events deep. */
    @Test
    @Tag("lab:DSLabs.lab1.SearchSingleClient")
    void aClientWithTwoCommandsUnderWay() {
        allStatesAreRight(TWO_AT_A_TIME);
    }

    /** An append and a read, and an append: 1,330 states, up to 13 events deep. */
    @Test
    @Tag("lab:DSLabs.lab1.SearchMultiClientSameKey")
    void twoClientsOfOneKey() {
        allStatesAreRight(SAME_KEY);
    }

    /** An append and a read each: 2,221 states, up to 14 events deep. */
    @Test
    @Tag("lab:DSLabs.lab1.SearchMultiClientDifferentKey")
    void twoClientsOfTwoKeys() {
        allStatesAreRight(DIFFERENT_KEYS);
    }

    /** Three clients with ten commands; 100 walks of up to 300 events. */
    @Test
    @Tag("lab:DSLabs.lab1.SearchRandom")
    void manyClientsAtRandom() {
        StateSearch.Found found = search(MANY, NO_BUG).atRandom(100, 300);
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.isDone(), found.toString());
    }

    @Test
    void copiesUnderIdsOfTheirOwnAreFound() {
        finds(Mutation.RETRY_UNDER_NEW_ID, ONE_AT_A_TIME);
        finds(Mutation.RETRY_UNDER_NEW_ID, TWO_AT_A_TIME);
        finds(Mutation.RETRY_UNDER_NEW_ID, SAME_KEY);
        finds(Mutation.RETRY_UNDER_NEW_ID, DIFFERENT_KEYS);
    }

    @Test
    void aFenceThatIsFreedIsFound() {
        finds(Mutation.ACKNOWLEDGEMENT_FREES_FENCE, TWO_AT_A_TIME);
    }

    @ParameterizedTest
    @EnumSource(names = {"RETRY_UNDER_NEW_ID", "ACKNOWLEDGEMENT_FREES_FENCE"})
    void aBugIsFoundAtRandom(Mutation bug) {
        StateSearch.Found found = search(MANY, Set.of(bug)).atRandom(100, 300);
        assertTrue(found.wrong().orElse("nothing").startsWith("executed twice"), found.toString());
    }
}
