package io.somekv.bench.drill;

import java.util.Collections;
import java.util.List;

/**
 * Where nodes run.
 *
 * @param hosts the address of each node
 * @param entering of each node, the words to put before a command so that it runs there
 */
record Places(List<String> hosts, List<List<String>> entering) {
    Places {
        hosts = List.copyOf(hosts);
        entering = List.copyOf(entering);
    }

    static Places loopback(int count) {
        return new Places(
                Collections.nCopies(count, "127.0.0.1"), Collections.nCopies(count, List.of()));
    }
}
