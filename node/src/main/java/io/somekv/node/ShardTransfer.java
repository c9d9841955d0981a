package io.somekv.node;

import io.somekv.base.Mutation;
import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.HandOverProof;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.raft.Now;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings one shard with data from the group that serves it into one that this lane leads (DESIGN
 * §7): has it copied, caught up with, frozen, handed over, and owned. How far it is stands in the
 * two groups' logs; this asks for the next step, and whoever leads next goes on. Whatever is
 * refused ends the try, and the driver begins another.
 */
final class ShardTransfer {
    /** Few changes are no more than this, however many a piece takes up. */
    static final int FEW_CHANGES_MAX = 64;

    /** Few changes are no fewer than this, however large the values are. */
    static final int FEW_CHANGES_MIN = 4;

    /** Once it is caught up with, a freeze waits at most so long for a moment that is prompt. */
    private static final long PROMPT_WAIT_NANOS = 3_000_000_000L;

    /** Which shard, from where to where. */
    record Course(int shard, long config, long source) {}

    private final Router router;
    private final Places places;
    private final GroupHost host;
    private final TransferBudget budget;
    private final Course course;
    private final Runnable onEnd;
    private long copyId;
    private long awaitedLogTime;
    private boolean isRefused;
    private boolean hasStaged;

    /**
     * When it was first caught up with, before the freeze that is to come; {@link Long#MAX_VALUE}
     * until then.
     */
    private long caughtUpNanos = Long.MAX_VALUE;

    /** What is next once there is something to spend; null while something is under way. */
    private @Nullable Step rested;

    /** Clients may wait on its account: it rests as long as a piece took, whatever others spend. */
    private boolean isHurried;

    private long restedUntilNanos;

    private interface Step {
        void at(Now now);
    }

    /**
     * @param host of the target group
     * @param onEnd run once nothing of this is under way any more
     */
    ShardTransfer(
            ShardDriver.Tools tools,
            GroupHost host,
            TransferBudget budget,
            Course course,
            Runnable onEnd) {
        this.router = tools.router();
        this.places = tools.places();
        this.host = host;
        this.budget = budget;
        this.course = course;
        this.onEnd = onEnd;
    }

