package io.somekv.protocol.command;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.MalformedException;
import io.somekv.protocol.command.RequestStamp.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of a {@link Request}: the stamp, if there is one, then the command. The stamp's numbers
 * are written as distances (sequence from floor, range from range), which makes them short, and
 * makes a stamp that breaks its own rules impossible to write down.
 */
public final class RequestCodec {
    private RequestCodec() {}

    public static void write(ByteWriter out, Request request) {
        out.bool(request.stamp().isPresent());
        request.stamp().ifPresent(stamp -> write(out, stamp));
        CommandCodec.write(out, request.command());
    }

    public static Request read(ByteReader in) {
        Optional<RequestStamp> stamp = in.bool() ? Optional.of(readStamp(in)) : Optional.empty();
        return new Request(stamp, CommandCodec.read(in));
    }

    /** How a client wants a read to be answered. */
    public static void writeMode(ByteWriter out, ReadMode mode) {
        out.bool(mode.isLocal());
        if (mode.isLocal()) {
            out.varLong(mode.ageMillisMax());
        }
    }

    public static ReadMode readMode(ByteReader in) {
        if (!in.bool()) {
            return ReadMode.LEADER;
        }
        long ageMillisMax = in.varLong();
        if (ageMillisMax < 0) {
            throw new MalformedException("a read of the future: " + ageMillisMax);
        }
        return ReadMode.stale(ageMillisMax);
    }

    private static void write(ByteWriter out, RequestStamp stamp) {
        out.i64(stamp.client().high()).i64(stamp.client().low());
        out.varLong(stamp.floor()).varLong(stamp.sequence() - stamp.floor());
        out.varInt(stamp.finished().size());
        long above = stamp.floor();
        for (Range range : stamp.finished()) {
            out.varLong(range.from() - above).varLong(range.to() - range.from());
            above = range.to();
        }
        out.signedVarLong(stamp.deadlineMillis());
    }

    private static RequestStamp readStamp(ByteReader in) {
        ClientId client = new ClientId(in.i64(), in.i64());
        long floor = advance(0, in.varLong(), 1);
        long sequence = advance(floor, in.varLong(), 0);
        int count = in.varInt(RequestStamp.FINISHED_MAX);
        List<Range> finished = new ArrayList<>(count);
        long above = floor;
        for (int i = 0; i < count; i++) {
            long from = advance(above, in.varLong(), 1);
            above = advance(from, in.varLong(), 0);
            finished.add(new Range(from, above));
        }
        return new RequestStamp(client, sequence, floor, finished, in.signedVarLong());
    }

    private static long advance(long from, long distance, long distanceMin) {
        if (distance < distanceMin || distance > Long.MAX_VALUE - from) {
            throw new MalformedException("a sequence " + distance + " above " + from);
        }
        return from + distance;
    }
}
