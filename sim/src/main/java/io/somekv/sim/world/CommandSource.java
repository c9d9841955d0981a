package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.sim.check.AppendHistory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/** What one client asks for: commands at random, with values that nobody else writes. */
final class CommandSource {
    private static final long HOUR_MILLIS = 3_600_000;

    private final int client;
    private final SplittableRandom random;
    private final LongSupplier clockMillis;
    private long asked;

    /**
     * @param clockMillis for expiries at a moment
     */
    CommandSource(int client, SplittableRandom random, LongSupplier clockMillis) {
        this.client = client;
        this.random = random;
        this.clockMillis = clockMillis;
    }

    Command next(Subject subject) {
        String unique = client + "." + ++asked;
        return switch (subject.kind()) {
            case ANY -> random.nextInt(3) == 0 ? get(subject) : any(subject.name(), unique);
            case LOG -> random.nextInt(3) == 0 ? get(subject) : append(subject.name(), unique);
            case TIMED ->
                    random.nextBoolean()
                            ? readTimed(subject.name())
                            : timed(subject.name(), unique);
            case PAIR -> random.nextInt(3) == 0 ? readPair(subject) : pair(subject, unique);
        };
    }

    /** A read of all that a subject holds. */
    static Command get(Subject subject) {
        return subject.keys().size() == 1
                ? new Command.Get(subject.name())
                : new Command.GetMany(subject.keys());
    }

    private static Command append(Bytes key, String unique) {
        return new Command.Append(key, Bytes.utf8(unique + AppendHistory.END));
    }

    private static Command.Put put(Bytes key, String value, Condition condition, Expiry expiry) {
        return new Command.Put(key, Bytes.utf8(value), condition, expiry, false);
    }

    private Command any(Bytes key, String unique) {
        return switch (random.nextInt(8)) {
            case 0 -> append(key, unique);
            case 1 -> new Command.Delete(List.of(key));
            case 2 -> put(key, unique, Condition.IF_ABSENT, Expiry.NONE);
            case 3 -> new Command.Put(key, Bytes.utf8(unique), Condition.ALWAYS, Expiry.NONE, true);
            case 4 -> new Command.Increment(key, 1 + random.nextInt(9));
            case 5 -> Command.Put.of(key, Bytes.utf8(String.valueOf(random.nextInt(1000))));
            default -> Command.Put.of(key, Bytes.utf8(unique));
        };
    }

    private Command readTimed(Bytes key) {
        return switch (random.nextInt(4)) {
            case 0 -> new Command.TimeToLive(key);
            case 1 -> new Command.Exists(List.of(key));
            default -> new Command.Get(key);
        };
    }

    private Command timed(Bytes key, String unique) {
        return switch (random.nextInt(10)) {
            case 0 -> append(key, unique);
            case 1 -> new Command.Delete(List.of(key));
            case 2 -> put(key, unique, Condition.IF_ABSENT, soon());
            case 3 -> put(key, unique, Condition.ALWAYS, Expiry.KEEP);
            case 4 -> put(key, unique, Condition.ALWAYS, late());
            case 5 -> new Command.Expire(key, Expiry.NONE);
            case 6, 7 -> new Command.Expire(key, soon());
            default -> put(key, unique, Condition.ALWAYS, soon());
        };
    }

    /** Within the run, and often before the next command comes. */
    private Expiry soon() {
        return expiry(50 + random.nextLong(3_000));
    }

    /** Long after the run. */
    private Expiry late() {
        return expiry(HOUR_MILLIS);
    }

    private Expiry expiry(long millis) {
        return random.nextBoolean()
                ? new Expiry(Expiry.Kind.AFTER, millis)
                : new Expiry(Expiry.Kind.AT, clockMillis.getAsLong() + millis);
    }

    private Command readPair(Subject pair) {
        int choice = random.nextInt(4);
        if (choice == 0 && pair.shard().isPresent()) {
            return new Command.CountKeys(pair.shard().getAsInt());
        }
        return switch (choice) {
            case 1 -> new Command.Exists(pair.keys());
            case 2 -> new Command.Get(one(pair));
            default -> new Command.GetMany(pair.keys());
        };
    }

    private Command pair(Subject pair, String unique) {
        int choice = random.nextInt(7);
        if (choice == 0 && pair.shard().isPresent()) {
            return new Command.Clear(pair.shard().getAsInt());
        }
        return switch (choice) {
            case 1 -> new Command.Delete(pair.keys());
            case 2 -> new Command.Delete(List.of(one(pair)));
            case 3 -> append(one(pair), unique);
            case 4 -> Command.Put.of(one(pair), Bytes.utf8(unique));
            default ->
                    new Command.PutMany(
                            pair.keys().stream()
                                    .map(key -> new Command.KeyValue(key, Bytes.utf8(unique)))
                                    .toList());
        };
    }

    private Bytes one(Subject pair) {
        return pair.keys().get(random.nextInt(pair.keys().size()));
    }
}
