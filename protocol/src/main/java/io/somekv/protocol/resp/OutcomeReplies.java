package io.somekv.protocol.resp;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.Outcome;
import java.util.List;

/**
 * Outcomes in the words of Redis. The error codes are chosen by what clients make of them: {@code
 * BUSY} would read as a running script that wants to be killed, {@code TRYAGAIN} says what we mean.
 * {@code MISCONF} is what Redis says where its disk takes no writes, and clients do not repeat it.
 * {@code UNKNOWN} is a code of our own: an answer that reads like a failure would make an
 * application do it again.
 */
final class OutcomeReplies {
    private OutcomeReplies() {}

    /** The plain translation of a command's single outcome. */
    static RespReply of(List<Outcome> outcomes) {
        Invariant.check(outcomes.size() == 1, "one part has one outcome");
        return of(outcomes.get(0));
    }

    static RespReply of(Outcome outcome) {
        if (outcome instanceof Outcome.Ok) {
            return RespReply.OK;
        } else if (outcome instanceof Outcome.Nil) {
            return RespReply.NULL;
        } else if (outcome instanceof Outcome.Value value) {
            return new RespReply.Bulk(value.value());
        } else if (outcome instanceof Outcome.Int number) {
            return new RespReply.Int(number.value());
        }
        return error(outcome);
    }

    /** Whether {@link #of} has a reply for it that is no error. */
    static boolean isGood(Outcome outcome) {
        return outcome instanceof Outcome.Result && !(outcome instanceof Outcome.Refused);
    }

    /**
     * One error for a command that was split, if any part failed; the others were executed all the
     * same, and the text says so.
     */
    static RespReply errorOf(List<Outcome> outcomes) {
        Outcome worst = outcomes.get(0);
        int good = 0;
        for (Outcome outcome : outcomes) {
            if (isGood(outcome)) {
                good++;
            } else if (isGood(worst) || outcome instanceof Outcome.Unknown) {
                worst = outcome;
            }
        }
        String text = ((RespReply.Failure) error(worst)).text();
        return good == 0
                ? new RespReply.Failure(text)
                : new RespReply.Failure(
                        text + "; " + good + " of " + outcomes.size() + " shards did their part");
    }

    private static RespReply error(Outcome outcome) {
        if (outcome instanceof Outcome.Refused refused) {
            return refusal(refused);
        } else if (outcome instanceof Outcome.Unknown unknown) {
            return unknown(unknown.why());
        } else if (outcome instanceof Outcome.BelowFloor) {
            return unknown("its record is gone");
        } else if (outcome instanceof Outcome.Busy busy) {
            return new RespReply.Failure(
                    "TRYAGAIN a limit of the node is reached and the command was not executed; try"
                            + " again in "
                            + busy.retryAfterMillis()
                            + " ms");
        } else if (outcome instanceof Outcome.DiskNearlyFull full) {
            return new RespReply.Failure("MISCONF the command was not executed: " + full.text());
        } else if (outcome instanceof Outcome.WrongGroup) {
            return Replies.NOT_SERVED;
        } else if (outcome instanceof Outcome.NotLeader) {
            return new RespReply.Failure("CLUSTERDOWN The slot's group has no leader");
        } else if (outcome instanceof Outcome.DeadlineNeeded) {
            return new RespReply.Failure("TRYAGAIN the command was not executed: no log time yet");
        } else if (outcome instanceof Outcome.Invalid invalid) {
            return new RespReply.Failure("ERR " + invalid.message());
        }
        throw Invariant.unreachable("no Redis command is answered by " + outcome);
    }

    private static RespReply unknown(String why) {
        return new RespReply.Failure("UNKNOWN the write may or may not have been applied: " + why);
    }

    private static RespReply refusal(Outcome.Refused refused) {
        return switch (refused.reason()) {
            case NOT_AN_INTEGER -> Replies.NOT_AN_INTEGER;
            case OVERFLOW -> Replies.OVERFLOW;
            case NOT_A_FLOAT -> Replies.NOT_A_FLOAT;
            case VALUE_TOO_LARGE -> Replies.TOO_LARGE;
            case INVALID_EXPIRY -> Replies.invalidExpiry("expire");
            case NO_SUCH_GROUP,
                    GROUP_EXISTS,
                    NO_SUCH_SHARD,
                    NO_SUCH_NODE,
                    NOTHING_TO_DO,
                    NOT_STARTED,
                    ALREADY_STARTED,
                    NO_SUCH_COPY ->
                    new RespReply.Failure("ERR " + refused.message());
        };
    }
}
