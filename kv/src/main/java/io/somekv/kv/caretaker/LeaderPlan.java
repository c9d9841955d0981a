package io.somekv.kv.caretaker;

import io.somekv.kv.caretaker.Board.Group;
import io.somekv.kv.caretaker.Board.Node;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.Decision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who should lead: nobody on a draining node or one whose disk is nearly full, and of the rest as
 * many on each as can be. Where no group of the busiest node has a replica on an idle one, a chain
 * does it: one group goes on to a node that gives another group on.
 */
final class LeaderPlan {
    /** Hand-overs that one round decides. */
    private static final int HAND_OVERS_MAX = 16;

    private static final Comparator<Node> BY_LEADERS =
            Comparator.<Node>comparingInt(node -> node.led.size()).thenComparingLong(Node::id);

    private final Board board;
    private final List<Decision> decisions;
    private int budget = HAND_OVERS_MAX;

    LeaderPlan(Board board, List<Decision> decisions) {
        this.board = board;
        this.decisions = decisions;
    }

    /** One group from one node to the next. */
    private record Link(Group group, Node from, Node to) {}

    void decide() {
        for (Node node : board.nodes()) {
            if (node.isUp && !node.takes() && !node.isClosed()) {
                relieve(node);
            }
        }
        if (board.settings().has(Duty.LEAD)) {
            spread();
        }
    }

    private void relieve(Node from) {
        String why =
                from.view.hasRoom()
                        ? "node %d is to be emptied".formatted(from.id())
                        : "the disk of node %d is nearly full".formatted(from.id());
        for (Group group : List.copyOf(from.led)) {
            Node to = group.voters.stream().filter(Node::takes).min(BY_LEADERS).orElse(null);
            if (budget > 0 && group.isReady() && to != null) {
                handOver(new Link(group, from, to), why);
            }
        }
    }

    /** Straight from node to node where it can be; only then by way of others. */
    private void spread() {
        while (budget > 0 && busiest().stream().anyMatch(this::maybeGive)) {
            // One more went.
        }
        for (Node from : busiest()) {
            List<Link> chain = chainFrom(from);
            if (!chain.isEmpty() && chain.size() <= budget) {
                String why = why(from, chain.getFirst().to);
                chain.forEach(link -> handOver(link, why));
            }
        }
    }

    /** Who leads at least two more than another, the one that leads most first. */
    private List<Node> busiest() {
        int fewest = Integer.MAX_VALUE / 2;
        for (Node node : board.nodes()) {
            if (node.takes()) {
                fewest = Math.min(fewest, node.led.size());
            }
        }
        List<Node> busiest = new ArrayList<>();
        for (Node node : board.nodes()) {
            if (node.led.size() >= fewest + 2 && !node.isClosed()) {
                busiest.add(node);
            }
        }
        busiest.sort(BY_LEADERS.reversed());
        return busiest;
    }

    private boolean maybeGive(Node from) {
        Link best = null;
        for (Group group : from.led) {
            for (Node to : group.voters) {
                if (to.takes()
                        && to.led.size() + 2 <= from.led.size()
                        && mayHandOver(group)
                        && (best == null || BY_LEADERS.compare(to, best.to) < 0)) {
                    best = new Link(group, from, to);
                }
            }
        }
        if (best == null) {
            return false;
        }
        handOver(best, why(from, best.to));
        return true;
    }

    private static String why(Node from, Node to) {
        return "node %d leads %d groups, node %d leads %d"
                .formatted(from.id(), from.led.size(), to.id(), to.led.size());
    }

    /**
     * The shortest to a node that leads at least two fewer, its last link first; empty for none.
     */
    private List<Link> chainFrom(Node start) {
        TreeMap<Long, @Nullable Link> reachedBy = new TreeMap<>();
        ArrayDeque<Node> next = new ArrayDeque<>();
        reachedBy.put(start.id(), null);
        next.add(start);
        while (!next.isEmpty()) {
            Node from = next.removeFirst();
            for (Group group : from.led) {
                if (!mayHandOver(group)) {
                    continue;
                }
                for (Node to : group.voters) {
                    if (to.takes() && !reachedBy.containsKey(to.id())) {
                        reachedBy.put(to.id(), new Link(group, from, to));
                        if (to.led.size() + 2 <= start.led.size()) {
                            return chainTo(to, reachedBy);
                        }
                        next.add(to);
                    }
                }
            }
        }
        return List.of();
    }

    private static List<Link> chainTo(Node end, Map<Long, @Nullable Link> reachedBy) {
        List<Link> chain = new ArrayList<>();
        for (Link link = reachedBy.get(end.id()); link != null; ) {
            chain.add(link);
            link = reachedBy.get(link.from.id());
        }
        return chain;
    }

    /** A new leader is let be for a while: it may have been elected for a reason. */
    private boolean mayHandOver(Group group) {
        return group.isReady()
                && !group.view.isLeaving()
                && group.view.ledMillis() >= board.settings().restMillis();
    }

    private void handOver(Link link, String why) {
        board.handOver(link.group, link.from, link.to);
        decisions.add(new Decision.HandOver(link.group.id(), link.from.id(), link.to.id(), why));
        budget--;
    }
}
