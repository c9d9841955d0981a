package io.somekv.base;

/**
 * A 64-bit running hash (FNV-1a over words with a final mix) for state digests and trace hashes. It
 * finds differences between replicas; it is no defence against an adversary and no checksum for
 * disks (those are CRC32C).
 */
public final class Hash64 {
    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private long state = OFFSET;

    public Hash64 add(long value) {
        state = (state ^ mix(value)) * PRIME;
        return this;
    }

    public Hash64 add(Bytes bytes) {
        int at = 0;
        for (; at + Long.BYTES <= bytes.size(); at += Long.BYTES) {
            add(bytes.longAt(at));
        }
        long rest = 0;
        for (; at < bytes.size(); at++) {
            rest = rest << 8 | (bytes.at(at) & 0xff);
        }
        return add(rest).add(bytes.size());
    }

    public long value() {
        return mix(state);
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014): spreads every input bit. */
    public static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
