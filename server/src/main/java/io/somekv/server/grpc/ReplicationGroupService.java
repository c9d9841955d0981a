package io.somekv.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.StreamObserver;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.grpc.AppendRequest;
import io.somekv.protocol.grpc.DeleteRequest;
import io.somekv.protocol.grpc.GetReply;
import io.somekv.protocol.grpc.GetRequest;
import io.somekv.protocol.grpc.PutRequest;
import io.somekv.protocol.grpc.ReplicationGroupGrpc;
import io.somekv.protocol.grpc.Stamp;
import io.somekv.protocol.grpc.WriteReply;
import io.somekv.server.control.Answer;
import io.somekv.server.control.ClusterControl;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.NodeControl;
import java.util.List;
import java.util.Optional;

/** The service ReplicationGroup of somekv.proto: any node serves any key. */
final class ReplicationGroupService extends ReplicationGroupGrpc.ReplicationGroupImplBase {
    private final NodeControl node;

    ReplicationGroupService(NodeControl node) {
        this.node = node;
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetReply> to) {
        Replies.reply(
                to,
                () -> {
                    Answer answer =
                            ask(Stamp.getDefaultInstance(), new Command.Get(key(request.getKey())));
                    GetReply.Builder reply =
                            GetReply.newBuilder().setLogTimeMillis(answer.logTime());
                    if (answer.outcome() instanceof Outcome.Value found) {
                        reply.setValue(
                                UnsafeByteOperations.unsafeWrap(found.value().asByteBuffer()));
                    } else if (!(answer.outcome() instanceof Outcome.Nil)) {
                        throw ClusterControl.failure(answer.outcome());
                    }
                    return reply.build();
                });
    }

    @Override
    public void put(PutRequest request, StreamObserver<WriteReply> to) {
        write(
                to,
                request.getStamp(),
                Command.Put.of(key(request.getKey()), bytes(request.getValue())));
    }

    @Override
    public void append(AppendRequest request, StreamObserver<WriteReply> to) {
        write(
                to,
                request.getStamp(),
                new Command.Append(key(request.getKey()), bytes(request.getSuffix())));
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<WriteReply> to) {
        write(to, request.getStamp(), new Command.Delete(List.of(key(request.getKey()))));
    }

    private void write(StreamObserver<WriteReply> to, Stamp stamp, Command command) {
        Replies.reply(
                to,
                () -> {
                    Answer answer = ask(stamp, command);
                    WriteReply.Builder reply =
                            WriteReply.newBuilder().setLogTimeMillis(answer.logTime());
                    if (answer.outcome() instanceof Outcome.Int number) {
                        reply.setResult(number.value());
                    } else if (!(answer.outcome() instanceof Outcome.Ok)) {
                        throw ClusterControl.failure(answer.outcome());
                    }
                    return reply.build();
                });
    }

    private Answer ask(Stamp stamp, Command command) {
        return node.ask(Frame.ANY_GROUP, new Request(stamp(stamp), command));
    }

    private static Optional<RequestStamp> stamp(Stamp stamp) {
        if (!stamp.hasClient()) {
            return Optional.empty();
        }
        ClientId client = new ClientId(stamp.getClient().getHigh(), stamp.getClient().getLow());
        try {
            return Optional.of(
                    new RequestStamp(
                            client,
                            stamp.getSequence(),
                            stamp.getFloor(),
                            List.of(),
                            stamp.getDeadlineMillis()));
        } catch (RuntimeException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "no stamp: " + e.getMessage());
        }
    }

    private static Bytes key(ByteString key) {
        return bytes(key);
    }

    private static Bytes bytes(ByteString bytes) {
        return Bytes.wrap(bytes.toByteArray());
    }
}
