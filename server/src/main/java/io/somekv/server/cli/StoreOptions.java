package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import io.somekv.server.control.ControlException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How a command reaches the store. */
final class StoreOptions {
    @Option(
            names = "--nodes",
            paramLabel = "HOST:PORT",
            split = ",",
            defaultValue = "127.0.0.1:7400",
            description =
                    "Peer ports of some nodes; any serves any key (default: ${DEFAULT-VALUE}).")
    private List<String> nodes = List.of();

    SomeKvClient connect() {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String node : nodes) {
            addresses.add(address(node));
        }
        return SomeKvClient.connect(addresses);
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new InetSocketAddress(
                    text.substring(0, Math.max(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "--nodes: '" + text + "' is no host:port");
        }
    }
}
