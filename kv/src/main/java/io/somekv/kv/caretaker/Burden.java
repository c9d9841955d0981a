package io.somekv.kv.caretaker;

/**
 * What shards weigh, in three ways: requests, bytes, and their number. Each is in units of what a
 * group bears on average, so that 1 is always a fair share; what is too little to matter anywhere
 * weighs nothing.
 */
record Burden(double ops, double bytes, double count) {
    static final Burden NONE = new Burden(0, 0, 0);

    /** Kinds of weight. */
    static final int KINDS = 3;

    static final int COUNT = 2;

    /** On average for each group; below it nobody is helped by evening it out. */
    private static final long OPS_MIN = 200;

    private static final long BYTES_MIN = 64L << 20;

    /** Requests and bytes wear out machines; a number of shards is only what may come of it. */
    private static final double[] WEIGHTS = {1, 1, 0.25};

    /** What is to be divided by to get shares of the average. */
    record Scale(double opsMean, double bytesMean, double countMean) {
        static Scale of(long opsTotal, long bytesTotal, int shardCount, int groupCount) {
            double ops = (double) opsTotal / groupCount;
            double bytes = (double) bytesTotal / groupCount;
            return new Scale(
                    ops < OPS_MIN ? 0 : ops,
                    bytes < BYTES_MIN ? 0 : bytes,
                    (double) shardCount / groupCount);
        }

        Burden of(ClusterView.Shard shard) {
            return new Burden(
                    share(shard.opsPerSecond(), opsMean),
                    share(shard.bytes(), bytesMean),
                    share(1, countMean));
        }

        private static double share(long of, double mean) {
            return mean == 0 ? 0 : of / mean;
        }
    }

    double of(int kind) {
        return switch (kind) {
            case 0 -> ops;
            case 1 -> bytes;
            default -> count;
        };
    }

    /** In words, as what a group has too much of. */
    static String name(int kind) {
        return switch (kind) {
            case 0 -> "requests";
            case 1 -> "bytes";
            default -> "shards";
        };
    }

    Burden plus(Burden other) {
        return new Burden(ops + other.ops, bytes + other.bytes, count + other.count);
    }

    Burden minus(Burden other) {
        return new Burden(ops - other.ops, bytes - other.bytes, count - other.count);
    }

    /** The largest of its weights. */
    double weight() {
        double most = 0;
        for (int kind = 0; kind < KINDS; kind++) {
            most = Math.max(most, WEIGHTS[kind] * Math.abs(of(kind)));
        }
        return most;
    }

    /**
     * By how much the sum of the squares of what groups bear falls when this leaves one that bears
     * {@code from} for one that bears {@code to}; below 0 where it grows. Half of it, in fact.
     */
    double gain(Burden from, Burden to) {
        double gain = 0;
        for (int kind = 0; kind < KINDS; kind++) {
            gain += WEIGHTS[kind] * of(kind) * (from.of(kind) - to.of(kind) - of(kind));
        }
        return gain;
    }
}
