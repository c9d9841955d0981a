package io.somekv.kv.caretaker;

import io.somekv.kv.caretaker.Board.Group;
import io.somekv.kv.caretaker.Board.Node;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.config.GroupSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where replicas should be. Most urgent first: away from dead nodes, away from draining ones, as
 * many as there should be, over as many zones as there are, evenly over the nodes.
 */
final class ReplicaPlan {
    private final Board board;
    private final List<Decision> decisions;

    /** How many more groups may begin to change their members. */
    private int budget;

    ReplicaPlan(Board board, List<Decision> decisions) {
        this.board = board;
        this.decisions = decisions;
        long changing = board.groups().stream().filter(group -> group.isBusy).count();
        this.budget = (int) Math.max(0, board.settings().replicaChangesMax() - changing);
    }

    void decide() {
        if (board.settings().has(Duty.REPLACE) && !isMostlySilent()) {
            leaveTheDead();
        }
        leaveTheDraining();
        if (board.settings().has(Duty.PLACE)) {
            fitCount();
            spreadOverZones();
            spreadOverNodes();
        }
    }

    /** Half the nodes do not die at once: it is rather this one that hears nobody. */
    private boolean isMostlySilent() {
        long up = board.nodes().stream().filter(node -> node.isUp).count();
        return up * 2 <= board.nodes().size();
    }

    private void leaveTheDead() {
        List<Node> dead =
                board.nodes().stream().filter(node -> node.isDead && !node.isClosed()).toList();
        leave(dead, node -> "node %d has been silent for %s".formatted(node.id(), silence(node)));
    }

    private void leaveTheDraining() {
        List<Node> draining =
                board.nodes().stream()
                        .filter(node -> node.view.use() == NodeUse.Kind.DRAINING && !node.isDead)
                        .toList();
        leave(draining, node -> "node %d is to be emptied".formatted(node.id()));
    }

    /**
     * Who only listens is given up, on all of the nodes before anything else: it may be what a
     * voter on another of them waits for. For whoever votes another comes in the same step; where
     * one listens whose node has no room, and so gets no more of the log, that one goes first.
     */
    private void leave(List<Node> nodes, Function<Node, String> why) {
        for (Node from : nodes) {
            for (Group group : List.copyOf(from.replicas)) {
                if (group.learners.contains(from) && mayGiveUp(group)) {
                    board.remove(group, from);
                    decided(new Decision.RemoveReplica(group.id(), from.id(), why.apply(from)));
                }
            }
        }
        for (Node from : nodes) {
            for (Group group : List.copyOf(from.replicas)) {
                Node to = mayGiveUp(group) ? bestFor(group, from) : null;
                if (to != null && mayChange(group)) {
                    replace(group, from, to, why.apply(from) + "; " + merit(group, from, to));
                } else if (to != null) {
                    maybeGiveUpSpared(group, why.apply(from));
                }
            }
        }
    }

    private void maybeGiveUpSpared(Group group, String why) {
        for (Node node : group.learners) {
            if (!node.view.hasRoom() && !node.isClosed()) {
                board.remove(group, node);
                String full = "the disk of node %d is nearly full; ".formatted(node.id());
                decided(new Decision.RemoveReplica(group.id(), node.id(), full + why));
                return;
            }
        }
    }

    private void fitCount() {
        int wanted = board.settings().replicaCount();
        for (Group group : board.groups()) {
            if (wanted == 0 || group.id() == GroupSpec.MASTER || !mayEven(group)) {
                continue;
            }
            int count = group.voters.size();
            String why =
                    "it has %d of the %d replicas that groups are to have".formatted(count, wanted);
            Node to = count < wanted ? bestFor(group, null) : null;
            if (to != null) {
                board.add(group, to);
                decided(new Decision.AddReplica(group.id(), to.id(), why));
            } else if (count > wanted) {
                Node from = leastMissed(group);
                board.remove(group, from);
                decided(new Decision.RemoveReplica(group.id(), from.id(), why));
            }
        }
    }

    /** Whose zone has another one; of those the one on the fullest node, rather not the leader. */
    private static Node leastMissed(Group group) {
        return group.voters.stream()
                .max(
                        Comparator.<Node>comparingInt(node -> group.zoneCount(node, null))
                                .thenComparing(node -> node != group.leader)
                                .thenComparing(Board.EMPTIEST))
                .orElseThrow();
    }

    private void spreadOverZones() {
        List<String> zones =
                board.nodes().stream()
                        .filter(this::takesForBalance)
                        .map(Node::zone)
                        .distinct()
                        .toList();
        for (Group group : board.groups()) {
            int now = group.zoneCount(null, null);
            if (now >= Math.min(group.voters.size(), zones.size()) || !mayEven(group)) {
                continue;
            }
            Node from = leastMissed(group);
            Node to = bestFor(group, from);
            if (to != null && takesForBalance(to) && group.zoneCount(from, to) > now) {
                String why =
                        "its %d replicas are in %s only".formatted(group.voters.size(), zones(now));
                replace(group, from, to, why + "; " + merit(group, from, to));
            }
        }
    }

