package io.somekv.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One look-up of a node's name, on a thread of its own: the client has one thread for all nodes,
 * and a name server that does not answer would hold up the requests to every one of them. Nobody
 * can end it; who does not wait for it any more forgets it, and its daemon thread keeps no process
 * from ending.
 */
final class Lookup {
    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

    /** Where names are looked up. */
    interface Names {
        /** Blocks for as long as it takes. */
        InetAddress find(String host) throws UnknownHostException;
    }

    private final String host;

    /** Null as long as it is under way, and where there is no such host. */
    private volatile @Nullable InetAddress found;

    private volatile boolean isDone;

    private Lookup(String host) {
        this.host = host;
    }

    /**
     * Begins a look-up and returns at once.
     *
     * @param whenDone called by the thread of the look-up
     */
    static Lookup begin(Names names, String host, Runnable whenDone) {
        Lookup lookup = new Lookup(host);
        Thread thread = new Thread(() -> lookup.run(names, whenDone), "somekv-client-lookup");
        thread.setDaemon(true);
        thread.start();
        return lookup;
    }

    private void run(Names names, Runnable whenDone) {
        try {
            found = names.find(host);
        } catch (UnknownHostException e) {
            LOG.debug("no host {}", host, e);
        } finally {
            isDone = true;
            whenDone.run();
        }
    }

    boolean isDone() {
        return isDone;
    }

    /** What a look-up that is done has found. */
    InetAddress address() throws UnknownHostException {
        InetAddress address = found;
        if (address == null) {
            throw new UnknownHostException(host);
        }
        return address;
    }
}
