package io.somekv.sim.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import io.somekv.sim.search.GroupSetting.Chance;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The searches of DSLabs lab 2, whose primary and backup are here a group's replicas: the real
 * lanes, and the real client core. In every state the promises of consensus hold (one leader a
 * term, with the votes of a quorum and all that is committed; nothing applied that is not durable;
 * the same rows at the same index everywhere), each append stands once in its key's value, those
 * that were answered are there, and the answers are linearizable. That these searches can fail is
 * shown for each kind of them, with bugs that are put back.
 */
class SmallGroupSearchTest {
    private static final int STATES_MAX = 3_000;

    private static final Set<Mutation> NO_BUG = Set.of();

    private static final SearchClient.Work APPEND = SearchClient.Work.of("k", 1, "a1");

    private static StateSearch.Found search(
            GroupSetting setting, Set<Mutation> bugs, String... beginning) {
        StateSearch search =
                new StateSearch(() -> {
                    SmallGroup group = new SmallGroup(setting, bugs);
                    List.of(beginning).forEach(group::happen);
                    return group;
                });
        return search.breadthFirst(STATES_MAX);
    }

    /** All states that there are within the limits. */
    private static void allStatesAreRight(GroupSetting setting, String... beginning) {
        StateSearch.Found found = search(setting, NO_BUG, beginning);
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.isDone(), "a state in which all are done: " + found);
        assertTrue(found.isComplete() && found.states() > 200, found.toString());
    }

    private static void finds(
            Mutation bug, String wrong, GroupSetting setting, String... beginning) {
        StateSearch.Found found = search(setting, Set.of(bug), beginning);
        assertTrue(found.wrong().orElse("nothing").contains(wrong), found.toString());
    }

    // ---- one client

    /** One replica, two appends, one after the other: 425 states, up to 12 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchSingleClient")
    @Tag("lab:DSLabs.lab4store.SearchSingleClientSingleGroup")
    void aClientOfASingleReplica() {
        SearchClient.Work work = SearchClient.Work.of("k", 1, "a1", "a2");
        Map<Chance, Integer> chances = Map.of(Chance.WAIT, 1, Chance.COPY, 1);
        GroupSetting setting = new GroupSetting(1, List.of(work), List.of(), true, chances);
        allStatesAreRight(setting);
    }

    /** Three replicas, an append and a read: 940 states, up to 16 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchSingleClient")
    @Tag("lab:DSLabs.lab4store.SearchSingleClientSingleGroup")
    void aClientOfThreeReplicas() {
        SearchClient.Work work = SearchClient.Work.of("k", 1, "a1", "?");
        allStatesAreRight(new GroupSetting(3, List.of(work), List.of(), false, Map.of()));
    }

    /** Three appends, two at a time: 682 states, up to 8 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchSingleClient")
    void aClientWithTwoCommandsUnderWay() {
        SearchClient.Work work = SearchClient.Work.of("k", 2, "a1", "a2", "a3");
        Map<Chance, Integer> chances = Map.of(Chance.COPY, 1);
        GroupSetting setting = new GroupSetting(1, List.of(work), List.of(), false, chances);
        allStatesAreRight(setting);
        finds(Mutation.ACKNOWLEDGEMENT_FREES_FENCE, "executed twice", setting);
    }

    // ---- two clients

    private static final List<SearchClient.Work> TWO =
            List.of(SearchClient.Work.of("k", 1, "a1"), SearchClient.Work.of("k", 1, "b1", "?"));

    /** One replica: 443 states, up to 12 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchMultiClient")
    void twoClientsOfASingleReplica() {
        GroupSetting setting = new GroupSetting(1, TWO, List.of(), true, Map.of(Chance.WAIT, 1));
        allStatesAreRight(setting);
    }

    /** Two replicas: 1,639 states, up to 18 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchMultiClient")
    void twoClientsOfTwoReplicas() {
        GroupSetting setting = new GroupSetting(2, TWO, List.of(), false, Map.of());
        allStatesAreRight(setting);
    }

    @Test
    void aBugIsFoundWithTwoClients() {
        SearchClient.Work many = SearchClient.Work.of("k", 2, "a1", "a2", "a3");
        SearchClient.Work one = SearchClient.Work.of("k", 1, "b1");
        Map<Chance, Integer> chances = Map.of(Chance.COPY, 1);
        GroupSetting setting = new GroupSetting(1, List.of(many, one), List.of(), false, chances);
        finds(Mutation.ACKNOWLEDGEMENT_FREES_FENCE, "executed twice", setting);
        finds(
                Mutation.ACKNOWLEDGE_BEFORE_DURABLE,
                "before it was durable",
                new GroupSetting(2, TWO, List.of(), true, Map.of()));
    }

    // ---- two servers

    /** Their disks are slow, and both want elections: 1,760 states, up to 26 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchTwoServers")
    void twoServersAndTwoElections() {
        Map<Chance, Integer> chances = Map.of(Chance.TIMEOUT, 2);
        allStatesAreRight(new GroupSetting(2, List.of(APPEND), List.of(), true, chances));
    }

    /** The leader has stood down, either may follow: 1,207 states, up to 23 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchTwoServers")
    void twoServersWithoutALeader() {
        Map<Chance, Integer> chances = Map.of(Chance.WAIT, 1);
        GroupSetting setting = new GroupSetting(2, List.of(APPEND), List.of(), false, chances);
        allStatesAreRight(setting, "timeout 1", "timeout 2");
    }

    @Test
    void aVoteThatACrashTakesBackIsFound() {
        Map<Chance, Integer> chances = Map.of(Chance.TIMEOUT, 2, Chance.CRASH, 1, Chance.START, 1);
        GroupSetting setting = new GroupSetting(2, List.of(APPEND), List.of(), true, chances);
        finds(Mutation.VOTE_BEFORE_DURABLE, "votes", setting);
    }

    /** The follower asks the leader for a plain client; the answer may be lost. */
    @Test
    void aRetryUnderANewIdIsFound() {
        Map<Chance, Integer> chances = Map.of(Chance.TICK, 2);
        GroupSetting setting = new GroupSetting(2, List.of(), List.of(APPEND), false, chances);
        finds(Mutation.RETRY_UNDER_NEW_ID, "executed twice", setting);
    }

    // ---- a crash

    /** At any moment, of any of three, which is started again: 891 states, up to 15 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchCrash")
    void oneOfThreeCrashesAndComesBack() {
        Map<Chance, Integer> chances = Map.of(Chance.CRASH, 1, Chance.START, 1);
        GroupSetting setting = new GroupSetting(3, List.of(APPEND), List.of(), true, chances);
        allStatesAreRight(setting);
        finds(Mutation.COMMIT_TAKEN_FOR_APPLIED, "applied in order", setting);
    }

    /** Before anything reached it, and either may follow: 657 states, up to 19 events deep. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchCrash")
    void theLeaderStopsForGood() {
        GroupSetting setting =
                new GroupSetting(3, List.of(APPEND), List.of(), false, Map.of(Chance.WAIT, 1));
        allStatesAreRight(setting, "crash 1", "timeout 2", "timeout 3");
    }

    /**
     * With an append on its way to both others, of which one may follow: 275 states, up to 17 deep.
     */
    @Test
    @Tag("lab:DSLabs.lab2.SearchCrash")
    void theLeaderStopsForGoodWithAWriteUnderWay() {
        GroupSetting setting =
                new GroupSetting(3, List.of(APPEND), List.of(), false, Map.of(Chance.WAIT, 1));
        String request = new SmallGroup(setting, NO_BUG).enabled().getFirst();
        // The third is willing to vote, and not yet to be elected.
        allStatesAreRight(setting, request, "crash 1", "tick 3", "tick 3", "tick 3", "timeout 2");
    }

    // ---- at random

    private static final Map<Chance, Integer> USUAL =
            Map.of(
                    Chance.TIMEOUT, 5,
                    Chance.TICK, 12,
                    Chance.WAIT, 12,
                    Chance.CRASH, 2,
                    Chance.START, 2,
                    Chance.COPY, 5);

    /** Nodes send again more often, and all stay there. */
    private static final Map<Chance, Integer> IMPATIENT =
            Map.of(Chance.TIMEOUT, 5, Chance.TICK, 25, Chance.WAIT, 12, Chance.COPY, 5);

    private static StateSearch.Found atRandom(
            Set<Mutation> bugs, Map<Chance, Integer> chances, int walks) {
        GroupSetting setting =
                new GroupSetting(
                        3, TWO, List.of(SearchClient.Work.of("k", 1, "p1")), true, chances);
        return new StateSearch(() -> new SmallGroup(setting, bugs)).atRandom(walks, 300);
    }

    /** Three replicas, three clients, one of them without an identity: 600 walks. */
    @Test
    @Tag("lab:DSLabs.lab2.SearchRandom")
    void threeReplicasAtRandom() {
        StateSearch.Found found = atRandom(NO_BUG, USUAL, 600);
        assertEquals(Optional.empty(), found.wrong());
        assertTrue(found.isDone(), found.toString());
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "COMMIT_OLD_TERM",
                "COUNT_MESSAGES_AS_VOTES",
                "VOTE_BEFORE_DURABLE",
                "ACKNOWLEDGE_BEFORE_DURABLE",
                "COMMIT_TAKEN_FOR_APPLIED"
            })
    void aBugIsFoundAtRandom(Mutation bug) {
        assertTrue(atRandom(Set.of(bug), USUAL, 500).wrong().isPresent(), bug.toString());
    }

    /**
     * A request is sent without a deadline first: so it takes a walk in which much is sent again.
     */
    @Test
    void aRetryUnderANewIdIsFoundAtRandom() {
        Set<Mutation> bug = Set.of(Mutation.RETRY_UNDER_NEW_ID);
        assertTrue(atRandom(bug, IMPATIENT, 500).wrong().isPresent());
    }
}