    /** Each from whoever has most by then. */
    private void spreadOverNodes() {
        boolean isAny = true;
        while (budget > 0 && isAny) {
            int fewest = fewestReplicas();
            List<Node> fullest = new ArrayList<>(board.nodes());
            fullest.removeIf(
                    node -> !node.isUp || node.isClosed() || node.replicas.size() < fewest + 2);
            fullest.sort(Board.EMPTIEST.reversed());
            isAny = fullest.stream().anyMatch(this::maybeUnburden);
        }
    }

    private int fewestReplicas() {
        int fewest = Integer.MAX_VALUE / 2;
        for (Node node : board.nodes()) {
            if (takesForBalance(node)) {
                fewest = Math.min(fewest, node.replicas.size());
            }
        }
        return fewest;
    }

    private boolean maybeUnburden(Node from) {
        List<Node> emptiest = new ArrayList<>(board.nodes());
        emptiest.removeIf(node -> !takesForBalance(node));
        emptiest.sort(Board.EMPTIEST);
        for (Node to : emptiest) {
            if (from.replicas.size() - to.replicas.size() < 2) {
                return false;
            }
            Group group = bestToGive(from, to);
            if (group != null) {
                String why =
                        "node %d has %d replicas, node %d has %d"
                                .formatted(
                                        from.id(),
                                        from.replicas.size(),
                                        to.id(),
                                        to.replicas.size());
                replace(group, from, to, why);
                return true;
            }
        }
        return false;
    }

    /** One whose bytes even the two nodes out best, rather one that is not led there. */
    private @Nullable Group bestToGive(Node from, Node to) {
        long gap = (from.bytes - to.bytes) / 2;
        Group best = null;
        long bestMiss = Long.MAX_VALUE;
        for (Group group : from.replicas) {
            if (!mayEven(group)
                    || group.isOn(to)
                    || !group.voters.contains(from)
                    || group.zoneCount(from, to) < group.zoneCount(null, null)) {
                continue;
            }
            long miss = Math.abs(gap - group.bytes);
            boolean isBetter =
                    best == null
                            || (best.leader == from && group.leader != from)
                            || ((best.leader == from) == (group.leader == from) && miss < bestMiss);
            if (isBetter) {
                best = group;
                bestMiss = miss;
            }
        }
        return best;
    }

    /**
     * Where a replica of the group is best put in the place of {@code from}: in a zone that has
     * none, then where there are fewest.
     */
    private @Nullable Node bestFor(Group group, @Nullable Node from) {
        Node best = null;
        int bestZones = 0;
        for (Node node : board.nodes()) {
            if (!node.takes() || group.isOn(node)) {
                continue;
            }
            int zones = group.zoneCount(from, node);
            if (best == null
                    || zones > bestZones
                    || (zones == bestZones && Board.EMPTIEST.compare(node, best) < 0)) {
                best = node;
                bestZones = zones;
            }
        }
        return best;
    }

    /** A node that comes and goes gets no replicas only to be as full as others. */
    private boolean takesForBalance(Node node) {
        return node.takes() && node.view.knownMillis() >= board.settings().restMillis();
    }

    /** Whether one who only listens may go. */
    private boolean mayGiveUp(Group group) {
        return budget > 0 && group.isReady();
    }

    /**
     * Whether one may come, or one who votes go. Nobody is to listen by then: the leader takes no
     * second one in the place of the same voter, and what it refuses would be decided for ever.
     */
    private boolean mayChange(Group group) {
        return mayGiveUp(group) && group.learners.isEmpty();
    }

    /** One that leaves is worth only what keeps it alive. */
    private boolean mayEven(Group group) {
        return mayChange(group) && !group.view.isLeaving();
    }

    private void replace(Group group, Node from, Node to, String why) {
        board.replace(group, from, to);
        decided(new Decision.ReplaceReplica(group.id(), from.id(), to.id(), why));
    }

    private void decided(Decision decision) {
        decisions.add(decision);
        budget--;
    }

    // ---- words

    private static String merit(Group group, Node from, Node to) {
        boolean isNewZone = group.zoneCount(from, to) > group.zoneCount(from, null);
        return "node %d has %d replicas%s"
                .formatted(
                        to.id(),
                        to.replicas.size(),
                        isNewZone && !to.zone().isEmpty()
                                ? " and zone " + to.zone() + " none of this group"
                                : "");
    }

    private static String zones(int count) {
        return count == 1 ? "one zone" : count + " zones";
    }

    private static String silence(Node node) {
        long seconds = node.view.silentMillis() / 1_000;
        return seconds < 120 ? seconds + " s" : seconds / 60 + " min";
    }
}
