package io.somekv.sim.search;

import io.somekv.base.Invariant;
import io.somekv.sim.check.Breach;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Searches the states of a system for one in which something is wrong, and for one in which all is
 * done. A state is the list of the events that lead to it, replayed each time: the parts under test
 * need not be copied (as in VeriSoft, Godefroid 1997, and DSLabs).
 */
final class StateSearch {
    /**
     * What a search found.
     *
     * @param wrong the events that lead to a state in which something is wrong, and what
     * @param states looked at
     * @param depth events on the longest path to one of them
     * @param isComplete there are no others
     */
    record Found(
            Optional<String> wrong, boolean isDone, int states, int depth, boolean isComplete) {}

    private final Supplier<? extends SearchedSystem> start;
    private boolean isDone;
    private int states;
    private int depth;

    StateSearch(Supplier<? extends SearchedSystem> start) {
        this.start = start;
    }

    /** All states, the nearest first, until there are none left or so many were looked at. */
    Found breadthFirst(int statesMax) {
        ArrayDeque<List<String>> frontier = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        frontier.add(List.of());
        while (!frontier.isEmpty() && states < statesMax) {
            List<String> path = frontier.removeFirst();
            for (String event : replay(path).enabled()) {
                List<String> next = new ArrayList<>(path);
                next.add(event);
                SearchedSystem system;
                try {
                    system = replay(next);
                    system.check();
                } catch (Breach | Invariant.Violation wrong) {
                    return found(Optional.of(told(wrong, next)), false);
                }
                if (seen.add(system.digest())) {
                    lookedAt(system, next.size());
                    frontier.add(List.copyOf(next));
                }
            }
        }
        return found(Optional.empty(), frontier.isEmpty());
    }

    private SearchedSystem replay(List<String> path) {
        SearchedSystem system = start.get();
        path.forEach(system::happen);
        return system;
    }

    /** Walks at random, each from the beginning to where nothing can happen, or for so long. */
    Found atRandom(int walks, int eventsMax) {
        for (int walk = 0; walk < walks; walk++) {
            SplittableRandom random = new SplittableRandom(walk);
            SearchedSystem system = start.get();
            List<String> path = new ArrayList<>();
            List<String> enabled = system.enabled();
            while (!enabled.isEmpty() && path.size() < eventsMax) {
                String event = enabled.get(random.nextInt(enabled.size()));
                path.add(event);
                try {
                    system.happen(event);
                    system.check();
                } catch (Breach | Invariant.Violation wrong) {
                    return found(Optional.of(told(wrong, path)), false);
                }
                lookedAt(system, path.size());
                enabled = system.enabled();
            }
        }
        return found(Optional.empty(), false);
    }

    private void lookedAt(SearchedSystem system, int events) {
        states++;
        depth = Math.max(depth, events);
        isDone |= system.isDone();
    }

    private static String told(RuntimeException wrong, List<String> path) {
        return wrong.getMessage() + " after\n" + String.join("\n", path);
    }

    private Found found(Optional<String> wrong, boolean isComplete) {
        return new Found(wrong, isDone, states, depth, isComplete);
    }
}
