package io.somekv.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.v1.AppendRequest;
import io.somekv.protocol.v1.AppendResponse;
import io.somekv.protocol.v1.DeleteRequest;
import io.somekv.protocol.v1.DeleteResponse;
import io.somekv.protocol.v1.GetRequest;
import io.somekv.protocol.v1.GetResponse;
import io.somekv.protocol.v1.PutRequest;
import io.somekv.protocol.v1.PutResponse;
import io.somekv.protocol.v1.ReplicationGroupGrpc;
import io.somekv.protocol.v1.RequestStamp;
import io.somekv.server.control.Answer;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.NodeControl;
import java.util.List;
import java.util.Optional;

/** The service ReplicationGroup of replication_group.proto: any node serves any key. */
final class ReplicationGroupService extends ReplicationGroupGrpc.ReplicationGroupImplBase {
    private final NodeControl node;

    ReplicationGroupService(NodeControl node) {
        this.node = node;
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> to) {
        Replies.reply(
                to,
                () -> {
                    Command get = new Command.Get(bytes(request.getKey()));
                    Answer answer =
                            node.ask(
                                    Frame.ANY_GROUP,
                                    new Request(Optional.empty(), get),
                                    modeOf(request));
                    GetResponse.Builder response =
                            GetResponse.newBuilder().setStatus(Replies.statusOf(answer));
                    if (answer.outcome() instanceof Outcome.Value found) {
                        response.setValue(
                                UnsafeByteOperations.unsafeWrap(found.value().asByteBuffer()));
                    }
                    return response.build();
                },
                status -> GetResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> to) {
        Command put = Command.Put.of(bytes(request.getKey()), bytes(request.getValue()));
        Replies.reply(
                to,
                () ->
                        PutResponse.newBuilder()
                                .setStatus(Replies.statusOf(write(put, stampOf(request))))
                                .build(),
                status -> PutResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void append(AppendRequest request, StreamObserver<AppendResponse> to) {
        Command append = new Command.Append(bytes(request.getKey()), bytes(request.getSuffix()));
        Replies.reply(
                to,
                () -> {
                    Answer answer =
                            write(
                                    append,
                                    request.hasStamp()
                                            ? Optional.of(request.getStamp())
                                            : Optional.empty());
                    return AppendResponse.newBuilder()
                            .setStatus(Replies.statusOf(answer))
                            .setSize(number(answer))
                            .build();
                },
                status -> AppendResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> to) {
        Command delete = new Command.Delete(List.of(bytes(request.getKey())));
        Replies.reply(
                to,
                () -> {
                    Answer answer =
                            write(
                                    delete,
                                    request.hasStamp()
                                            ? Optional.of(request.getStamp())
                                            : Optional.empty());
                    return DeleteResponse.newBuilder()
                            .setStatus(Replies.statusOf(answer))
                            .setExisted(number(answer) > 0)
                            .build();
                },
                status -> DeleteResponse.newBuilder().setStatus(status).build());
    }

    private static Optional<RequestStamp> stampOf(PutRequest request) {
        return request.hasStamp() ? Optional.of(request.getStamp()) : Optional.empty();
    }

    private static ReadMode modeOf(GetRequest request) {
        if (!request.hasLocal()) {
            return ReadMode.LEADER;
        }
        // Unsigned: what is beyond 2^63 is older than any bound that can be meant.
        long age = request.getLocal().getAgeMillisMax();
        return ReadMode.stale(request.getLocal().getAnyAge() || age < 0 ? ReadMode.ANY_AGE : age);
    }

    private Answer write(Command command, Optional<RequestStamp> stamp) {
        return node.ask(
                Frame.ANY_GROUP, new Request(stamp.map(ReplicationGroupService::from), command));
    }

    private static io.somekv.protocol.command.RequestStamp from(RequestStamp stamp) {
        ClientId client = new ClientId(stamp.getClient().getHigh(), stamp.getClient().getLow());
        try {
            return new io.somekv.protocol.command.RequestStamp(
                    client,
                    stamp.getSequence(),
                    stamp.getFloor(),
                    stamp.getFinishedList().stream()
                            .map(range ->
                                    new io.somekv.protocol.command.RequestStamp.Range(
                                            range.getFrom(), range.getTo()))
                            .toList(),
                    stamp.getDeadlineMillis());
        } catch (RuntimeException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "the stamp is not sound: " + e.getMessage());
        }
    }

    private static long number(Answer answer) {
        return answer.outcome() instanceof Outcome.Int number ? number.value() : 0;
    }

    private static Bytes bytes(ByteString bytes) {
        return Bytes.wrap(bytes.toByteArray());
    }
}
