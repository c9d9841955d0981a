package io.somekv.server.grpc;

import io.grpc.stub.StreamObserver;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.v1.Status;
import io.somekv.protocol.v1.Status.Code;
import io.somekv.server.control.Answer;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How calls end. An answer, refusals included, is a response with a {@link Status} in it; a gRPC
 * error means that the call itself failed.
 */
final class Replies {
    static final Status OK = Status.newBuilder().setCode(Code.OK).build();

    private static final Logger log = LoggerFactory.getLogger(Replies.class);

    private Replies() {}

    /**
     * Runs a call's work on the thread of the call, which may block.
     *
     * @param refused makes the response to a request that was not carried out
     */
    static <T> void reply(StreamObserver<T> to, Callable<T> work, Function<Status, T> refused) {
        T message;
        try {
            message = work.call();
        } catch (ControlException e) {
            message = refused.apply(statusOf(e));
        } catch (Exception e) {
            log.error("a call failed", e);
            to.onError(io.grpc.Status.INTERNAL.withDescription(e.toString()).asException());
            return;
        }
        to.onNext(message);
        to.onCompleted();
    }

    private static Status statusOf(ControlException e) {
        Code code =
                switch (e.kind()) {
                    case INVALID -> Code.INVALID;
                    case NOT_NOW, EXISTS -> Code.REFUSED;
                    case UNREACHABLE -> Code.UNAVAILABLE;
                    case OUTCOME_UNKNOWN -> Code.UNKNOWN;
                };
        return Status.newBuilder().setCode(code).setMessage(e.getMessage()).build();
    }

    /** What became of a request to a group. */
    static Status statusOf(Answer answer) {
        Status.Builder status = Status.newBuilder().setLogTime(answer.logTime());
        return switch (answer.outcome()) {
            case Outcome.Refused refused ->
                    status.setCode(Code.REFUSED).setMessage(refused.message()).build();
            case Outcome.Result _ -> status.setCode(Code.OK).build();
            case Outcome.Busy busy ->
                    status.setCode(Code.BUSY)
                            .setMessage("a bound is reached")
                            .setRetryAfterMillis(busy.retryAfterMillis())
                            .build();
            case Outcome.DiskNearlyFull full ->
                    status.setCode(Code.DISK_NEARLY_FULL).setMessage(full.text()).build();
            case Outcome.WrongGroup _ ->
                    status.setCode(Code.UNAVAILABLE)
                            .setMessage("no group serves the key's shard now")
                            .build();
            case Outcome.NotLeader _ ->
                    status.setCode(Code.UNAVAILABLE)
                            .setMessage("the group has no leader that can be reached")
                            .build();
            case Outcome.DeadlineNeeded needed ->
                    status.setCode(Code.DEADLINE_NEEDED).setLogTime(needed.logTime()).build();
            case Outcome.Invalid invalid ->
                    status.setCode(Code.INVALID).setMessage(invalid.message()).build();
            case Outcome.BelowFloor _ ->
                    status.setCode(Code.UNKNOWN)
                            .setMessage(
                                    "the sequence is below the client's floor: its result is gone")
                            .build();
            case Outcome.Unknown unknown ->
                    status.setCode(Code.UNKNOWN).setMessage(unknown.why()).build();
        };
    }

    /** The other way: throws what a node answered instead of doing as it was asked. */
    static void check(Status status) {
        Kind kind =
                switch (status.getCode()) {
                    case OK -> null;
                    case REFUSED, DISK_NEARLY_FULL -> Kind.NOT_NOW;
                    case INVALID, DEADLINE_NEEDED -> Kind.INVALID;
                    case BUSY, UNAVAILABLE -> Kind.UNREACHABLE;
                    case UNKNOWN, CODE_UNSPECIFIED, UNRECOGNIZED -> Kind.OUTCOME_UNKNOWN;
                };
        if (kind != null) {
            throw new ControlException(kind, status.getMessage());
        }
    }
}