    void begin(Now now) {
        if (!machine().hasRoomForShard()) {
            makeRoom(now);
            return;
        }
        ask(
                now,
                course.source,
                new Command.StartCopy(course.shard, course.config, host.groupId()),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.Copying copying) {
                        copyId = copying.copyId();
                        next(then);
                    } else {
                        end(outcome);
                    }
                });
    }

    /**
     * What the group remembers of clients goes once it is too old, but only with the group's
     * entries, and nobody may write to it: this one changes nothing else.
     */
    private void makeRoom(Now now) {
        ask(
                now,
                host.groupId(),
                new Command.Configure(places.map().orElseThrow().settings()),
                (then, outcome, logTime) -> onEnd.run());
    }

    /** Goes on from what the target's log says of it. */
    void resume(Now now, Incoming incoming) {
        copyId = incoming.copyId();
        next(now);
    }

    /**
     * The log time that the group has to come near before there is any use in another try, by
     * {@link #isFarBehind}; 0 where that is not why it ended.
     */
    long awaitedLogTime() {
        return awaitedLogTime;
    }

    /**
     * Whether one of the two groups refused a step for what it has logged: a later config was acted
     * on there, or the copy is over. Another try for the same config would have nothing to go on
     * from.
     */
    boolean isRefused() {
        return isRefused;
    }

    /**
     * Whether it ended before any piece came, though neither group refused: for want of room, say.
     */
    boolean cameToNothing() {
        return !hasStaged && !isRefused;
    }

    /**
     * Whether a freeze would end before a group's log time is that of a shard, which the shard's
     * last pieces wait for (docs/decisions/0011): where a clock is slow, that may take days.
     */
    static boolean isFarBehind(long groupsLogTime, long shardsLogTime) {
        return shardsLogTime - groupsLogTime > OutgoingWatch.FREEZE_MILLIS_MAX;
    }

    /** Goes on if it rests, and need not any longer. */
    void tick(Now now) {
        Step next = rested;
        boolean mayGoOn = isHurried ? now.nanos() - restedUntilNanos >= 0 : budget.mayGoOn(now);
        if (next != null && mayGoOn) {
            rested = null;
            next.at(now);
        }
    }

    private void next(Now now) {
        if (!host.leads() || machine().serves(course.shard)) {
            onEnd.run();
            return;
        }
        Optional<Incoming> staged = staged();
        if (staged.isPresent() && staged.get().isPrepared()) {
            handOver(now, staged.get());
        } else if (isWanted()) {
            read(now, staged);
        } else {
            onEnd.run();
        }
    }

    /** Not where it is paused, or was called off by a later config. */
    private boolean isWanted() {
        return isOurs() && !places.moveSettings().isPaused(course.shard);
    }

    private boolean isOurs() {
        Optional<ClusterMap> map = places.map();
        return map.isPresent() && map.get().config().owner(course.shard) == host.groupId();
    }

    private KvMachine machine() {
        return (KvMachine) host.machine();
    }

    private Optional<Incoming> staged() {
        for (Incoming move : machine().incoming()) {
            if (move.shard() == course.shard
                    && move.config() == course.config
                    && move.copyId() == copyId) {
                return Optional.of(move);
            }
        }
        return Optional.empty();
    }

    private void read(Now now, Optional<Incoming> staged) {
        CopyCursor cursor = staged.map(Incoming::cursor).orElse(CopyCursor.START);
        long number = staged.map(Incoming::pieces).orElse(0L);
        ask(
                now,
                course.source,
                new Command.ReadShard(course.shard, copyId, cursor),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.ShardPiece piece) {
                        stage(then, now.nanos(), number, piece);
                    } else {
                        end(outcome);
                    }
                });
    }

    private void stage(Now now, long askedNanos, long number, Outcome.ShardPiece piece) {
        places.advanceTime(now, host, piece.logTime());
        budget.traffic().count(now, course.source, piece.operations());
        askOk(
                now,
                host.groupId(),
                new Command.Stage(course.shard, course.config, course.source, number, piece),
                then -> {
                    long took = then.nanos() - askedNanos;
                    if (isOfChanges(piece)) {
                        budget.spendHurriedly(then, piece.rows().size(), took);
                    } else {
                        budget.spend(
                                then,
                                piece.rows().size(),
                                took,
                                places.moveSettings().bytesPerSecondMax());
                    }
                    onStaged(then, piece, took);
                });
    }

    /** Whether many changes are left, and clients are slowed down on its account. */
    static boolean isBehind(Outcome.ShardPiece piece) {
        return isOfChanges(piece) && piece.changesLeft() > fewChanges(piece);
    }

    /**
     * So few changes as may be left for the freeze: about a piece of them. Where any are left, this
     * piece took up as many as it has room for, or begins the changes and is empty.
     */
    static int fewChanges(Outcome.ShardPiece piece) {
        return Math.clamp(piece.changes(), FEW_CHANGES_MIN, FEW_CHANGES_MAX);
    }

    private static boolean isOfChanges(Outcome.ShardPiece piece) {
        return piece.next().part() == CopyCursor.Part.CHANGES && piece.freezeId() == 0;
    }

    /** Freezes the shard once few changes are left. Rests after each piece, but not frozen. */
    private void onStaged(Now now, Outcome.ShardPiece piece, long tookNanos) {
        hasStaged = true;
        boolean isCaughtUp = isOfChanges(piece) && !isBehind(piece);
        caughtUpNanos = isCaughtUp ? Math.min(caughtUpNanos, now.nanos()) : Long.MAX_VALUE;
        if (piece.freezeId() != 0) {
            next(now);
        } else if (isCaughtUp && isFarBehind(host.machine().appliedLogTime(), piece.logTime())) {
            awaitedLogTime = piece.logTime();
            onEnd.run();
        } else if (isCaughtUp && !machine().hasRoomForShard()) {
            // The freeze would be in vain. Copying goes on once there is room.
            onEnd.run();
        } else if (isCaughtUp && isMomentToFreeze(now, tookNanos)) {
            caughtUpNanos = Long.MAX_VALUE;
            askOk(now, course.source, new Command.Freeze(course.shard, copyId), this::next);
        } else {
            isHurried = isOfChanges(piece);
            restedUntilNanos = now.nanos() + tookNanos;
            rested = this::next;
            tick(now);
        }
    }

    private boolean isMomentToFreeze(Now now, long tookNanos) {
        return budget.isPrompt(tookNanos) || now.nanos() - caughtUpNanos > PROMPT_WAIT_NANOS;
    }

    private void handOver(Now now, Incoming prepared) {
        long freezeId = prepared.cursor().freezeId();
        ask(
                now,
                course.source,
                new Command.HandOver(course.shard, copyId, freezeId),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.HandedOver handedOver) {
                        own(then, prepared, handedOver.logTime());
                    } else if (outcome instanceof Outcome.Refused
                            && router.has(Mutation.OWNED_AFTER_UNFREEZE)) {
                        own(then, prepared, 0);
                    } else if (outcome instanceof Outcome.Refused) {
                        goOnAfterFreeze(then, prepared, freezeId);
                    } else {
                        onEnd.run();
                    }
                });
    }

    /**
     * That freeze is over, for good: what changed since is to be copied first. Where the source
     * knows no such copy any more, nothing ever comes of what is here.
     */
    private void goOnAfterFreeze(Now now, Incoming prepared, long freezeId) {
        ask(
                now,
                course.source,
                new Command.ReadShard(course.shard, copyId, prepared.cursor()),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.ShardPiece piece && isOurs()) {
                        stage(then, now.nanos(), prepared.pieces(), piece);
                    } else if (outcome instanceof Outcome.ShardPiece
                            || outcome instanceof Outcome.Refused) {
                        askOk(
                                then,
                                host.groupId(),
                                new Command.Unstage(course.shard, course.config, freezeId),
                                later -> onEnd.run());
                    } else {
                        onEnd.run();
                    }
                });
    }

    private void own(Now now, Incoming prepared, long logTime) {
        places.advanceTime(now, host, logTime);
        HandOverProof proof =
                new HandOverProof(copyId, prepared.cursor().freezeId(), prepared.digest(), logTime);
        askOk(
                now,
                host.groupId(),
                new Command.Own(course.shard, course.config, Optional.of(proof)),
                then -> onEnd.run());
    }

    private void askOk(Now now, long group, Command command, Step then) {
        ask(
                now,
                group,
                command,
                (later, outcome, logTime) -> {
                    if (outcome instanceof Outcome.Ok) {
                        then.at(later);
                    } else {
                        end(outcome);
                    }
                });
    }

    /** Instead of what was asked for. */
    private void end(Outcome outcome) {
        isRefused = outcome instanceof Outcome.WrongGroup || outcome instanceof Outcome.Refused;
        onEnd.run();
    }

    private void ask(Now now, long group, Command command, Waiter waiter) {
        router.ask(now, group, new Request(Optional.empty(), command), waiter);
    }
}
