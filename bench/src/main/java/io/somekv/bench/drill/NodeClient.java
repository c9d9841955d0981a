package io.somekv.bench.drill;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * One plain Redis client, as an application would have it: it speaks to one node, and goes to the
 * next when that one fails it. Used by one thread.
 */
final class NodeClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 5_000;

    private final Nodes nodes;
    private int node;
    private @Nullable Jedis connection;

    /**
     * @param node where it begins
     */
    NodeClient(Nodes nodes, int node) {
        this.nodes = nodes;
        this.node = node;
    }

    /** Whether the write was acknowledged; false is "unknown", never "it did not happen". */
    boolean set(byte[] key, byte[] value) {
        try {
            return "OK".equals(connection().set(key, value));
        } catch (JedisException e) {
            moveOn();
            return false;
        }
    }

    /** The value, or nothing for a missing key; tries every node until {@code deadlineNanos}. */
    Optional<byte[]> get(byte[] key, long deadlineNanos) throws InterruptedException {
        while (true) {
            try {
                return Optional.ofNullable(connection().get(key));
            } catch (JedisException e) {
                if (System.nanoTime() - deadlineNanos > 0) {
                    throw e;
                }
                moveOn();
                Thread.sleep(10);
            }
        }
    }

    /** Waits until the node serves a write; false if it does not within a minute. */
    static boolean await(Nodes nodes, int node) throws InterruptedException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        byte[] key = "drill:ready".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        while (true) {
            try (NodeClient client = new NodeClient(nodes, node)) {
                if (client.set(key, key)) {
                    return true;
                }
            }
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.sleep(50);
        }
    }

    @Override
    public void close() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    private void moveOn() {
        close();
        node = node % nodes.count() + 1;
    }

    private Jedis connection() {
        if (connection == null) {
            connection =
                    new Jedis(
                            new HostAndPort(nodes.host(node), nodes.respPort(node)),
                            DefaultJedisClientConfig.builder()
                                    .serverDefaultProtocol()
                                    .connectionTimeoutMillis(TIMEOUT_MILLIS)
                                    .socketTimeoutMillis(TIMEOUT_MILLIS)
                                    .build());
        }
        return connection;
    }
}
