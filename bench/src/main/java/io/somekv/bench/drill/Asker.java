package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.client.ClientSettings;
import io.somekv.client.SomeKvClient;
import io.somekv.client.SomeKvException;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A real client that asks one thing at a time and says what it heard, in the words of the store:
 * {@link Outcome.Unknown} where nobody can say what became of a write.
 */
sealed interface Asker extends AutoCloseable permits Asker.OfJava, Asker.OfRedis, ClusterAsker {
    /**
     * For clients of Redis: a little more than the ten seconds in which a node answers anything.
     */
    int TIMEOUT_MILLIS = 11_000;

    Outcome ask(Command command);

    @Override
    void close();

    /** By the table of errors in docs/RESP.md; any other error is a fault of the store. */
    static Outcome refusal(String error) {
        if (error.startsWith("UNKNOWN ")) {
            return new Outcome.Unknown(error);
        } else if (error.startsWith("CLUSTERDOWN ")
                || error.startsWith("TRYAGAIN ")
                || error.startsWith("MISCONF ")) {
            return new Outcome.NotLeader(0);
        }
        throw new IllegalStateException("an error that no Redis client expects: " + error);
    }

    /**
     * The store's own client: it knows all nodes, and sends a request again until it is answered.
     */
    final class OfJava implements Asker {
        private final SomeKvClient client;

        OfJava(Nodes nodes, long lifetimeMillis) {
            client =
                    SomeKvClient.connect(
                            nodes.peerAddresses(),
                            ClientSettings.defaults().withLifetimeMillis(lifetimeMillis));
        }

        @Override
        public Outcome ask(Command command) {
            try {
                return client.execute(command).join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof SomeKvException.Unavailable) {
                    return new Outcome.NotLeader(0);
                }
                throw e;
            }
        }

        @Override
        public void close() {
            client.close();
        }
    }

    /**
     * A plain Redis client: one node, which asks the others for it; the next one when it fails. It
     * never sends anything twice.
     */
    final class OfRedis implements Asker {
        private static final int CONNECT_MILLIS = 1_000;

        private final Nodes nodes;
        private int node;
        private @Nullable Jedis connection;

        OfRedis(Nodes nodes, int node) {
            this.nodes = nodes;
            this.node = node;
        }

        @Override
        public Outcome ask(Command command) {
            Jedis connected;
            try {
                connected = connection();
            } catch (JedisException e) {
                moveOn();
                return new Outcome.NotLeader(0);
            }
            try {
                return send(connected, command);
            } catch (JedisDataException e) {
                return refusal(String.valueOf(e.getMessage()));
            } catch (JedisException e) {
                moveOn();
                return new Outcome.Unknown("the connection broke");
            }
        }

        private static Outcome send(Jedis connection, Command command) {
            return switch (command) {
                case Command.Get(Bytes key) -> {
                    byte[] value = connection.get(key.toArray());
                    yield value == null ? new Outcome.Nil() : new Outcome.Value(Bytes.wrap(value));
                }
                case Command.Put put -> {
                    connection.set(put.key().toArray(), put.value().toArray());
                    yield new Outcome.Ok();
                }
                case Command.Append(Bytes key, Bytes suffix) ->
                        new Outcome.Int(connection.append(key.toArray(), suffix.toArray()));
                case Command.Delete delete ->
                        new Outcome.Int(connection.del(delete.keys().getFirst().toArray()));
                default -> throw new IllegalArgumentException("not asked by drills: " + command);
            };
        }

        private Jedis connection() {
            if (connection == null) {
                connection =
                        new Jedis(
                                new HostAndPort(nodes.host(node), nodes.respPort(node)),
                                DefaultJedisClientConfig.builder()
                                        .serverDefaultProtocol()
                                        .connectionTimeoutMillis(CONNECT_MILLIS)
                                        .socketTimeoutMillis(TIMEOUT_MILLIS)
                                        .build());
                connection.connect();
            }
            return connection;
        }

        private void moveOn() {
            close();
            node = node % nodes.count() + 1;
        }

        @Override
        public void close() {
            if (connection != null) {
                connection.close();
                connection = null;
            }
        }
    }
}
