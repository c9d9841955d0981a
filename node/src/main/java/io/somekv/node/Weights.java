package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.FrameCodec;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * What requests and outcomes weigh in every bound of a lane (DESIGN §10): never less than they take
 * in a frame or an entry, nor than the small objects around them take in memory.
 */
final class Weights {
    /** What one frame carries: a frame's own fields, and an entry's, take less than the rest. */
    static final long FRAME_WEIGHT_MAX = FrameCodec.FRAME_SIZE_MAX - (64 << 10);

    /** A request without what it carries: its stamp, the numbers of its command. */
    private static final int REQUEST = 256;

    /** An outcome without what it carries. */
    private static final int OUTCOME = 128;

    /** One of several values, without its bytes; one of several numbers. */
    private static final int PART = 16;

    /** Two numbers: a range of sequences, a replica. */
    private static final int PAIR = 20;

    /** What stands beside the texts, bytes and lists of something larger. */
    private static final int RECORD = 64;

    private Weights() {}

    static long of(Request request) {
        long ranges = request.stamp().isPresent() ? request.stamp().get().finished().size() : 0;
        return REQUEST + PAIR * ranges + carriedBy(request.command());
    }

    /** Without a default: a command that carries something must not weigh nothing. */
    private static long carriedBy(Command command) {
        return switch (command) {
            case Command.Put put -> put.key().size() + put.value().size();
            case Command.Append append -> append.key().size() + append.suffix().size();
            case Command.Increment add -> add.key().size();
            case Command.IncrementFloat add -> add.key().size() + of(add.delta());
            case Command.Get get -> get.key().size();
            case Command.PutMany many -> {
                long sum = 0;
                for (Command.KeyValue pair : many.pairs()) {
                    sum += PART + pair.key().size() + pair.value().size();
                }
                yield sum;
            }
            case Command.Keyed keyed -> ofAll(keyed.keys());
            case Command.Stage stage -> of(stage.piece());
            case Command.ReadShard read -> of(read.cursor());
            case Command.DigestShard digest -> of(digest.range());
            case Command.MasterWrite write -> carriedBy(write);
            case Command.CountKeys _, Command.OfSlot _, Command.IsPristine _ -> 0;
            case Command.StateDigest _, Command.QueryConfig _, Command.QueryCaretaker _ -> 0;
            case Command.Clear _, Command.Configure _, Command.GiveUp _, Command.Own _ -> 0;
            case Command.StartCopy _, Command.EndCopy _, Command.Unstage _, Command.Differ _ -> 0;
            case Command.Freeze _, Command.Unfreeze _, Command.HandOver _ -> 0;
            case Command.Release _, Command.Released _, Command.Suspend _ -> 0;
        };
    }

    private static long carriedBy(Command.MasterWrite write) {
        return switch (write) {
            case Command.StartCluster start -> sum(start.nodes(), Weights::of);
            case Command.RegisterNode register -> of(register.node());
            case Command.ReportMembers report -> of(report.group());
            case Command.ReportServed report -> (long) PAIR * report.shards().size();
            case Command.TuneMoves tune ->
                    (long) PART * (tune.tuning().pause().size() + tune.tuning().resume().size());
            case Command.Join join -> sum(join.groups(), Weights::of);
            case Command.Leave leave -> (long) PART * leave.groupIds().size();
            case Command.Decide decide -> sum(decide.decisions(), Weights::of);
            case Command.ForgetNode _, Command.RegisterClient _, Command.Move _ -> 0;
            case Command.TuneCaretaker _, Command.UseNode _ -> 0;
        };
    }

    static long of(Outcome outcome) {
        return OUTCOME + carriedBy(outcome);
    }

    /** As of a command. */
    private static long carriedBy(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Value value -> value.value().size();
            case Outcome.Values values -> {
                long sum = 0;
                for (Optional<Bytes> value : values.values()) {
                    sum += PART + (value.isPresent() ? value.get().size() : 0);
                }
                yield sum;
            }
            case Outcome.ShardPiece piece -> of(piece);
            case Outcome.ShardDigest digest -> of(digest.range());
            case Outcome.Cluster cluster -> of(cluster.map());
            case Outcome.Caretaker caretaker ->
                    (long) PART * caretaker.state().uses().size()
                            + sum(caretaker.state().decisions(), one -> of(one.decision()));
            case Outcome.Refused refused -> of(refused.message());
            case Outcome.Invalid invalid -> of(invalid.message());
            case Outcome.Unknown unknown -> of(unknown.why());
            case Outcome.Ok _, Outcome.Nil _, Outcome.Int _, Outcome.Registered _ -> 0;
            case Outcome.GivenUp _, Outcome.Copying _, Outcome.HandedOver _ -> 0;
            case Outcome.WrongGroup _, Outcome.NotLeader _, Outcome.Busy _ -> 0;
            case Outcome.DiskNearlyFull _, Outcome.DeadlineNeeded _, Outcome.BelowFloor _ -> 0;
        };
    }

    // ---- what is carried

    private static long ofAll(List<Bytes> values) {
        long sum = 0;
        for (Bytes value : values) {
            sum += PART + value.size();
        }
        return sum;
    }

    /** In UTF-8. */
    private static long of(String text) {
        return 3L * text.length();
    }

    private static long of(Outcome.ShardPiece piece) {
        return RECORD + piece.rows().size() + of(piece.next());
    }

    private static long of(CopyCursor cursor) {
        long positions = (long) cursor.rowsAfter().size() + cursor.changesAfter().size();
        return positions + cursor.outcomesAfter().size();
    }

    private static long of(DigestRange range) {
        return (long) range.from().size() + range.to().size();
    }

    private static long of(NodeInfo node) {
        return RECORD + of(node.host());
    }

    private static long of(GroupSpec group) {
        return PART + (long) PAIR * group.replicas().size();
    }

    private static long of(Decision decision) {
        return RECORD + of(decision.why());
    }

    private static long of(ClusterMap map) {
        return RECORD
                + sum(map.nodes(), Weights::of)
                + of(map.master())
                + sum(map.config().groups(), Weights::of)
                + sum(map.formerGroups(), Weights::of)
                + (long) PART * map.config().owners().size()
                + 2L * PAIR * map.served().size()
                + (long) PART * map.moves().pausedShards().size();
    }

    private static <T> long sum(List<T> parts, ToLongFunction<T> weight) {
        long sum = 0;
        for (T part : parts) {
            sum += weight.applyAsLong(part);
        }
        return sum;
    }

    /**
     * The outcome, or what is said in its place where no frame could carry it. Judged where a
     * command is executed, not where an answer is sent: else the same request would be answered by
     * one node and refused by another.
     */
    static Outcome sendable(Command command, Outcome outcome) {
        long weight = of(outcome);
        if (weight <= FRAME_WEIGHT_MAX) {
            return outcome;
        }
        String why = "an answer of " + weight + " bytes; at most " + FRAME_WEIGHT_MAX + " can be";
        return command instanceof Command.Read
                ? new Outcome.Invalid(why + " sent: ask for fewer keys at once")
                : new Outcome.Unknown(why + " sent");
    }
}
