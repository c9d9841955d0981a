package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The searches of DSLabs lab 3, over the real replicas. */
class StateSearchTest {
    private static final int STATES_MAX = 3_000;

    private static final Set<Integer> NOBODY = Set.of();

    private static StateSearch.Found search(SearchSystem.Limits limits, int wanted) {
        StateSearch search =
                new StateSearch(limits, Set.of(), system -> system.holders(1) >= wanted);
        StateSearch.Found found = search.breadthFirst(STATES_MAX);
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.states() > 40, "states: " + found.states());
        return found;
    }

    @Test
    @Tag("lab:DSLabs.lab3.SearchBasic")
    void aCommandCanBeCommittedEverywhereAndNothingGoesWrong() {
        assertTrue(search(new SearchSystem.Limits(3, 1, 0, 0, NOBODY), 3).isGoalReached());
    }

    @Test
    @Tag("lab:DSLabs.lab3.SearchNoProgressInMinority")
    void nothingIsCommittedInAMinority() {
        assertFalse(search(new SearchSystem.Limits(3, 2, 2, 0, Set.of(1)), 1).isGoalReached());
    }

    @Test
    @Tag("lab:DSLabs.lab3.SearchTwoClients")
    void twoCommandsUnderTwoLeaders() {
        search(new SearchSystem.Limits(3, 2, 1, 0, NOBODY), 3);
    }

    @Test
    @Tag("lab:DSLabs.lab3.SearchQuorumChecking")
    void twoOfFiveAreNoQuorum() {
        assertFalse(search(new SearchSystem.Limits(5, 1, 1, 0, Set.of(1, 2)), 1).isGoalReached());
    }

    /** The second may reach a follower before the first, or without it. */
    @Test
    @Tag("lab:DSLabs.lab3.SearchLogsWithHoles")
    void logsHaveNoHolesInWhateverOrderCommandsArrive() {
        search(new SearchSystem.Limits(3, 3, 0, 0, NOBODY), 2);
    }

    @Test
    @Tag("lab:DSLabs.lab3.SearchThreeServerRandom")
    void threeReplicasAtRandom() {
        atRandom(new SearchSystem.Limits(3, 5, 6, 3, NOBODY), 150);
    }

    @Test
    @Tag("lab:DSLabs.lab3.SearchFiveServerRandom")
    void fiveReplicasAtRandom() {
        atRandom(new SearchSystem.Limits(5, 5, 6, 3, NOBODY), 100);
    }

    private static void atRandom(SearchSystem.Limits limits, int walks) {
        StateSearch search = new StateSearch(limits, Set.of(), system -> system.holders(1) > 1);
        StateSearch.Found found = search.atRandom(walks, 400);
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.isGoalReached());
    }

    /**
     * Bugs that real systems had are found, and not only by schedules made for them. Figure 8 (an
     * older term's entry that is counted) needs more luck than this has.
     */
    @ParameterizedTest
    @CsvSource({"COUNT_MESSAGES_AS_VOTES", "VOTE_BEFORE_DURABLE", "ACKNOWLEDGE_BEFORE_DURABLE"})
    void aBugIsFoundAtRandom(Mutation bug) {
        SearchSystem.Limits limits = new SearchSystem.Limits(3, 5, 8, 4, NOBODY);
        StateSearch search = new StateSearch(limits, Set.of(bug), system -> false);
        assertTrue(search.atRandom(6_000, 400).wrong().isPresent(), bug.toString());
    }
}
