package io.somekv.kv.caretaker;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.Decision;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides what is to change in a cluster: replicas first, then leaders, then shards. It remembers
 * nothing: what it decided shows in the next view, as under way or as done.
 *
 * <p>It comes to rest. Each rule only does what brings the cluster closer to where that rule has
 * nothing to do, by a measure that no other rule undoes: dead and draining nodes only lose
 * replicas; groups only gain zones; the sum of squares of replicas by node, of leaders by node, and
 * of what groups bear, only falls.
 */
public final class Planner {
    private Planner() {}

    /**
     * What to do now, the most urgent first; a bounded number, and nothing where all is well or
     * what can be done is under way.
     */
    public static List<Decision> decide(ClusterView view, CaretakerSettings settings) {
        Board board = new Board(view, settings);
        List<Decision> decisions = new ArrayList<>();
        new ReplicaPlan(board, decisions).decide();
        new LeaderPlan(board, decisions).decide();
        if (settings.has(Duty.MOVE)) {
            new ShardPlan(board, view.shards(), decisions).decide();
        }
        return decisions;
    }
}
