package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Searches the states that a small group can get into, for one in which something is wrong, and for
 * one that is wished for. A state is the list of the events that lead to it, replayed each time:
 * the replicas under test need not be copied (as in VeriSoft, Godefroid 1997, and DSLabs).
 */
final class StateSearch {
    /**
     * What a search found.
     *
     * @param wrong the events that lead to a state in which something is wrong, and what
     * @param states looked at
     */
    record Found(Optional<String> wrong, boolean isGoalReached, int states) {}

    private final SearchSystem.Limits limits;
    private final Set<Mutation> mutations;
    private final Predicate<SearchSystem> goal;
    private boolean isGoalReached;
    private int states;

    StateSearch(SearchSystem.Limits limits, Set<Mutation> mutations, Predicate<SearchSystem> goal) {
        this.limits = limits;
        this.mutations = Set.copyOf(mutations);
        this.goal = goal;
    }

    /** All states, the nearest first, until there are none left or so many were looked at. */
    Found breadthFirst(int statesMax) {
        ArrayDeque<List<SearchSystem.Event>> frontier = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        frontier.add(List.of());
        while (!frontier.isEmpty() && states < statesMax) {
            List<SearchSystem.Event> path = frontier.removeFirst();
            for (SearchSystem.Event event : replay(path).enabled()) {
                List<SearchSystem.Event> next = new ArrayList<>(path);
                next.add(event);
                SearchSystem system;
                try {
                    system = replay(next);
                } catch (Invariant.Violation violation) {
                    return found(Optional.of(violation.getMessage() + " after " + next));
                }
                if (seen.add(system.digest())) {
                    states++;
                    isGoalReached |= goal.test(system);
                    frontier.add(List.copyOf(next));
                }
            }
        }
        return found(Optional.empty());
    }

    private SearchSystem replay(List<SearchSystem.Event> path) {
        SearchSystem system = new SearchSystem(limits, mutations);
        path.forEach(system::happen);
        return system;
    }

    /** Walks at random, each from the beginning to where nothing can happen, or for so long. */
    Found atRandom(int walks, int eventsMax) {
        for (int walk = 0; walk < walks; walk++) {
            SplittableRandom random = new SplittableRandom(walk);
            SearchSystem system = new SearchSystem(limits, mutations);
            List<SearchSystem.Event> path = new ArrayList<>();
            List<SearchSystem.Event> enabled = system.enabled();
            while (!enabled.isEmpty() && path.size() < eventsMax) {
                SearchSystem.Event event = enabled.get(random.nextInt(enabled.size()));
                path.add(event);
                states++;
                try {
                    system.happen(event);
                } catch (Invariant.Violation violation) {
                    return found(Optional.of(violation.getMessage() + " after " + path));
                }
                isGoalReached |= goal.test(system);
                enabled = system.enabled();
            }
        }
        return found(Optional.empty());
    }

    private Found found(Optional<String> wrong) {
        return new Found(wrong, isGoalReached, states);
    }
}
