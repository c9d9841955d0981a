package io.somekv.node;

import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.HandOverProof;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.Optional;

/**
 * Brings one shard with data from the group that serves it into one that this lane leads (DESIGN
 * §7): has it copied, caught up with, frozen, handed over, owned, and released. How far it is
 * stands in the two groups' logs; this asks for the next step, and whoever leads next goes on.
 * Whatever is refused ends the try, and the driver begins another.
 */
final class ShardTransfer {
    /** So few changes are copied in one piece under the freeze. */
    private static final int CHANGES_LEFT_MAX = 64;

    private final Router router;
    private final GroupHost host;
    private final int shard;
    private final long config;
    private final long source;
    private final Runnable onEnd;
    private long copyId;

    /**
     * @param host of the target group
     * @param source group that serves the shard
     * @param onEnd run once nothing of this is under way any more
     */
    ShardTransfer(
            Router router, GroupHost host, int shard, long config, long source, Runnable onEnd) {
        this.router = router;
        this.host = host;
        this.shard = shard;
        this.config = config;
        this.source = source;
        this.onEnd = onEnd;
    }

    void begin(Now now) {
        ask(
                now,
                source,
                new Command.StartCopy(shard, config, host.groupId()),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.Copying copying) {
                        copyId = copying.copyId();
                        next(then);
                    } else {
                        onEnd.run();
                    }
                });
    }

    /** Goes on from what the target's log says of it. */
    void resume(Now now, Incoming incoming) {
        copyId = incoming.copyId();
        next(now);
    }

    private void next(Now now) {
        if (!host.leads() || ((KvMachine) host.machine()).serves(shard)) {
            onEnd.run();
            return;
        }
        Optional<Incoming> staged = staged();
        if (staged.isPresent() && staged.get().isPrepared()) {
            handOver(now, staged.get());
        } else {
            read(now, staged);
        }
    }

    private Optional<Incoming> staged() {
        for (Incoming move : ((KvMachine) host.machine()).incoming()) {
            if (move.shard() == shard && move.config() == config && move.copyId() == copyId) {
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
                source,
                new Command.ReadShard(shard, copyId, cursor),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.ShardPiece piece) {
                        stage(then, number, piece);
                    } else {
                        onEnd.run();
                    }
                });
    }

    private void stage(Now now, long number, Outcome.ShardPiece piece) {
        askOk(
                now,
                host.groupId(),
                new Command.Stage(shard, config, source, number, piece),
                then -> {
                    boolean isCaughtUp =
                            piece.next().part() == CopyCursor.Part.CHANGES
                                    && piece.freezeId() == 0
                                    && piece.changesLeft() <= CHANGES_LEFT_MAX;
                    if (isCaughtUp) {
                        askOk(then, source, new Command.Freeze(shard, copyId), this::next);
                    } else {
                        next(then);
                    }
                });
    }

    private void handOver(Now now, Incoming prepared) {
        long freezeId = prepared.cursor().freezeId();
        ask(
                now,
                source,
                new Command.HandOver(shard, copyId, freezeId),
                (then, outcome, logTime) -> {
                    if (outcome instanceof Outcome.HandedOver handedOver) {
                        own(then, prepared, handedOver.logTime());
                    } else if (outcome instanceof Outcome.Refused) {
                        // The freeze is over: what changed since is to be copied first.
                        read(then, Optional.of(prepared));
                    } else {
                        onEnd.run();
                    }
                });
    }

    private void own(Now now, Incoming prepared, long logTime) {
        HandOverProof proof =
                new HandOverProof(copyId, prepared.cursor().freezeId(), prepared.digest(), logTime);
        askOk(
                now,
                host.groupId(),
                new Command.Own(shard, config, Optional.of(proof)),
                then -> onEnd.run());
    }

    private interface Step {
        void at(Now now);
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
                        onEnd.run();
                    }
                });
    }

    private void ask(Now now, long group, Command command, Waiter waiter) {
        router.ask(now, group, new Request(Optional.empty(), command), waiter);
    }
}
