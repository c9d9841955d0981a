package io.somekv.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An immutable run of bytes, compared by content: how bytes travel inside records, where a {@code
 * byte[]} would compare by identity. A slice shares the array it was cut from.
 *
 * <p>Order is unsigned lexicographic, the order of the storage engine's keys.
 */
public final class Bytes implements Comparable<Bytes> {
    public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

    private static final VarHandle BIG_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] array;
    private final int offset;
    private final int size;
    private int hash;

    private Bytes(byte[] array, int offset, int size) {
        this.array = array;
        this.offset = offset;
        this.size = size;
    }

    /** Takes over {@code array}: the caller must not change it afterwards. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array, 0, array.length);
    }

    /** Takes over a part of {@code array}: the caller must not change that part afterwards. */
    public static Bytes wrap(byte[] array, int offset, int size) {
        checkRange(offset, size, array.length);
        return size == 0 ? EMPTY : new Bytes(array, offset, size);
    }

    public static Bytes copyOf(byte[] array) {
        return wrap(array.clone());
    }

    /** Copies what remains of {@code buffer} and moves its position to its limit. */
    public static Bytes copyOf(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        return wrap(copy);
    }

    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public byte at(int index) {
        Invariant.check(index >= 0 && index < size, "index within bytes", index, size);
        return array[offset + index];
    }

    /** Eight bytes from {@code index} on, the first the highest. */
    public long longAt(int index) {
        checkRange(index, Long.BYTES, size);
        return (long) BIG_ENDIAN.get(array, offset + index);
    }

    public Bytes slice(int from, int sliceSize) {
        checkRange(from, sliceSize, size);
        return wrap(array, offset + from, sliceSize);
    }

    public Bytes concat(Bytes tail) {
        byte[] joined = Arrays.copyOfRange(array, offset, offset + size + tail.size);
        System.arraycopy(tail.array, tail.offset, joined, size, tail.size);
        return wrap(joined);
    }

    /** A slice that keeps a large array alive is copied; anything else is returned as it is. */
    public Bytes compact() {
        return size == array.length ? this : wrap(toArray());
    }

    public byte[] toArray() {
        return Arrays.copyOfRange(array, offset, offset + size);
    }

    public void copyTo(byte[] target, int targetOffset) {
        System.arraycopy(array, offset, target, targetOffset, size);
    }

    public void copyTo(ByteBuffer target) {
        target.put(array, offset, size);
    }

    /** A read-only view, without a copy. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(array, offset, size).slice().asReadOnlyBuffer();
    }

    public ByteReader reader() {
        return new ByteReader(array, offset, size);
    }

    public String toUtf8() {
        return new String(array, offset, size, StandardCharsets.UTF_8);
    }

    private static void checkRange(int from, int size, int available) {
        Invariant.check(from >= 0 && size >= 0, "range is not negative", from, size);
        Invariant.check(from <= available - size, "range within bytes", from, size);
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(
                array, offset, offset + size, other.array, other.offset, other.offset + other.size);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that
                && Arrays.equals(
                        array,
                        offset,
                        offset + size,
                        that.array,
                        that.offset,
                        that.offset + that.size);
    }

    @Override
    public int hashCode() {
        int h = hash;
        if (h == 0 && size > 0) {
            h = 1;
            for (int i = offset; i < offset + size; i++) {
                h = 31 * h + array[i];
            }
            hash = h;
        }
        return h;
    }

    /** Printable ASCII as it is, other bytes as {@code \xNN}, at most 64 of them. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(size, 64); i++) {
            int b = array[offset + i] & 0xff;
            if (b >= 0x20 && b < 0x7f && b != '\\') {
                text.append((char) b);
            } else {
                text.append("\\x")
                        .append(Character.forDigit(b >> 4, 16))
                        .append(Character.forDigit(b & 15, 16));
            }
        }
        return size > 64 ? text.append("…(").append(size).append(')').toString() : text.toString();
    }
}
