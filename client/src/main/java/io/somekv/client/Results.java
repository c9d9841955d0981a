package io.somekv.client;

import io.somekv.protocol.command.Outcome;
import java.util.Optional;

/** From outcomes to what the methods of {@link SomeKvClient} return or throw. */
final class Results {
    private Results() {}

    static Optional<byte[]> value(Outcome outcome) {
        if (outcome instanceof Outcome.Value value) {
            return Optional.of(value.value().toArray());
        } else if (outcome instanceof Outcome.Nil) {
            return Optional.empty();
        }
        throw exception(outcome);
    }

    static long number(Outcome outcome) {
        if (outcome instanceof Outcome.Int number) {
            return number.value();
        }
        throw exception(outcome);
    }

    /** Whether it was done: Ok, or Nil where a condition did not hold. */
    static boolean done(Outcome outcome) {
        if (outcome instanceof Outcome.Ok) {
            return true;
        } else if (outcome instanceof Outcome.Nil) {
            return false;
        }
        throw exception(outcome);
    }

    private static SomeKvException exception(Outcome outcome) {
        if (outcome instanceof Outcome.Unknown unknown) {
            return new SomeKvException.OutcomeUnknown(unknown.why());
        } else if (outcome instanceof Outcome.Invalid invalid) {
            return new SomeKvException.Refused(invalid.message());
        } else if (outcome instanceof Outcome.Refused refused) {
            return new SomeKvException.Refused(refused.message());
        } else if (outcome instanceof Outcome.NotExecuted) {
            return new SomeKvException.Unavailable(whyNot(outcome));
        }
        return new SomeKvException.Refused("an answer to something else: " + outcome);
    }

    /** For a person: what kept every node from executing it. */
    private static String whyNot(Outcome outcome) {
        if (outcome instanceof Outcome.Busy) {
            return "the store had too much to do; try again later";
        } else if (outcome instanceof Outcome.DiskNearlyFull full) {
            return full.text();
        } else if (outcome instanceof Outcome.WrongGroup) {
            return "no group serves the key; have a group join";
        } else if (outcome instanceof Outcome.NotLeader) {
            return "no node led the key's group in time; does a majority of its nodes run?";
        }
        return "the store was not ready for it: " + outcome;
    }
}
