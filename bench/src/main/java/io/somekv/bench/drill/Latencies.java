package io.somekv.bench.drill;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** How long requests took, counted by many threads, each size known to within a thirty-second. */
final class Latencies {
    private static final int PARTS_BITS = 5;
    private static final int PARTS = 1 << PARTS_BITS;
    private static final int BUCKETS = 60 * PARTS;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final AtomicLong longest = new AtomicLong();
    private final AtomicLong total = new AtomicLong();

    void add(long micros) {
        long value = Math.max(0, micros);
        counts.incrementAndGet(bucketOf(value));
        longest.accumulateAndGet(value, Math::max);
        total.incrementAndGet();
    }

    long count() {
        return total.get();
    }

    double longestMillis() {
        return longest.get() / 1e3;
    }

    /** So many milliseconds were enough for that share of the requests, in percent; 0 for none. */
    double percentileMillis(double percent) {
        long wanted = (long) Math.ceil(total.get() * percent / 100);
        long seen = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            seen += counts.get(bucket);
            if (seen >= wanted && seen > 0) {
                return Math.min(topOf(bucket), longest.get()) / 1e3;
            }
        }
        return longestMillis();
    }

    private static int bucketOf(long value) {
        int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(value) - PARTS_BITS);
        return Math.min(BUCKETS - 1, (shift << PARTS_BITS) + (int) (value >> shift));
    }

    /** The largest value of a bucket. */
    private static long topOf(int bucket) {
        if (bucket < 2 * PARTS) {
            return bucket;
        }
        int shift = (bucket >> PARTS_BITS) - 1;
        return ((bucket - ((long) shift << PARTS_BITS) + 1) << shift) - 1;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%7d, p50 %.1f, p99 %.1f, longest %.0f ms",
                count(),
                percentileMillis(50),
                percentileMillis(99),
                longestMillis());
    }
}
