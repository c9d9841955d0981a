package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoggedDecision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.OutcomeCodec;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestCodec;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Nothing takes more room in a frame or an entry than it weighs, whatever it carries. */
class WeightsTest {
    private static final int MANY = 1_000;

    /** Longer than others where numbers are written by as many bytes as they need. */
    private static final long FAR = Long.MIN_VALUE;

    private static final int LAST = Integer.MIN_VALUE;

    private static final Bytes KEY = Bytes.wrap(new byte[GroupSettings.KEY_SIZE_MAX]);

    /** Each character takes three bytes in UTF-8. */
    private static final String TEXT = "\u20ac".repeat(MANY);

    private static final CopyCursor CURSOR =
            new CopyCursor(CopyCursor.Part.OUTCOMES, KEY, KEY, FAR, KEY);
    private static final DigestRange RANGE = new DigestRange(KEY, KEY, FAR);
    private static final Outcome.ShardPiece PIECE =
            new Outcome.ShardPiece(
                    FAR,
                    FAR,
                    FAR,
                    Bytes.wrap(new byte[1 << 20]),
                    FAR,
                    CURSOR,
                    LAST,
                    LAST,
                    FAR,
                    FAR);
    private static final GroupSpec GROUP =
            new GroupSpec(FAR, many(new GroupSpec.Replica(FAR, FAR)));
    private static final NodeInfo NODE =
            new NodeInfo(FAR, new UUID(FAR, FAR), TEXT, LAST, LAST, LAST, LAST);
    private static final Decision DECISION = new Decision.ReplaceReplica(FAR, FAR, FAR, TEXT);
    private static final GroupSettings SETTINGS = new GroupSettings(LAST, LAST, LAST, LAST);

    private static <T> List<T> many(T each) {
        return Collections.nCopies(MANY, each);
    }

    private static List<Integer> numbers() {
        return many(LAST);
    }

    private static void assertOutweighsItsBytes(Command command) {
        List<RequestStamp.Range> finished =
                LongStream.rangeClosed(1, RequestStamp.FINISHED_MAX)
                        .map(i -> i << 58)
                        .mapToObj(from -> new RequestStamp.Range(from, from + (1L << 57)))
                        .toList();
        RequestStamp stamp = new RequestStamp(new ClientId(FAR, FAR), 1L << 62, 1, finished, FAR);
        Request request = new Request(Optional.of(stamp), command);
        ByteWriter out = new ByteWriter();
        RequestCodec.write(out, request);
        long weight = Weights.of(request);
        assertTrue(
                weight >= out.size(),
                () -> command.getClass().getSimpleName() + " weighs " + weight);
    }

    private static void assertOutweighsItsBytes(Outcome outcome) {
        ByteWriter out = new ByteWriter();
        OutcomeCodec.write(out, outcome);
        long weight = Weights.of(outcome);
        assertTrue(
                weight >= out.size(),
                () -> outcome.getClass().getSimpleName() + " weighs " + weight);
    }

    @Test
    void commandsOfClients() {
        List<Bytes> keys = many(KEY);
        List<Command> commands =
                List.of(
                        new Command.Put(
                                KEY,
                                KEY,
                                Command.Condition.ALWAYS,
                                new Command.Expiry(Command.Expiry.Kind.AT, FAR),
                                true),
                        new Command.PutMany(many(new Command.KeyValue(KEY, KEY))),
                        new Command.Append(KEY, KEY),
                        new Command.Increment(KEY, FAR),
                        new Command.IncrementFloat(KEY, TEXT),
                        new Command.Expire(KEY, Command.Expiry.NONE),
                        new Command.Delete(keys),
                        new Command.Get(KEY),
                        new Command.GetMany(keys),
                        new Command.Exists(keys),
                        new Command.StringLength(KEY),
                        new Command.TimeToLive(KEY));
        commands.forEach(WeightsTest::assertOutweighsItsBytes);
    }

    @Test
    void commandsByWhichShardsMove() {
        List<Command> commands =
                List.of(
                        new Command.Stage(LAST, FAR, FAR, FAR, PIECE),
                        new Command.ReadShard(LAST, FAR, CURSOR),
                        new Command.DigestShard(LAST, FAR, RANGE));
        commands.forEach(WeightsTest::assertOutweighsItsBytes);
    }

    @Test
    void commandsOfTheShardMaster() {
        MoveTuning tuning =
                new MoveTuning(
                        Optional.of(LAST),
                        Optional.of(FAR),
                        Optional.of(true),
                        numbers(),
                        numbers());
        List<Command> commands =
                List.of(
                        new Command.StartCluster(new UUID(FAR, FAR), LAST, SETTINGS, many(NODE)),
                        new Command.RegisterNode(NODE),
                        new Command.ReportMembers(GROUP, FAR),
                        new Command.ReportServed(
                                FAR, many(new Command.ReportServed.Since(LAST, FAR))),
                        new Command.TuneMoves(tuning),
                        new Command.Join(many(GROUP)),
                        new Command.Leave(many(FAR)),
                        new Command.Decide(FAR, FAR, many(DECISION)));
        commands.forEach(WeightsTest::assertOutweighsItsBytes);
    }

    @Test
    void outcomes() {
        CaretakerState caretaker =
                new CaretakerState(
                        CaretakerSettings.DEFAULTS,
                        many(new NodeUse(FAR, NodeUse.Kind.CLOSED)),
                        many(new LoggedDecision(FAR, FAR, DECISION)));
        ClusterMap map =
                new ClusterMap(
                        new UUID(FAR, FAR),
                        SETTINGS,
                        new ShardConfig(FAR, many(GROUP), many(FAR)),
                        GROUP,
                        many(NODE),
                        LongStream.range(0, MANY).mapToObj(i -> new Served(FAR + i, FAR)).toList(),
                        many(GROUP),
                        new MoveSettings(LAST, FAR, true, numbers()));
        List<Outcome> outcomes =
                List.of(
                        new Outcome.Value(KEY),
                        new Outcome.Values(many(Optional.of(KEY))),
                        PIECE,
                        new Outcome.ShardDigest(RANGE, FAR),
                        new Outcome.Cluster(map),
                        new Outcome.Caretaker(caretaker),
                        new Outcome.Refused(Outcome.Reason.OVERFLOW, TEXT),
                        new Outcome.Invalid(TEXT),
                        new Outcome.Unknown(TEXT),
                        new Outcome.Ok(),
                        new Outcome.DiskNearlyFull(FAR, FAR));
        outcomes.forEach(WeightsTest::assertOutweighsItsBytes);
    }
}
