package io.somekv.sim.world;

import io.somekv.sim.check.MoveStep;
import java.util.TreeMap;
import java.util.TreeSet;

/** Counts what moves, and how far it was when faults struck. */
final class MoveTally {
    private final TreeMap<Integer, MoveStep> lastStepByShard = new TreeMap<>();
    private final TreeSet<Integer> inPieces = new TreeSet<>();
    private final TreeMap<MoveStep, Integer> struckAfter = new TreeMap<>();
    private int movedCount;
    private int inPiecesCount;

    void onStep(MoveStep.Taken taken) {
        int shard = taken.shard();
        lastStepByShard.put(shard, taken.step());
        switch (taken.step()) {
            case STAGE -> {
                if (taken.moreRows()) {
                    inPieces.add(shard);
                }
            }
            case OWN -> {
                movedCount++;
                inPiecesCount += inPieces.remove(shard) ? 1 : 0;
            }
            case RELEASED, END_COPY -> lastStepByShard.remove(shard);
            case UNSTAGE -> inPieces.remove(shard);
            case START_COPY, FREEZE, UNFREEZE, PREPARE, HAND_OVER, RELEASE -> {}
        }
    }

    void onStrike() {
        lastStepByShard.values().forEach(step -> struckAfter.merge(step, 1, Integer::sum));
    }

    MoveCounts counts() {
        return new MoveCounts(movedCount, inPiecesCount, struckAfter);
    }
}
