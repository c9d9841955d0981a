package io.somekv.sim.check;

import io.somekv.kv.Incoming;
import io.somekv.kv.Outgoing;
import io.somekv.kv.ShardView;
import io.somekv.protocol.command.CopyCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The steps of a shard's way from one group to another, as the groups' rows show them. */
public enum MoveStep {
    START_COPY,
    /** A piece was staged. */
    STAGE,
    FREEZE,
    UNFREEZE,
    END_COPY,
    /** The last piece was staged. */
    PREPARE,
    UNSTAGE,
    HAND_OVER,
    OWN,
    RELEASE,
    /** The target has noted the release. */
    RELEASED;

    /**
     * That a step was taken, by the first replica of a group.
     *
     * @param moreRows of a piece: rows are left for a further one
     */
    public record Taken(MoveStep step, int shard, long source, long target, boolean moreRows) {}

    /** What an entry of a group has done. */
    static List<Taken> between(long group, ShardView before, ShardView after) {
        List<Taken> steps = new ArrayList<>();
        for (Outgoing move : after.outgoing()) {
            outgoing(find(before.outgoing(), move), move)
                    .ifPresent(step -> steps.add(taken(step, group, move)));
        }
        for (Outgoing move : before.outgoing()) {
            if (find(after.outgoing(), move).isEmpty()) {
                boolean wasHandedOver = move.phase() == Outgoing.Phase.HANDED_OVER;
                steps.add(taken(wasHandedOver ? RELEASE : END_COPY, group, move));
            }
        }
        for (Incoming move : after.incoming()) {
            incoming(findIncoming(before, move), move)
                    .ifPresent(step -> steps.add(taken(step, group, move)));
        }
        for (Incoming move : before.incoming()) {
            if (findIncoming(after, move).isEmpty()) {
                steps.add(taken(move.isOwned() ? RELEASED : UNSTAGE, group, move));
            }
        }
        return steps;
    }

    private static Optional<MoveStep> outgoing(Optional<Outgoing> before, Outgoing move) {
        if (before.isPresent() && before.get().equals(move)) {
            return Optional.empty();
        }
        return Optional.of(
                switch (move.phase()) {
                    case COPYING -> before.isEmpty() ? START_COPY : UNFREEZE;
                    case FROZEN -> FREEZE;
                    case HANDED_OVER -> HAND_OVER;
                });
    }

    private static Optional<MoveStep> incoming(Optional<Incoming> before, Incoming move) {
        if (before.isPresent() && before.get().equals(move)) {
            return Optional.empty();
        }
        if (move.isOwned()) {
            return before.filter(Incoming::isOwned).isPresent()
                    ? Optional.empty()
                    : Optional.of(OWN);
        }
        return Optional.of(move.isPrepared() ? PREPARE : STAGE);
    }

    private static Optional<Outgoing> find(List<Outgoing> moves, Outgoing like) {
        return moves.stream()
                .filter(m -> m.shard() == like.shard() && m.copyId() == like.copyId())
                .findFirst();
    }

    private static Optional<Incoming> findIncoming(ShardView view, Incoming like) {
        return view.incoming().stream()
                .filter(m ->
                        m.shard() == like.shard()
                                && m.config() == like.config()
                                && m.copyId() == like.copyId())
                .findFirst();
    }

    private static Taken taken(MoveStep step, long group, Outgoing move) {
        return new Taken(step, move.shard(), group, move.targetGroup(), false);
    }

    private static Taken taken(MoveStep step, long group, Incoming move) {
        boolean moreRows = step == STAGE && move.cursor().part() == CopyCursor.Part.ROWS;
        return new Taken(step, move.shard(), move.sourceGroup(), group, moreRows);
    }
}
