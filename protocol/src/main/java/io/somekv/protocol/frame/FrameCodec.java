package io.somekv.protocol.frame;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.caretaker.CaretakerCodec;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.codec.TaggedCodec;
import io.somekv.protocol.command.OutcomeCodec;
import io.somekv.protocol.command.RequestCodec;

/**
 * The bytes of a {@link Frame}: four bytes of length (of what follows), a version, a type, the
 * body.
 */
public final class FrameCodec {
    /** Of the frame and of everything inside: commands, outcomes. */
    public static final int VERSION = 1;

    /** Bytes in front of what a length counts. */
    public static final int LENGTH_SIZE = 4;

    /** A value of the default limit fits, and the rest of a request around it. */
    public static final int FRAME_SIZE_MAX = 24 << 20;

    private static final TaggedCodec<Frame> TABLE = table();

    private FrameCodec() {}

    public static Bytes encode(Frame frame) {
        ByteWriter out = new ByteWriter(sizeExpected(frame));
        write(out, frame);
        return out.toBytes();
    }

    /** Appends a whole frame, its length in front: several can share one write to a socket. */
    public static void write(ByteWriter out, Frame frame) {
        int lengthAt = out.size();
        out.i32(0).u8(VERSION);
        TABLE.write(out, frame);
        out.patchI32(lengthAt, out.size() - lengthAt - LENGTH_SIZE);
    }

    /**
     * Reads a frame.
     *
     * @param body what the length counts: all but the length itself. The frame keeps slices of it
     * @throws MalformedException on bytes that are no frame, or one of a newer version
     */
    public static Frame decode(Bytes body) {
        ByteReader in = body.reader();
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException(
                    "a frame of version " + version + "; this program reads " + VERSION);
        }
        Frame frame = TABLE.read(in);
        in.end();
        return frame;
    }

    private static int sizeExpected(Frame frame) {
        return frame instanceof Frame.Consensus consensus ? consensus.messages().size() + 16 : 256;
    }

    private static TaggedCodec<Frame> table() {
        return betweenNodes(TaggedCodec.of("frame"))
                .add(
                        1,
                        Frame.Hello.class,
                        (out, f) -> {
                            Fields.uuid(out, f.clusterId());
                            out.signedVarLong(f.nodeId());
                            Fields.uuid(out, f.storeId());
                            out.signedVarLong(f.incarnation()).i64(f.life());
                        },
                        in ->
                                new Frame.Hello(
                                        Fields.uuid(in),
                                        in.signedVarLong(),
                                        Fields.uuid(in),
                                        in.signedVarLong(),
                                        in.i64()))
                .add(
                        3,
                        Frame.Reply.class,
                        (out, f) -> {
                            out.varLong(f.token());
                            OutcomeCodec.write(out, f.outcome());
                            out.signedVarLong(f.logTime());
                        },
                        in ->
                                new Frame.Reply(
                                        in.varLong(), OutcomeCodec.read(in), in.signedVarLong()))
                .add(
                        5,
                        Frame.Call.class,
                        (out, f) -> {
                            out.varLong(f.token()).signedVarLong(f.groupId());
                            Fields.int32(out, f.isDirect() ? 1 : 0);
                            RequestCodec.write(out, f.request());
                            RequestCodec.writeMode(out, f.mode());
                        },
                        in ->
                                new Frame.Call(
                                        in.varLong(),
                                        in.signedVarLong(),
                                        Fields.int32(in) > 0,
                                        RequestCodec.read(in),
                                        RequestCodec.readMode(in)))
                .build();
    }

    /** What a client neither sends nor gets. */
    private static TaggedCodec.Builder<Frame> betweenNodes(TaggedCodec.Builder<Frame> to) {
        return to.add(
                        4,
                        Frame.Consensus.class,
                        (out, f) -> out.raw(f.messages()),
                        in -> new Frame.Consensus(in.raw(in.remaining())))
                .add(
                        7,
                        Frame.Pulse.class,
                        (out, f) -> {
                            Fields.int32(out, f.lane());
                            Fields.int32(out, f.laneCount());
                            out.bool(f.disk().isNearlyFull()).signedVarLong(f.disk().freeBytes());
                        },
                        in ->
                                new Frame.Pulse(
                                        Fields.int32(in),
                                        Fields.int32(in),
                                        new DiskRoom(in.bool(), in.signedVarLong())))
                .add(
                        8,
                        Frame.LogMark.class,
                        (out, f) -> {
                            out.i64(f.position());
                            Fields.list(out, f.heard(), FrameCodec::writeMark);
                        },
                        in -> new Frame.LogMark(in.i64(), Fields.list(in, FrameCodec::readMark)))
                .add(
                        16,
                        Frame.Load.class,
                        (out, f) -> CaretakerCodec.write(out, f.report()),
                        in -> new Frame.Load(CaretakerCodec.readReport(in)))
                .add(
                        17,
                        Frame.Steer.class,
                        (out, f) -> {
                            out.signedVarLong(f.groupId());
                            CaretakerCodec.write(out, f.steering());
                        },
                        in -> new Frame.Steer(in.signedVarLong(), CaretakerCodec.readSteering(in)));
    }

    private static void writeMark(ByteWriter out, Frame.LogMark.Of mark) {
        Fields.uuid(out, mark.storeId());
        out.i64(mark.position());
    }

    private static Frame.LogMark.Of readMark(ByteReader in) {
        return new Frame.LogMark.Of(Fields.uuid(in), in.i64());
    }
}
