package io.somekv.bench.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.somekv.base.Bytes;
import io.somekv.client.SomeKvClient;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Many rows whose values tell their keys: written, and later read back. */
final class ShardFilling {
    static final int VALUE_SIZE = 1 << 10;
    private static final int AT_A_TIME = 512;

    private final String prefix;
    private final int count;

    /**
     * @param prefix of all keys; with a {tag} all are of one shard
     */
    ShardFilling(String prefix, long mebibytes) {
        this.prefix = prefix;
        this.count = (int) (mebibytes << 10);
    }

    int count() {
        return count;
    }

    byte[] key(int number) {
        return (prefix + number).getBytes(UTF_8);
    }

    private byte[] value(int number) {
        byte[] value = new byte[VALUE_SIZE];
        Arrays.fill(value, (byte) ('a' + number % 26));
        byte[] text = (number + ":").getBytes(UTF_8);
        System.arraycopy(text, 0, value, 0, text.length);
        return value;
    }

    void write(Nodes nodes) {
        try (SomeKvClient client = SomeKvClient.connect(nodes.peerAddresses())) {
            for (int from = 0; from < count; from += AT_A_TIME) {
                IntStream.range(from, Math.min(count, from + AT_A_TIME))
                        .mapToObj(number -> client.putAsync(key(number), value(number)))
                        .toList()
                        .forEach(CompletableFuture::join);
            }
        }
    }

    /** How many rows do not read back as they were written. */
    int wrong(Nodes nodes) {
        int wrong = 0;
        try (SomeKvClient client = SomeKvClient.connect(nodes.peerAddresses())) {
            for (int from = 0; from < count; from += AT_A_TIME) {
                List<CompletableFuture<Optional<byte[]>>> reads = new ArrayList<>();
                int end = Math.min(count, from + AT_A_TIME);
                for (int number = from; number < end; number++) {
                    reads.add(client.getAsync(key(number)));
                }
                for (int number = from; number < end; number++) {
                    byte[] expected = value(number);
                    wrong +=
                            reads.get(number - from)
                                            .join()
                                            .filter(read -> Arrays.equals(read, expected))
                                            .isPresent()
                                    ? 0
                                    : 1;
                }
            }
        }
        return wrong;
    }

    /** Keys that are in other shards than this one. */
    static List<Bytes> keysOutside(int shard, int shardCount, int count) {
        return IntStream.iterate(0, n -> n + 1)
                .mapToObj(n -> Bytes.utf8("other:" + n))
                .filter(key -> Slots.shardOf(key, shardCount) != shard)
                .limit(count)
                .toList();
    }
}
