package io.somekv.protocol.codec;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/** Readers and writers of the field types that {@link ByteReader} has no method for. */
public final class Fields {
    private Fields() {}

    /** An int that may be anything a user typed: range checks are for whoever executes it. */
    public static void int32(ByteWriter out, int value) {
        out.signedVarLong(value);
    }

    public static int int32(ByteReader in) {
        long value = in.signedVarLong();
        if (value != (int) value) {
            throw new MalformedException("no 32-bit number: " + value);
        }
        return (int) value;
    }

    /** As long as the container has room for. */
    public static Bytes bytes(ByteReader in) {
        return in.bytes(in.remaining());
    }

    public static String text(ByteReader in) {
        return in.utf8(in.remaining());
    }

    public static void uuid(ByteWriter out, UUID value) {
        out.i64(value.getMostSignificantBits()).i64(value.getLeastSignificantBits());
    }

    public static UUID uuid(ByteReader in) {
        return new UUID(in.i64(), in.i64());
    }

    public static <V> void list(
            ByteWriter out, List<V> values, TaggedCodec.FieldWriter<? super V> write) {
        out.varInt(values.size());
        for (V value : values) {
            write.accept(out, value);
        }
    }

    /** Every element takes at least a byte, so a count larger than what remains is refused. */
    public static <V> List<V> list(ByteReader in, Function<ByteReader, V> read) {
        int count = in.varInt(in.remaining());
        List<V> values = new ArrayList<>(Math.min(count, 64));
        for (int i = 0; i < count; i++) {
            values.add(read.apply(in));
        }
        return values;
    }

    public static void keys(ByteWriter out, List<Bytes> keys) {
        list(out, keys, ByteWriter::bytes);
    }

    public static List<Bytes> keys(ByteReader in) {
        return list(in, Fields::bytes);
    }

    /** By position: new constants go to an enum's end, and none ever moves. */
    @SuppressWarnings("EnumOrdinal") // the position is the format; a golden test holds it
    public static void constant(ByteWriter out, Enum<?> value) {
        out.u8(value.ordinal());
    }

    public static <E extends Enum<E>> E constant(ByteReader in, E[] values) {
        int position = in.u8();
        if (position >= values.length) {
            throw new MalformedException("one of " + values.length + ", not " + position);
        }
        return values[position];
    }
}
