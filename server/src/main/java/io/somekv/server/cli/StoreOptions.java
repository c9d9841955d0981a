package io.somekv.server.cli;

import io.somekv.client.ClientSettings;
import io.somekv.client.SomeKvClient;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ProtoMapping;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How a command reaches the data: it asks a node's control port for the nodes there are, and
 * connects to the peer ports of all.
 */
final class StoreOptions {
    private static final long TIMEOUT_SECONDS_MAX = 240;
    private static final int MAP_TRIES_MAX = 10;
    private static final long MAP_PAUSE_NANOS = 200_000_000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Mixin private NodeOption node = new NodeOption();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "How long to try in all (default: ${DEFAULT-VALUE}).")
    private long timeoutSeconds;

    /** To all nodes: any of them serves any key. */
    SomeKvClient connect() {
        return connect(false);
    }

    /**
     * @param toOneNode to the node of {@code --node} alone, for what depends on who is asked
     */
    SomeKvClient connect(boolean toOneNode) {
        if (timeoutSeconds < 1 || timeoutSeconds > TIMEOUT_SECONDS_MAX) {
            throw new ParameterException(
                    spec.commandLine(), "--timeout is 1 to " + TIMEOUT_SECONDS_MAX + " seconds");
        }
        long began = System.nanoTime();
        GetStatusResponse status = status(timeoutSeconds * 1_000);
        List<InetSocketAddress> peers = toOneNode ? List.of(peer(status)) : peers(status);
        long spentMillis = (System.nanoTime() - began) / 1_000_000;
        return SomeKvClient.connect(
                peers,
                ClientSettings.defaults()
                        .withLifetimeMillis(Math.max(500, timeoutSeconds * 1_000 - spentMillis)));
    }

    /** A node may not have heard yet of the group that an administrator has just made. */
    private GetStatusResponse status(long patienceMillis) {
        GetStatusResponse status = node.status(patienceMillis);
        for (int i = 0; i < MAP_TRIES_MAX && status.hasMap() && hasNoGroup(status); i++) {
            LockSupport.parkNanos(MAP_PAUSE_NANOS);
            status = node.status(patienceMillis);
        }
        return status;
    }

    private static boolean hasNoGroup(GetStatusResponse status) {
        return ProtoMapping.from(status.getMap()).config().groups().isEmpty();
    }

    private static List<InetSocketAddress> peers(GetStatusResponse status) {
        if (status.getClusterId().isEmpty()) {
            throw new ControlException(
                    ControlException.Kind.NOT_NOW,
                    "the node is in no cluster yet; make one with 'somekv cluster start'");
        }
        List<NodeInfo> nodes = List.of(ProtoMapping.from(status.getNode()));
        if (status.hasMap()) {
            if (hasNoGroup(status)) {
                throw new ControlException(
                        ControlException.Kind.NOT_NOW,
                        "the cluster has no group for data yet; make one with 'somekv cluster"
                                + " join'");
            }
            nodes = ProtoMapping.from(status.getMap()).nodes();
        }
        return nodes.stream().map(StoreOptions::address).toList();
    }

    private static InetSocketAddress peer(GetStatusResponse status) {
        return address(ProtoMapping.from(status.getNode()));
    }

    private static InetSocketAddress address(NodeInfo node) {
        return new InetSocketAddress(node.host(), node.peerPort());
    }
}
