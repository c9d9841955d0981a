package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Seeded random commands, in batches, beside the plainest store there is: a map of strings. */
class KvModelTest {
    private static final int VALUE_SIZE_MAX = 12;

    @Test
    void theMachineAgreesWithAMap() {
        for (long seed = 0; seed < 100; seed++) {
            new Run(seed).go();
        }
    }

    private static final class Run {
        private final long seed;
        private final Random random;
        private final Group group = Group.serving(new GroupSettings(1, VALUE_SIZE_MAX, 8, 1));
        private final Map<String, String> values = new TreeMap<>();
        private final Map<String, Long> expiries = new TreeMap<>();

        Run(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        void go() {
            for (int i = 0; i < 150; i++) {
                group.now += random.nextInt(300);
                dropExpired();
                List<Request> requests = new ArrayList<>();
                List<Outcome> expected = new ArrayList<>();
                for (int j = random.nextInt(5); j > 0; j--) {
                    Command command = command();
                    requests.add(group.stamped(command));
                    expected.add(model(command));
                }
                assertEquals(
                        expected, group.apply(requests.toArray(new Request[0])), "seed " + seed);
                checkReads();
            }
        }

        private void dropExpired() {
            expiries.forEach((key, expiry) -> {
                if (expiry <= group.now) {
                    values.remove(key);
                }
            });
            expiries.keySet().retainAll(values.keySet());
        }

        private void checkReads() {
            List<Bytes> keys = new ArrayList<>();
            List<Optional<Bytes>> expected = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                keys.add(Bytes.utf8("k" + i));
                expected.add(Optional.ofNullable(values.get("k" + i)).map(Bytes::utf8));
            }
            String context = "seed " + seed;
            assertEquals(
                    new Outcome.Values(expected),
                    group.machine.read(new Command.GetMany(keys)),
                    context);
            assertEquals(
                    new Outcome.Int(values.size()),
                    group.machine.read(new Command.CountKeys(0)),
                    context);
            Long expiry = expiries.get("k0");
            long left = !values.containsKey("k0") ? -2 : expiry == null ? -1 : expiry - group.now;
            assertEquals(
                    new Outcome.Int(left),
                    group.machine.read(new Command.TimeToLive(keys.getFirst())),
                    context);
        }

        private Command command() {
            Bytes key = Bytes.utf8("k" + random.nextInt(8));
            Bytes value = Bytes.utf8(Integer.toString(random.nextInt(2000) - 500));
            Expiry.Kind kind = List.of(Expiry.Kind.values()).get(random.nextInt(4));
            Expiry expiry =
                    switch (kind) {
                        case NONE -> Expiry.NONE;
                        case KEEP -> Expiry.KEEP;
                        case AT -> new Expiry(kind, group.now + random.nextInt(1000) - 200);
                        case AFTER -> new Expiry(kind, random.nextInt(1000) - 100);
                    };
            return switch (random.nextInt(8)) {
                case 0, 1 -> {
                    Condition condition = List.of(Condition.values()).get(random.nextInt(3));
                    yield new Command.Put(key, value, condition, expiry, random.nextBoolean());
                }
                case 2 -> new Command.Append(key, value);
                case 3 -> new Command.Increment(key, random.nextInt(100) - 50);
                case 4 -> new Command.Delete(List.of(key, Bytes.utf8("k1"), key));
                case 5 -> new Command.Expire(key, expiry);
                case 6 ->
                        new Command.PutMany(
                                List.of(
                                        new Command.KeyValue(key, value),
                                        new Command.KeyValue(Bytes.utf8("k2"), value)));
                default ->
                        random.nextInt(20) == 0 ? new Command.Clear(0) : Command.Put.of(key, value);
            };
        }

        private Outcome model(Command command) {
            return switch (command) {
                case Command.Put put -> put(put);
                case Command.PutMany put -> {
                    put.pairs().forEach(p -> set(p.key().toUtf8(), p.value().toUtf8(), null));
                    yield new Outcome.Ok();
                }
                case Command.Append append -> append(append.key().toUtf8(), append.suffix());
                case Command.Increment add -> increment(add.key().toUtf8(), add.delta());
                case Command.Delete delete -> {
                    long count = 0;
                    for (Bytes key : delete.keys()) {
                        count += values.remove(key.toUtf8()) != null ? 1 : 0;
                        expiries.remove(key.toUtf8());
                    }
                    yield new Outcome.Int(count);
                }
                case Command.Expire expire -> expire(expire.key().toUtf8(), expire.expiry());
                case Command.Clear _ -> {
                    values.clear();
                    expiries.clear();
                    yield new Outcome.Ok();
                }
                default -> throw new IllegalArgumentException(command.toString());
            };
        }

        private Outcome put(Command.Put put) {
            String key = put.key().toUtf8();
            Expiry.Kind kind = put.expiry().kind();
            if ((kind == Expiry.Kind.AT || kind == Expiry.Kind.AFTER)
                    && put.expiry().millis() <= 0) {
                return new Outcome.Refused(Reason.INVALID_EXPIRY, "invalid expire time");
            }
            String old = values.get(key);
            boolean holds =
                    put.condition() == Condition.ALWAYS
                            || (put.condition() == Condition.IF_ABSENT) == (old == null);
            if (holds) {
                set(key, put.value().toUtf8(), moment(key, put.expiry()));
            }
            if (put.returnOld()) {
                return old == null ? new Outcome.Nil() : Group.value(old);
            }
            return holds ? new Outcome.Ok() : new Outcome.Nil();
        }

        private @Nullable Long moment(String key, Expiry expiry) {
            return switch (expiry.kind()) {
                case NONE -> null;
                case KEEP -> expiries.get(key);
                case AT -> expiry.millis();
                case AFTER -> group.now + expiry.millis();
            };
        }

        private void set(String key, String value, @Nullable Long moment) {
            values.put(key, value);
            expiries.remove(key);
            if (moment != null) {
                expiries.put(key, moment);
                dropExpired();
            }
        }

        private Outcome append(String key, Bytes suffix) {
            String value = values.getOrDefault(key, "") + suffix.toUtf8();
            if (value.length() > VALUE_SIZE_MAX) {
                return new Outcome.Refused(
                        Reason.VALUE_TOO_LARGE, "string exceeds maximum allowed size");
            }
            values.put(key, value);
            return new Outcome.Int(value.length());
        }

        private Outcome increment(String key, long delta) {
            String old = values.getOrDefault(key, "0");
            if (!old.matches("0|-?[1-9][0-9]*")) {
                return new Outcome.Refused(
                        Reason.NOT_AN_INTEGER, "value is not an integer or out of range");
            }
            long sum = Long.parseLong(old) + delta;
            values.put(key, Long.toString(sum));
            return new Outcome.Int(sum);
        }

        private Outcome expire(String key, Expiry expiry) {
            boolean wouldPersistWhatLasts =
                    expiry.kind() == Expiry.Kind.NONE && !expiries.containsKey(key);
            if (!values.containsKey(key) || wouldPersistWhatLasts) {
                return new Outcome.Int(0);
            }
            set(key, values.get(key), moment(key, expiry));
            return new Outcome.Int(1);
        }
    }
}
