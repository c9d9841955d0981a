package io.somekv.sim.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import io.somekv.sim.search.GroupSetting.Chance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The searches of DSLabs lab 4 over two groups between which the only shard moves, by the real
 * lanes with their drivers. In every state, besides what is asked of one group, at most one group
 * serves the shard, and the value is right wherever it is served. When the search begins, the nodes
 * have yet to hear of the config by which the shard moves.
 */
class TwoGroupsSearchTest {
    private static final Set<Mutation> NO_BUG = Set.of();

    private static final SearchClient.Work ONE = SearchClient.Work.of("k", 1, "a1", "?");
    private static final List<SearchClient.Work> TWO =
            List.of(ONE, SearchClient.Work.of("k", 1, "b1"));

    private static final int STATES_MAX = 800;

    /** Messages between the groups until the shard has moved, undisturbed. */
    private static final int MESSAGES = 12;

    private static GroupSetting setting(
            int voters, List<SearchClient.Work> works, Map<Chance, Integer> chances) {
        return new GroupSetting(2, voters, works, List.of(), false, chances);
    }

    /**
     * Begins the search anew after each few steps of the move: all of it is too long for one. All
     * clients' appends were executed before, and the first client's was answered.
     */
    private static StateSearch.Found alongTheWay(GroupSetting setting, Set<Mutation> bugs) {
        boolean isDone = false;
        int states = 0;
        for (int messages = MESSAGES; messages >= 0; messages -= 2) {
            List<String> beginning = beginning(setting, bugs, messages);
            StateSearch search =
                    new StateSearch(() -> {
                        SmallGroup groups = new SmallGroup(setting, bugs);
                        beginning.forEach(groups::happen);
                        return groups;
                    });
            StateSearch.Found found = search.breadthFirst(STATES_MAX);
            if (found.wrong().isPresent()) {
                return found;
            }
            isDone |= found.isDone();
            states += found.states();
        }
        return new StateSearch.Found(Optional.empty(), isDone, states, 0, false);
    }

    private static List<String> beginning(GroupSetting setting, Set<Mutation> bugs, int messages) {
        SmallGroup groups = new SmallGroup(setting, bugs);
        List<String> events = new ArrayList<>();
        happen(groups, first(groups, "c0>1"), events);
        happen(groups, first(groups, "1>c0"), events);
        if (setting.works().size() > 1) {
            happen(groups, first(groups, "c1>1"), events);
        }
        happen(groups, "learn 2", events);
        happen(groups, "tick 2", events);
        for (int i = 0; i < messages; i++) {
            happen(groups, first(groups, i % 2 == 0 ? "2>1" : "1>2"), events);
        }
        return events;
    }

    private static String first(SmallGroup groups, String from) {
        return groups.enabled().stream().filter(e -> e.startsWith(from)).findFirst().orElseThrow();
    }

    private static void happen(SmallGroup groups, String event, List<String> events) {
        groups.happen(event);
        events.add(event);
    }

    private static void isRight(StateSearch.Found found) {
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.isDone(), "the shard has moved and all are done, somewhere: " + found);
    }

    // ---- the nearest first

    /** The one tick is the one with which the move begins. */
    private static final Map<Chance, Integer> FEW =
            Map.of(Chance.LEARN, 2, Chance.TICK, 1, Chance.WAIT, 1, Chance.COPY, 1);

    private static final Map<Chance, Integer> FEWER =
            Map.of(Chance.LEARN, 2, Chance.TICK, 1, Chance.WAIT, 1);

    @Test
    @Tag("slow")
    @Tag("lab:DSLabs.lab4store.SearchSingleClientMultiGroup")
    void aClientOfTwoGroups() {
        isRight(alongTheWay(setting(1, List.of(ONE), FEW), NO_BUG));
    }

    @Test
    @Tag("slow")
    @Tag("lab:DSLabs.lab4store.SearchMultiClientMultiGroup")
    void twoClientsOfTwoGroups() {
        isRight(alongTheWay(setting(1, TWO, FEWER), NO_BUG));
    }

    @Test
    void aShardThatComesWithoutItsRecordsIsFound() {
        Set<Mutation> bug = Set.of(Mutation.RECORDS_LEFT_BEHIND);
        StateSearch.Found found = alongTheWay(setting(1, TWO, FEWER), bug);
        assertTrue(found.wrong().orElse("nothing").contains("twice"), found.toString());
    }

    // ---- at random

    /** One node at most is down: a client that reaches nobody gives up. */
    private static final Map<Chance, Integer> USUAL =
            Map.of(
                    Chance.LEARN, 6,
                    Chance.TICK, 16,
                    Chance.WAIT, 12,
                    Chance.CRASH, 1,
                    Chance.START, 1,
                    Chance.TIMEOUT, 3,
                    Chance.COPY, 8);

    private static StateSearch.Found atRandom(int voters, Set<Mutation> bugs, int walks) {
        GroupSetting setting = setting(voters, TWO, USUAL);
        return new StateSearch(() -> new SmallGroup(setting, bugs)).atRandom(walks, 500);
    }

    @Test
    @Tag("slow")
    @Tag("lab:DSLabs.lab4store.SearchSingleServerRandom")
    void singleServersAtRandom() {
        isRight(atRandom(1, NO_BUG, 200));
    }

    @Test
    @Tag("slow")
    @Tag("lab:DSLabs.lab4store.SearchMultiServerRandom")
    void threeServersEachAtRandom() {
        isRight(atRandom(3, NO_BUG, 40));
    }
}
