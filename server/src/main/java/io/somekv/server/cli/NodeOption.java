package io.somekv.server.cli;

import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Option;

/**
 * Which node a command asks: always by its control port, also where another port will do the work,
 * so that there is one kind of address to know.
 */
final class NodeOption {
    /** One that does not answer must not cost much when others are named. */
    static final long PROBE_MILLIS = 3_000;

    @Option(
            names = "--node",
            paramLabel = "HOST:PORT",
            split = ",",
            defaultValue = "127.0.0.1:7500",
            description =
                    "Control port (--grpc-port) of any node of the cluster; of several, the first"
                            + " that answers is asked (default: ${DEFAULT-VALUE}).")
    private List<String> addresses = List.of();

    /** Not tried yet where there is no choice. */
    ControlChannel open() {
        if (addresses.size() == 1) {
            return ControlChannel.to(addresses.get(0));
        }
        return firstThatAnswers(
                PROBE_MILLIS,
                address -> {
                    ControlChannel channel = ControlChannel.to(address);
                    try {
                        channel.status(PROBE_MILLIS);
                        return channel;
                    } catch (ControlException e) {
                        channel.close();
                        throw e;
                    }
                });
    }

    /** What the first node that answers knows of the cluster. */
    GetStatusResponse status(long patienceMillis) {
        return firstThatAnswers(
                patienceMillis,
                address -> {
                    try (ControlChannel channel = ControlChannel.to(address)) {
                        return channel.status(Math.min(patienceMillis, PROBE_MILLIS));
                    }
                });
    }

    private <T> T firstThatAnswers(long patienceMillis, Function<String, T> asked) {
        List<String> complaints = new ArrayList<>();
        long end = System.nanoTime() + patienceMillis * 1_000_000;
        for (String address : addresses) {
            try {
                return asked.apply(address);
            } catch (ControlException e) {
                if (e.kind() == ControlException.Kind.INVALID) {
                    throw e;
                }
                complaints.add(String.valueOf(e.getMessage()));
            }
            if (System.nanoTime() > end) {
                break;
            }
        }
        throw new ControlException(
                ControlException.Kind.UNREACHABLE, String.join("; ", complaints));
    }
}
