package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.kv.RangeDigest;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.Optional;

/**
 * Has the source of a shard that is owned drop what it still has of it, once that was compared with
 * what came (DESIGN §7): range by range, each as many rows as a piece of a copy has, by their
 * digests. Where they differ, the source keeps its rows, the operator is told, and it is all
 * compared again after a while, or by another leader: a damaged replica may have been replaced.
 *
 * <p>How far it is stands nowhere else: who leads next begins anew.
 */
final class ShardRelease {
    private static final DigestRange ALL = new DigestRange(Bytes.EMPTY, Bytes.EMPTY, 0);

    /** What expires so soon is not compared: it may go while both sides are asked. */
    private static final long EXPIRES_SOON_MILLIS = 10_000;

    private static final long UNANSWERED_NANOS = 50_000_000L;
    private static final long DIFFERS_NANOS = 60_000_000_000L;

    private final ShardDriver.Tools tools;
    private final GroupHost host;
    private final TransferBudget budget;
    private final int shard;
    private final long config;
    private long restsUntilNanos;

    /** What is to be compared next. */
    private DigestRange range = ALL;

    /** All of it was compared. */
    private boolean isSame;

    private boolean isAsking;

    /**
     * @param host of the group that owns the shard
     */
    ShardRelease(ShardDriver.Tools tools, GroupHost host, TransferBudget budget, Incoming move) {
        this.tools = tools;
        this.host = host;
        this.budget = budget;
        this.shard = move.shard();
        this.config = move.config();
    }

    /** The source has released, or it is another replica by now that would ask it. */
    boolean isOver(GroupHost by) {
        return by != host || move().isEmpty();
    }

    private KvMachine machine() {
        return (KvMachine) host.machine();
    }

    private Optional<Incoming> move() {
        return machine().incoming().stream()
                .filter(move -> move.shard() == shard && move.config() == config)
                .findFirst();
    }

    void tick(Now now) {
        if (isAsking || (restsUntilNanos != 0 && now.nanos() - restsUntilNanos < 0)) {
            return;
        }
        if (!host.leads()) {
            beginAnew();
            return;
        }
        if (isSame) {
            move().ifPresent(move -> release(now, move));
        } else if (budget.mayGoOn(now)) {
            move().ifPresent(move -> compare(now, move));
        }
    }

    private void beginAnew() {
        range = ALL;
        isSame = false;
    }

    private void rest(Now now, long nanos) {
        restsUntilNanos = now.nanos() + nanos;
    }

    private void compare(Now now, Incoming move) {
        DigestRange wanted =
                range.through(range.to(), machine().appliedLogTime() + EXPIRES_SOON_MILLIS);
        ask(
                now,
                move.sourceGroup(),
                new Command.DigestShard(shard, move.copyId(), wanted),
                (then, outcome) -> {
                    if (outcome instanceof Outcome.ShardDigest theirs) {
                        long took = then.nanos() - now.nanos();
                        spend(then, compare(then, move, theirs), took);
                    } else if (outcome instanceof Outcome.Refused) {
                        // It has released already, and this group has not noted it yet.
                        isSame = true;
                    } else {
                        rest(then, UNANSWERED_NANOS);
                    }
                });
    }

    private void spend(Now now, long bytes, long tookNanos) {
        budget.spendComparing(
                now, bytes, tookNanos, tools.places().moveSettings().bytesPerSecondMax());
    }

    /**
     * Where this side stops sooner, or has seen more expire, the source is asked for the same.
     *
     * @return how many bytes of rows this side has read
     */
    private long compare(Now now, Incoming move, Outcome.ShardDigest theirs) {
        if (!host.leads() || move().isEmpty()) {
            // The replica may have been removed meanwhile, and its rows with it.
            return 0;
        }
        Optional<RangeDigest> read = machine().digestAsItCame(move, theirs.range());
        if (read.isEmpty()) {
            isSame = true;
            return 0;
        }
        Outcome.ShardDigest ours = read.get().digest();
        if (!ours.range().equals(theirs.range())) {
            range = ours.range();
        } else if (!ours.equals(theirs)) {
            differ(now, move);
        } else if (theirs.range().to().isEmpty()) {
            isSame = true;
        } else {
            range = new DigestRange(theirs.range().to(), Bytes.EMPTY, 0);
        }
        return read.get().bytes();
    }

    private void differ(Now now, Incoming move) {
        tools.outbox().add(new LaneEffect.ShardDiffers(host.groupId(), shard, move.sourceGroup()));
        beginAnew();
        rest(now, DIFFERS_NANOS);
        ask(now, host.groupId(), new Command.Differ(shard, config), (then, outcome) -> {});
    }

    private void release(Now now, Incoming move) {
        ask(
                now,
                move.sourceGroup(),
                new Command.Release(shard, move.copyId()),
                (then, outcome) -> {
                    rest(then, UNANSWERED_NANOS);
                    if (outcome instanceof Outcome.Ok) {
                        ask(
                                then,
                                host.groupId(),
                                new Command.Released(shard, config),
                                (later, done) -> {});
                    }
                });
    }

    private interface Answered {
        void with(Now now, Outcome outcome);
    }

    /** One question at a time. */
    private void ask(Now now, long group, Command command, Answered answered) {
        isAsking = true;
        tools.router()
                .ask(
                        now,
                        group,
                        new Request(Optional.empty(), command),
                        (then, outcome, logTime) -> {
                            isAsking = false;
                            answered.with(then, outcome);
                        });
    }
}
