package io.somekv.base;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds a run of bytes: big-endian fixed numbers, LEB128 varints, length-prefixed bytes. */
public final class ByteWriter {
    private byte[] array;
    private int size;

    public ByteWriter() {
        this(64);
    }

    public ByteWriter(int sizeExpected) {
        array = new byte[Math.max(16, sizeExpected)];
    }

    public int size() {
        return size;
    }

    public ByteWriter u8(int value) {
        room(1);
        array[size++] = (byte) value;
        return this;
    }

    public ByteWriter u16(int value) {
        room(2);
        array[size++] = (byte) (value >> 8);
        array[size++] = (byte) value;
        return this;
    }

    public ByteWriter i32(int value) {
        return u16(value >> 16).u16(value);
    }

    public ByteWriter i64(long value) {
        return i32((int) (value >> 32)).i32((int) value);
    }

    public ByteWriter bool(boolean value) {
        return u8(value ? 1 : 0);
    }

    /** Unsigned LEB128; small numbers are short, negative ones take ten bytes. */
    public ByteWriter varLong(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            array[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
        return this;
    }

    /** Zigzag LEB128, for numbers that may be negative. */
    public ByteWriter signedVarLong(long value) {
        return varLong(value << 1 ^ value >> 63);
    }

    public ByteWriter varInt(int value) {
        Invariant.check(value >= 0, "a count is not negative");
        return varLong(value);
    }

    /** A length and as many bytes. */
    public ByteWriter bytes(Bytes value) {
        return varInt(value.size()).raw(value);
    }

    /** The bytes alone. */
    public ByteWriter raw(Bytes value) {
        room(value.size());
        value.copyTo(array, size);
        size += value.size();
        return this;
    }

    public ByteWriter utf8(String text) {
        return bytes(Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Overwrites four bytes written before, a length or a checksum that was not known then. */
    public void patchI32(int position, int value) {
        Invariant.check(position >= 0 && position <= size - 4, "patch within what was written");
        array[position] = (byte) (value >> 24);
        array[position + 1] = (byte) (value >> 16);
        array[position + 2] = (byte) (value >> 8);
        array[position + 3] = (byte) value;
    }

    /** Forgets what was written and keeps the room, to be filled again. */
    public ByteWriter clear() {
        size = 0;
        return this;
    }

    /** What was written, without a copy: good until the next write or {@link #clear}. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(array, 0, size);
    }

    /** What was written, as a copy. */
    public Bytes toBytes() {
        return Bytes.wrap(Arrays.copyOf(array, size));
    }

    private void room(int more) {
        if (more > array.length - size) {
            int wanted =
                    Math.max(Math.addExact(size, more), (int) Math.min(array.length * 2L, 1 << 30));
            array = Arrays.copyOf(array, wanted);
        }
    }
}
