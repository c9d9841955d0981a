package io.somekv.protocol.resp;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import java.util.Optional;
import java.util.OptionalLong;

/** The options of SET, which come in any order and exclude each other in several ways. */
final class SetOptions {
    private Condition condition = Condition.ALWAYS;
    private Expiry expiry = Expiry.NONE;
    private boolean returnOld;

    private SetOptions() {}

    static RespAction handle(RespCall call) {
        SetOptions options = new SetOptions();
        return options.read(call)
                .map(RespAction::reply)
                .orElseGet(() ->
                        KeyedAsk.one(
                                call,
                                call.at(1),
                                new Command.Put(
                                        call.at(1),
                                        call.at(2),
                                        options.condition,
                                        options.expiry,
                                        options.returnOld)));
    }

    /** Returns the error, if there is one. */
    private Optional<RespReply> read(RespCall call) {
        for (int i = 3; i < call.count(); i++) {
            String option = call.upper(i);
            Optional<RespReply> error = Optional.empty();
            switch (option) {
                case "NX" -> error = setCondition(Condition.IF_ABSENT);
                case "XX" -> error = setCondition(Condition.IF_PRESENT);
                case "GET" -> returnOld = true;
                case "KEEPTTL" -> error = setExpiry(Expiry.KEEP);
                case "EX", "PX", "EXAT", "PXAT" -> {
                    error =
                            i + 1 == call.count()
                                    ? Optional.of(Replies.SYNTAX_ERROR)
                                    : setExpiry(option, call.number(i + 1));
                    i++;
                }
                default -> error = Optional.of(Replies.SYNTAX_ERROR);
            }
            if (error.isPresent()) {
                return error;
            }
        }
        return Optional.empty();
    }

    private Optional<RespReply> setCondition(Condition wanted) {
        if (condition != Condition.ALWAYS && condition != wanted) {
            return Optional.of(Replies.SYNTAX_ERROR);
        }
        condition = wanted;
        return Optional.empty();
    }

    private Optional<RespReply> setExpiry(Expiry wanted) {
        if (expiry.kind() != Expiry.Kind.NONE) {
            return Optional.of(Replies.SYNTAX_ERROR);
        }
        expiry = wanted;
        return Optional.empty();
    }

    private Optional<RespReply> setExpiry(String option, OptionalLong amount) {
        if (amount.isEmpty()) {
            return Optional.of(Replies.NOT_AN_INTEGER);
        }
        int unitMillis = option.startsWith("P") ? 1 : 1000;
        long value = amount.getAsLong();
        if (value <= 0 || value > Long.MAX_VALUE / unitMillis) {
            return Optional.of(Replies.invalidExpiry("set"));
        }
        Expiry.Kind kind = option.endsWith("AT") ? Expiry.Kind.AT : Expiry.Kind.AFTER;
        return setExpiry(new Expiry(kind, value * unitMillis));
    }
}
