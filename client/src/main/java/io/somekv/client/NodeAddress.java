package io.somekv.client;

/**
 * Where a node takes what clients and other nodes send: its peer port.
 *
 * @param host a name or an address; it is looked up by whoever connects
 */
public record NodeAddress(String host, int port) {
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
