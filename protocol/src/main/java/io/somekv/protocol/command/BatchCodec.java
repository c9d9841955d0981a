package io.somekv.protocol.command;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import java.util.ArrayList;
import java.util.List;

/**
 * The payload of a log entry: a version, a count, and as many requests, each behind its size. It is
 * encoded once, by the leader; these very bytes go to its log, to the followers and to their logs
 * (DESIGN §3).
 */
public final class BatchCodec {
    /** Of everything inside, too: the tables of commands and their fields. */
    public static final int VERSION = 1;

    /** How many requests fit one entry. */
    public static final int COUNT_MAX = 1 << 16;

    private BatchCodec() {}

    public static Bytes encode(List<Request> requests) {
        Invariant.check(
                requests.size() <= COUNT_MAX, "batch is bounded", requests.size(), COUNT_MAX);
        ByteWriter out = new ByteWriter(64 + 128 * requests.size());
        out.u8(VERSION).varInt(requests.size());
        for (Request request : requests) {
            int sizeAt = out.size();
            out.i32(0);
            RequestCodec.write(out, request);
            out.patchI32(sizeAt, out.size() - sizeAt - 4);
        }
        return out.toBytes();
    }

    /**
     * The requests of an entry, in the order in which they are applied.
     *
     * @throws MalformedException on bytes that {@link #encode} did not write, or a newer version
     */
    public static List<Request> decode(Bytes payload) {
        ByteReader in = payload.reader();
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException(
                    "a batch of version " + version + "; this program reads " + VERSION);
        }
        int count = in.varInt(Math.min(COUNT_MAX, in.remaining()));
        List<Request> requests = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            ByteReader one = in.raw(in.i32()).reader();
            requests.add(RequestCodec.read(one));
            one.end();
        }
        in.end();
        return requests;
    }
}
