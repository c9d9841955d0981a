package io.somekv.bench.drill;

import io.somekv.bench.drill.ShardControl.Led;
import io.somekv.protocol.v1.IncomingShard;
import io.somekv.protocol.v1.OutgoingShard;
import io.somekv.protocol.v1.ReplicaStatus;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Watches one shard's way from group to group, as the leaders of the two see it, and tells when
 * each of its steps was seen first. A step that begins and ends between two looks is missed.
 */
final class ShardTravel {
    private static final long SETTLED_LOOK_NANOS = 500_000_000L;

    /** Between two looks while rows are copied or compared: that is for long. */
    private static final int LONG_STEP_MILLIS = 100;

    private static final int SHORT_STEP_MILLIS = 5;

    /** The five at which a drill may strike (DESIGN §7). */
    enum Step {
        COPY(true),
        CATCH_UP(true),
        FREEZE(false),
        PREPARED(true),
        HANDED_OVER(false);

        /** Which of the two groups knows of it. */
        private final boolean isSeenAtTarget;

        Step(boolean isSeenAtTarget) {
            this.isSeenAtTarget = isSeenAtTarget;
        }

        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private final ShardControl control;
    private final int shard;
    private final long source;
    private final long target;
    private final long beganNanos = System.nanoTime();
    private final Map<Step, Long> seenNanos = new EnumMap<>(Step.class);
    private final Map<Long, Integer> nodeByGroup = new TreeMap<>();
    private long nextSettledLookNanos = beganNanos + SETTLED_LOOK_NANOS;
    private boolean begun;

    /** The target serves it; what its source has is compared with that. */
    private boolean isOwned;

    /** To be made before the move begins. */
    ShardTravel(ShardControl control, int shard, long source, long target) {
        this.control = control;
        this.shard = shard;
        this.source = source;
        this.target = target;
    }

    /** Looks until the step shows; false if the shard has arrived, or time is up, before that. */
    boolean await(Step step, long millisMax) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
        while (System.nanoTime() - deadline < 0) {
            if (look(step.isSeenAtTarget) && seenNanos.containsKey(step)) {
                return true;
            }
            if (isOver(false)) {
                return false;
            }
        }
        return false;
    }

    /** As {@link #awaitEnd}, but only until the target owns the shard, and compares it. */
    boolean awaitOwned(long millisMax) throws InterruptedException {
        return await(true, millisMax);
    }

    /**
     * Looks at both until neither has anything of the move any more, seldom enough not to be a load
     * itself; false when time is up.
     */
    boolean awaitEnd(long millisMax) throws InterruptedException {
        return await(false, millisMax);
    }

    private boolean await(boolean isOwnedEnough, long millisMax) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
        while (System.nanoTime() - deadline < 0) {
            boolean isAtTarget = look(true);
            boolean isAtSource = look(false);
            boolean isThere = isAtSource || isAtTarget;
            if ((isOwnedEnough && isOwned) || isOver(isThere)) {
                return true;
            }
            boolean isShort = seenNanos.containsKey(Step.CATCH_UP) && !isOwned;
            TimeUnit.MILLISECONDS.sleep(isShort ? SHORT_STEP_MILLIS : LONG_STEP_MILLIS);
        }
        return false;
    }

    /**
     * Nothing of a move that was seen, or that had half a second to be seen, is left. Between the
     * target's look and the source's a step may have gone by: so the whole is asked as well.
     */
    private boolean isOver(boolean isThere) {
        boolean looks = (!isThere && begun) || System.nanoTime() - nextSettledLookNanos > 0;
        if (!looks) {
            return false;
        }
        nextSettledLookNanos = System.nanoTime() + SETTLED_LOOK_NANOS;
        return control.unsettled().isEmpty();
    }

    /** Whether the leader of one of the two has something of the move. */
    private boolean look(boolean atTarget) {
        Optional<ReplicaStatus> leader = leader(atTarget ? target : source);
        Optional<Step> step = leader.flatMap(l -> atTarget ? stepAtTarget(l) : stepAtSource(l));
        step.ifPresent(seen -> seenNanos.putIfAbsent(seen, System.nanoTime()));
        boolean isThere = leader.filter(l -> atTarget ? isIncoming(l) : isOutgoing(l)).isPresent();
        begun |= isThere;
        return isThere;
    }

    private Optional<ReplicaStatus> leader(long group) {
        Integer node = nodeByGroup.get(group);
        Optional<ReplicaStatus> known =
                node == null ? Optional.empty() : control.leading(node, group);
        if (known.isPresent()) {
            return known;
        }
        Optional<Led> found = control.leader(group);
        found.ifPresent(led -> nodeByGroup.put(group, led.node()));
        return found.map(Led::replica);
    }

    private boolean isIncoming(ReplicaStatus replica) {
        return replica.getIncomingList().stream().anyMatch(move -> move.getShard() == shard);
    }

    private boolean isOutgoing(ReplicaStatus replica) {
        return replica.getOutgoingList().stream().anyMatch(move -> move.getShard() == shard);
    }

    private Optional<Step> stepAtTarget(ReplicaStatus replica) {
        for (IncomingShard move : replica.getIncomingList()) {
            if (move.getShard() == shard) {
                return switch (move.getPhase()) {
                    case "COPYING" ->
                            move.getBytes() > 0 ? Optional.of(Step.COPY) : Optional.empty();
                    case "CATCHING_UP" -> Optional.of(Step.CATCH_UP);
                    case "PREPARED" -> Optional.of(Step.PREPARED);
                    case "RELEASING", "DIFFERS" -> {
                        isOwned = true;
                        yield Optional.empty();
                    }
                    default -> Optional.empty();
                };
            }
        }
        return Optional.empty();
    }

    private Optional<Step> stepAtSource(ReplicaStatus replica) {
        for (OutgoingShard move : replica.getOutgoingList()) {
            if (move.getShard() == shard) {
                return switch (move.getPhase()) {
                    case "FROZEN" -> Optional.of(Step.FREEZE);
                    case "HANDED_OVER" -> Optional.of(Step.HANDED_OVER);
                    default -> Optional.empty();
                };
            }
        }
        return Optional.empty();
    }

    double millis() {
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    /** Milliseconds from the beginning to the first sight of a step. */
    Optional<Double> millisTo(Step step) {
        return Optional.ofNullable(seenNanos.get(step)).map(at -> (at - beganNanos) / 1e6);
    }

    /** The steps that were seen, each with when. */
    String steps() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Step, Long> each : seenNanos.entrySet()) {
            text.append(each.getKey().label())
                    .append(
                            String.format(
                                    Locale.ROOT, " %.0f, ", (each.getValue() - beganNanos) / 1e6));
        }
        return text + String.format(Locale.ROOT, "over %.0f ms", millis());
    }
}
