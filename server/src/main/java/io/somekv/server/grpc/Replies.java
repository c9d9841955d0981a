package io.somekv.server.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.folder.RefusedException;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How calls end: with a message, or with a status code and a text (see somekv.proto). */
final class Replies {
    private static final Logger log = LoggerFactory.getLogger(Replies.class);

    private Replies() {}

    /** Runs a call's work on the thread of the call, which may block. */
    static <T> void reply(StreamObserver<T> to, Callable<T> work) {
        T message;
        try {
            message = work.call();
        } catch (ControlException e) {
            to.onError(codeOf(e.kind()).withDescription(e.getMessage()).asRuntimeException());
            return;
        } catch (RefusedException | IllegalArgumentException e) {
            to.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        } catch (Exception e) {
            log.error("a call failed", e);
            to.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
            return;
        }
        to.onNext(message);
        to.onCompleted();
    }

    private static Status codeOf(Kind kind) {
        return switch (kind) {
            case INVALID -> Status.INVALID_ARGUMENT;
            case NOT_NOW -> Status.FAILED_PRECONDITION;
            case EXISTS -> Status.ALREADY_EXISTS;
            case UNREACHABLE -> Status.UNAVAILABLE;
            case OUTCOME_UNKNOWN -> Status.UNKNOWN;
        };
    }

    /** The other way: what a call to another node ended with. */
    static ControlException failure(String address, StatusRuntimeException e) {
        Status status = e.getStatus();
        String text = status.getDescription() == null ? "" : status.getDescription();
        return switch (status.getCode()) {
            case INVALID_ARGUMENT -> new ControlException(Kind.INVALID, text);
            case FAILED_PRECONDITION -> new ControlException(Kind.NOT_NOW, text);
            case ALREADY_EXISTS -> new ControlException(Kind.EXISTS, text);
            case UNKNOWN -> new ControlException(Kind.OUTCOME_UNKNOWN, text);
            case DEADLINE_EXCEEDED ->
                    new ControlException(
                            Kind.OUTCOME_UNKNOWN, "no answer from " + address + " in time");
            case UNAVAILABLE ->
                    new ControlException(
                            Kind.UNREACHABLE,
                            text.isEmpty() || text.toLowerCase(Locale.ROOT).startsWith("io exc")
                                    ? "nobody answers at "
                                            + address
                                            + ": is the node running, and is that its --grpc-port?"
                                    : text);
            case OK,
                    CANCELLED,
                    NOT_FOUND,
                    PERMISSION_DENIED,
                    RESOURCE_EXHAUSTED,
                    ABORTED,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    INTERNAL,
                    DATA_LOSS,
                    UNAUTHENTICATED ->
                    new ControlException(
                            Kind.OUTCOME_UNKNOWN,
                            address + " answered " + status.getCode() + " " + text);
        };
    }
}
