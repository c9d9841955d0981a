package io.somekv.protocol.codec;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The codec of a sealed interface: one byte that says which record, then that record's fields. A
 * table instead of a switch, so that a record's tag, writer and reader stand side by side and read
 * as the format's definition.
 *
 * <p>Decoding never allocates more than a small multiple of the bytes it was given: counts are
 * bounded by what remains, and {@code Bytes} are slices. How large the whole may be is for the
 * container (frame, log entry) to say.
 *
 * @param <T> the sealed interface
 */
public final class TaggedCodec<T> {
    private static final int TAG_MAX = 255;

    private final String name;
    private final Map<Class<?>, Variant<T>> byType;
    private final List<@Nullable Variant<T>> byTag;

    private TaggedCodec(Builder<T> builder) {
        name = builder.name;
        byType = new HashMap<>(builder.byType);
        byTag = new ArrayList<>(builder.byTag);
    }

    /** Starts a table; {@code name} stands in the messages of errors. */
    public static <T> Builder<T> of(String name) {
        return new Builder<>(name);
    }

    public void write(ByteWriter out, T value) {
        Variant<T> variant = byType.get(value.getClass());
        if (variant == null) {
            throw Invariant.unreachable(name + " without a codec: " + value.getClass());
        }
        out.u8(variant.tag);
        variant.write.accept(out, value);
    }

    /**
     * Reads one value.
     *
     * @throws MalformedException on bytes that are no such value, and on nothing else
     */
    public T read(ByteReader in) {
        int tag = in.u8();
        Variant<T> variant = tag < byTag.size() ? byTag.get(tag) : null;
        if (variant == null) {
            throw new MalformedException("no " + name + " has the tag " + tag);
        }
        return variant.read.apply(in);
    }

    /** Writes the fields of a record, without its tag. */
    @FunctionalInterface
    public interface FieldWriter<V> {
        void accept(ByteWriter out, V value);
    }

    private record Variant<T>(
            int tag, FieldWriter<T> write, Function<ByteReader, ? extends T> read) {}

    /** Collects the table; a tag or type named twice is a bug. */
    public static final class Builder<T> {
        private final String name;
        private final Map<Class<?>, Variant<T>> byType = new HashMap<>();
        private final List<@Nullable Variant<T>> byTag = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /** A tag, once given out, is never used for anything else. */
        public <V extends T> Builder<T> add(
                int tag, Class<V> type, FieldWriter<V> write, Function<ByteReader, V> read) {
            Invariant.check(tag >= 0 && tag <= TAG_MAX, "a tag is a byte");
            Variant<T> variant =
                    new Variant<>(tag, (out, value) -> write.accept(out, type.cast(value)), read);
            while (byTag.size() <= tag) {
                byTag.add(null);
            }
            Invariant.check(byTag.set(tag, variant) == null, "a tag has one meaning", tag, tag);
            Invariant.check(byType.put(type, variant) == null, "a record has one tag", tag, tag);
            return this;
        }

        public TaggedCodec<T> build() {
            return new TaggedCodec<>(this);
        }
    }
}
