package io.somekv.base;

/**
 * Reads what {@link ByteWriter} wrote, front to back. Every read is checked against what remains,
 * and every length against the limit that the caller names, before anything is allocated.
 *
 * <p>All methods throw {@link MalformedException} on bytes that end early or exceed a limit.
 */
public final class ByteReader {
    private final byte[] array;
    private int position;
    private final int end;

    ByteReader(byte[] array, int offset, int size) {
        this.array = array;
        this.position = offset;
        this.end = offset + size;
    }

    public int remaining() {
        return end - position;
    }

    public int u8() {
        need(1);
        return array[position++] & 0xff;
    }

    public int u16() {
        need(2);
        int value = (array[position] & 0xff) << 8 | (array[position + 1] & 0xff);
        position += 2;
        return value;
    }

    public int i32() {
        return u16() << 16 | u16();
    }

    public long i64() {
        return (long) i32() << 32 | (i32() & 0xffff_ffffL);
    }

    public boolean bool() {
        int value = u8();
        if (value > 1) {
            throw new MalformedException("a flag is 0 or 1, not " + value);
        }
        return value == 1;
    }

    /** An unsigned LEB128 number, at most ten bytes. */
    public long varLong() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = u8();
            if (shift == 63 && b > 1) {
                break;
            }
            value |= (long) (b & 0x7f) << shift;
            if ((b & 0x80) == 0) {
                return value;
            }
        }
        throw new MalformedException("a number of more than 64 bits");
    }

    /** A number written by {@link ByteWriter#signedVarLong}. */
    public long signedVarLong() {
        long zigzag = varLong();
        return zigzag >>> 1 ^ -(zigzag & 1);
    }

    /** A count or size from 0 to {@code max}. */
    public int varInt(int max) {
        long value = varLong();
        if (value < 0 || value > max) {
            throw new MalformedException("a count of " + value + " where at most " + max + " fit");
        }
        return (int) value;
    }

    /** A length, at most {@code sizeMax}, and as many bytes; a slice, not a copy. */
    public Bytes bytes(int sizeMax) {
        return raw(varInt(sizeMax));
    }

    /** The next {@code size} bytes; a slice, not a copy. */
    public Bytes raw(int size) {
        need(size);
        Bytes slice = Bytes.wrap(array, position, size);
        position += size;
        return slice;
    }

    /** Passes over the next {@code size} bytes. */
    public void skip(int size) {
        need(size);
        position += size;
    }

    public String utf8(int sizeMax) {
        return bytes(sizeMax).toUtf8();
    }

    /** Refuses bytes behind the last field. */
    public void end() {
        if (position != end) {
            throw new MalformedException(remaining() + " bytes behind the end");
        }
    }

    private void need(int size) {
        if (size < 0 || size > end - position) {
            throw new MalformedException("needs " + size + " bytes, has " + (end - position));
        }
    }
}
