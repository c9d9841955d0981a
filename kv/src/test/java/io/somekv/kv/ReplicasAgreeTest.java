package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.command.RequestStamp.Range;
import io.somekv.protocol.config.GroupSettings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same entries, the same state and answers (Raft §2), whatever happened to the replica: one
 * runs on, the other is crashed at random, loses what its engine had not flushed, and replays.
 * Clients here do everything that stamps allow: repeat, overtake, fall silent past their deadlines,
 * come back, acknowledge late.
 */
class ReplicasAgreeTest {
    private static final int CLIENTS = 6;

    @Test
    @Tag("kb-25")
    @Tag("kb-26")
    void aRestartedReplicaAnswersAndStandsAsOneThatRanOn() {
        Set<String> kinds = new TreeSet<>();
        for (long seed = 0; seed < 60; seed++) {
            Run run = new Run(seed);
            run.go(400);
            for (List<Outcome> outcomes : run.answers) {
                outcomes.forEach(outcome -> kinds.add(outcome.getClass().getSimpleName()));
            }
        }
        assertEquals(
                List.of(
                        "BelowFloor",
                        "Busy",
                        "DeadlineNeeded",
                        "Int",
                        "Nil",
                        "Ok",
                        "Refused",
                        "Unknown",
                        "Value"),
                List.copyOf(kinds),
                "the run met every kind of answer");
    }

    private static final class Run {
        private final long seed;
        private final Random random;
        private final List<AppliedEntry> log = new ArrayList<>();
        private final List<List<Outcome>> answers = new ArrayList<>();
        private final long[] nextSequence = new long[CLIENTS];
        private final long[] floor = new long[CLIENTS];
        private final List<Request> sent = new ArrayList<>();
        private final MemoryEngine steadyEngine = new MemoryEngine();
        private final MemoryEngine crashingEngine = new MemoryEngine();
        private final KvMachine steady = open(steadyEngine, 1);
        private KvMachine crashing = open(crashingEngine, 9);
        private long now = Group.START;

        Run(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        private static KvMachine open(MemoryEngine engine, long storeId) {
            return new KvMachine(engine, storeId, EnumSet.noneOf(Mutation.class));
        }

        void go(int entries) {
            apply(
                    List.of(
                            Group.bare(new Command.Configure(new GroupSettings(2, 40, 6, 1))),
                            Group.bare(Command.Own.empty(0, 1)),
                            Group.bare(Command.Own.empty(1, 1))));
            for (int i = 0; i < entries; i++) {
                now += random.nextInt(8) == 0 ? random.nextInt(120_000) : random.nextInt(2000);
                List<Request> requests = new ArrayList<>();
                for (int j = random.nextInt(4); j > 0; j--) {
                    requests.add(request());
                }
                apply(requests);
                maybeCrash();
            }
        }

        private void apply(List<Request> requests) {
            AppliedEntry entry = new AppliedEntry(log.size() + 1, now, requests);
            log.add(entry);
            answers.add(steady.apply(entry));
            catchUp();
        }

        private void catchUp() {
            while (crashing.appliedIndex() < log.size()) {
                int at = (int) crashing.appliedIndex();
                assertEquals(
                        answers.get(at), crashing.apply(log.get(at)), "seed " + seed + ", " + at);
            }
        }

        private void maybeCrash() {
            crashingEngine.flushSome(random.nextInt(3));
            if (random.nextInt(10) == 0) {
                crashingEngine.crash();
                crashing = open(crashingEngine, 9);
                catchUp();
            }
            if (random.nextInt(4) == 0) {
                Command.StateDigest digest = new Command.StateDigest();
                assertEquals(steady.read(digest), crashing.read(digest), "seed " + seed);
                assertEquals(steady.shards(), crashing.shards());
                assertEquals(steady.duplicateBytesHeld(), crashing.duplicateBytesHeld());
            }
        }

        private Request request() {
            if (!sent.isEmpty() && random.nextInt(4) == 0) {
                return sent.get(Math.max(0, sent.size() - 1 - random.nextInt(20)));
            }
            int client = random.nextInt(CLIENTS);
            long sequence = Math.max(nextSequence[client] + 1, floor[client] + random.nextInt(8));
            nextSequence[client] = sequence;
            floor[client] = Math.min(sequence, Math.max(1, floor[client] + random.nextInt(3)));
            List<Range> finished =
                    random.nextInt(3) == 0 && sequence > floor[client] + 1
                            ? List.of(new Range(floor[client] + 1, sequence - 1))
                            : List.of();
            long deadline =
                    switch (random.nextInt(10)) {
                        case 0 -> 0;
                        case 1 -> now - 1;
                        case 2 -> now + 400_000;
                        case 3, 4, 5 -> now + 1000;
                        default -> now + random.nextInt(300_000);
                    };
            Request request =
                    new Request(
                            Optional.of(
                                    new RequestStamp(
                                            new ClientId(client, 1),
                                            sequence,
                                            floor[client],
                                            finished,
                                            deadline)),
                            command());
            sent.add(request);
            return request;
        }

        private Command command() {
            Bytes key = Bytes.utf8("k" + random.nextInt(12));
            Bytes value = Bytes.utf8(Integer.toString(random.nextInt(1000)));
            Expiry soon = new Expiry(Expiry.Kind.AFTER, random.nextInt(60_000));
            return switch (random.nextInt(12)) {
                case 0, 1 -> Command.Put.of(key, value);
                case 2 -> new Command.Put(key, value, Condition.ALWAYS, soon, true);
                case 3 -> new Command.Put(key, value, Condition.IF_ABSENT, soon, false);
                case 4 -> new Command.Put(key, value, Condition.IF_PRESENT, Expiry.KEEP, true);
                case 5, 6 -> new Command.Append(key, value);
                case 7 -> new Command.Increment(key, random.nextInt(100));
                case 8 -> new Command.IncrementFloat(key, "0.5");
                case 9 -> new Command.Expire(key, soon);
                case 10 -> new Command.Delete(List.of(key));
                default ->
                        random.nextInt(10) == 0 ? new Command.Clear(0) : Command.Put.of(key, key);
            };
        }
    }
}
