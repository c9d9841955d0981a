package io.somekv.bench.drill;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A client of Redis Cluster with the settings that it comes with, but for its patience: it asks the
 * nodes which slots they serve, and follows what it is told of those that went elsewhere.
 */
final class ClusterAsker implements Asker {
    /** What either client can do. */
    private interface Commands {
        byte @Nullable [] get(byte[] key);

        void set(byte[] key, byte[] value);

        void close();
    }

    private final Commands commands;

    private ClusterAsker(Commands commands) {
        this.commands = commands;
    }

    /**
     * @param node which it asks first for the others
     */
    static Asker ofJedis(Nodes nodes, int node) {
        redis.clients.jedis.RedisClusterClient jedis =
                redis.clients.jedis.RedisClusterClient.builder()
                        .nodes(Set.of(new HostAndPort(nodes.host(node), nodes.clusterPort(node))))
                        .clientConfig(
                                DefaultJedisClientConfig.builder()
                                        .serverDefaultProtocol()
                                        .socketTimeoutMillis(TIMEOUT_MILLIS)
                                        .build())
                        .build();
        return new ClusterAsker(
                new Commands() {
                    @Override
                    public byte @Nullable [] get(byte[] key) {
                        return jedis.get(key);
                    }

                    @Override
                    public void set(byte[] key, byte[] value) {
                        jedis.set(key, value);
                    }

                    @Override
                    public void close() {
                        jedis.close();
                    }
                });
    }

    /**
     * @param node which it asks first for the others
     */
    static Asker ofLettuce(Nodes nodes, int node) {
        RedisClusterClient client =
                RedisClusterClient.create(
                        RedisURI.builder()
                                .withHost(nodes.host(node))
                                .withPort(nodes.clusterPort(node))
                                .withTimeout(Duration.ofMillis(TIMEOUT_MILLIS))
                                .build());
        StatefulRedisClusterConnection<byte[], byte[]> connection =
                client.connect(ByteArrayCodec.INSTANCE);
        return new ClusterAsker(
                new Commands() {
                    @Override
                    public byte @Nullable [] get(byte[] key) {
                        return connection.sync().get(key);
                    }

                    @Override
                    public void set(byte[] key, byte[] value) {
                        connection.sync().set(key, value);
                    }

                    @Override
                    public void close() {
                        client.shutdown(0, 1, TimeUnit.SECONDS);
                    }
                });
    }

    @Override
    public Outcome ask(Command command) {
        try {
            return switch (command) {
                case Command.Get(Bytes key) -> {
                    byte[] value = commands.get(key.toArray());
                    yield value == null ? new Outcome.Nil() : new Outcome.Value(Bytes.wrap(value));
                }
                case Command.Put put -> {
                    commands.set(put.key().toArray(), put.value().toArray());
                    yield new Outcome.Ok();
                }
                default -> throw new IllegalArgumentException("not asked of a cluster: " + command);
            };
        } catch (JedisDataException | RedisCommandExecutionException e) {
            return refusal(String.valueOf(e.getMessage()));
        } catch (JedisException | RedisException e) {
            return new Outcome.Unknown(String.valueOf(e.getMessage()));
        }
    }

    /** One that is sent to and fro more often than it follows gives up with the last of these. */
    private static Outcome refusal(String error) {
        boolean isAddress = error.startsWith("MOVED ") || error.startsWith("ASK ");
        return isAddress ? new Outcome.NotLeader(0) : Asker.refusal(error);
    }

    @Override
    public void close() {
        commands.close();
    }
}
