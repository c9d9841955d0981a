package io.somekv.server;

import io.somekv.node.LaneConfig;
import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.server.folder.RefusedException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a node is to run.
 *
 * @param nodeId unique in its cluster, never given to another data folder
 * @param folder of its data
 * @param host address to listen on
 * @param advertisedHost under which others reach this node
 * @param ports to listen on; 0 for one that the system chooses
 * @param lanes loops that share the groups
 * @param clientsMax Redis clients at a time
 * @param leaseDriftPermille leaders read on a lease, safe while no clock's rate is off by more;
 *     empty: they ask a quorum for each batch of reads
 * @param diskReserve bytes of the disk that are kept free by refusing what grows; empty for the
 *     default
 * @param insecure listen where others can reach it, without encryption or passwords
 * @param zone nodes of one zone may be lost together; empty for none
 */
public record ServerOptions(
        long nodeId,
        Path folder,
        String host,
        String advertisedHost,
        Ports ports,
        int lanes,
        int clientsMax,
        OptionalInt leaseDriftPermille,
        OptionalLong diskReserve,
        boolean insecure,
        DiskKind disk,
        String zone) {
    /** One for each door. */
    public record Ports(int peer, int resp, int grpc, int cluster) {
        /** From a node's RESP port to its cluster port, unless that is chosen. */
        private static final int CLUSTER_PORT_OFFSET = 100;

        public static final Ports DEFAULT = new Ports(7400, 6379, 7500, clusterPort(6379));

        /** That the system chooses. */
        public static final Ports ANY = new Ports(0, 0, 0, 0);

        /** The ports of another node on the same machine. */
        public Ports plus(int offset) {
            return new Ports(peer + offset, resp + offset, grpc + offset, cluster + offset);
        }

        /** What is usual beside a RESP port: nodes of one machine that differ in it do not meet. */
        public static int clusterPort(int respPort) {
            return respPort == 0 ? 0 : respPort + CLUSTER_PORT_OFFSET;
        }
    }

    /** What the log is written to. All but FILES are for tests of durability. */
    public enum DiskKind {
        FILES,
        /**
         * Holds writes in the process until they are synced: a kill loses what a power cut would.
         */
        UNSYNCED,
        /**
         * As UNSYNCED, and from when a file {@code cease-to-sync} is in the folder the log's syncs
         * do nothing: writes acknowledged since then must get lost.
         */
        UNSYNCED_WITHOUT_SYNC
    }

    public static final String LOOPBACK = "127.0.0.1";
    public static final int CLIENTS_MAX_DEFAULT = 10_000;

    /** Twenty times what a machine's clock does while it is kept in step. */
    public static final int CLOCK_DRIFT_PERMILLE_DEFAULT = 10;

    /**
     * Refuses what must not run (DESIGN §11).
     *
     * @throws RefusedException with what to do instead
     */
    public ServerOptions {
        if (zone.getBytes(StandardCharsets.UTF_8).length > LoadReport.ZONE_SIZE_MAX) {
            throw new RefusedException(
                    "the name of a zone has at most " + LoadReport.ZONE_SIZE_MAX + " bytes");
        }
        if (nodeId < 1 || lanes < 1 || clientsMax < 1) {
            throw new RefusedException(
                    "the node id, the lanes and the most clients are each at least 1");
        }
        if (leaseDriftPermille.isPresent()
                && (leaseDriftPermille.getAsInt() < 0 || leaseDriftPermille.getAsInt() > 500)) {
            throw new RefusedException("a clock's rate is off by 0 to 500 thousandths");
        }
        long reserve = diskReserve.orElse(0);
        if (reserve != 0 && reserve < Housekeeping.NEEDED_BYTES) {
            throw new RefusedException(
                    "a disk's reserve of "
                            + reserve
                            + " bytes is too small: a node needs "
                            + (Housekeeping.NEEDED_BYTES >> 20)
                            + "m for its log and its rows (--disk-reserve 0 for none)");
        }
        if (lanes > LaneConfig.LANES_MAX) {
            throw new RefusedException("a node has at most " + LaneConfig.LANES_MAX + " lanes");
        }
        InetAddress address = resolve(host);
        if (!address.isLoopbackAddress() && !insecure) {
            throw new RefusedException(
                    "listening on "
                            + host
                            + " would let anyone on that network read and change everything:"
                            + " encryption and passwords come in a later version. Listen on "
                            + LOOPBACK
                            + ", or say --insecure if the network is one that you trust");
        }
        if (resolve(advertisedHost).isAnyLocalAddress()) {
            throw new RefusedException(
                    "nobody can connect to "
                            + advertisedHost
                            + ": say with --advertise under which address others reach this node");
        }
    }

    /** A node on loopback with what is usual elsewhere. */
    public static ServerOptions local(long nodeId, Path folder, Ports ports) {
        return new ServerOptions(
                nodeId,
                folder,
                LOOPBACK,
                LOOPBACK,
                ports,
                lanesDefault(),
                CLIENTS_MAX_DEFAULT,
                OptionalInt.empty(),
                OptionalLong.empty(),
                false,
                DiskKind.FILES,
                "");
    }

    /** One lane for two processors: each lane wants one, and the log writer part of another. */
    public static int lanesDefault() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    private static InetAddress resolve(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new RefusedException("there is no address of the name '" + host + "'", e);
        }
    }
}
