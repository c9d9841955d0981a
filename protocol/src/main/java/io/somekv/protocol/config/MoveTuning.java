package io.somekv.protocol.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A change of {@link MoveSettings}. What it does not name stays as it is by then: of two that are
 * made at once neither undoes the other.
 *
 * @param isPaused whether all moves are to be paused
 * @param pause shards that are to be paused
 * @param resume shards that are not to be paused any more
 */
public record MoveTuning(
        Optional<Integer> transfersMax,
        Optional<Long> bytesPerSecondMax,
        Optional<Boolean> isPaused,
        List<Integer> pause,
        List<Integer> resume) {
    public static final MoveTuning NONE =
            new MoveTuning(
                    Optional.empty(), Optional.empty(), Optional.empty(), List.of(), List.of());

    public MoveTuning {
        pause = List.copyOf(pause);
        resume = List.copyOf(resume);
    }

    public MoveTuning withTransfersMax(int count) {
        return new MoveTuning(Optional.of(count), bytesPerSecondMax, isPaused, pause, resume);
    }

    public MoveTuning withBytesPerSecondMax(long bytes) {
        return new MoveTuning(transfersMax, Optional.of(bytes), isPaused, pause, resume);
    }

    /** Of all moves where no shard is named, else of those alone. */
    public static MoveTuning pause(List<Integer> shards) {
        return shards.isEmpty() ? ofAll(true) : ofShards(shards, List.of());
    }

    /** The end of a pause of all moves where no shard is named, else of those alone. */
    public static MoveTuning resume(List<Integer> shards) {
        return shards.isEmpty() ? ofAll(false) : ofShards(List.of(), shards);
    }

    private static MoveTuning ofAll(boolean pause) {
        return new MoveTuning(
                Optional.empty(), Optional.empty(), Optional.of(pause), List.of(), List.of());
    }

    private static MoveTuning ofShards(List<Integer> pause, List<Integer> resume) {
        return new MoveTuning(Optional.empty(), Optional.empty(), Optional.empty(), pause, resume);
    }

    /** The settings with this change. */
    public MoveSettings appliedTo(MoveSettings before) {
        TreeSet<Integer> paused = new TreeSet<>(before.pausedShards());
        paused.addAll(pause);
        resume.forEach(paused::remove);
        return new MoveSettings(
                transfersMax.orElse(before.transfersMax()),
                bytesPerSecondMax.orElse(before.bytesPerSecondMax()),
                isPaused.orElse(before.isPaused()),
                new ArrayList<>(paused));
    }
}
