package io.somekv.server.peer;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import java.util.Optional;

/**
 * Whom a node talks to. A replica speaks only from the disk it was created on: a node that comes
 * back on a blank or foreign disk has forgotten its votes and the entries it acknowledged, and
 * would let a group elect a leader that misses them (DESIGN §3, KB-43).
 */
final class Handshake {
    private Handshake() {}

    /** Why {@code hello} is refused, and what to do about it; empty if all is well. */
    static String objection(PeerNetwork.Self self, NodeDirectory directory, Frame.Hello hello) {
        if (hello.nodeId() == 0) {
            return clientObjection(directory, hello);
        }
        String who = "node " + hello.nodeId();
        if (!directory.inCluster()) {
            return who
                    + " of cluster "
                    + hello.clusterId()
                    + " takes this node for a member, but this data folder (store "
                    + self.storeId()
                    + ") is in no cluster yet. If this node was a member before, stop it and start"
                    + " it on the data folder it had";
        }
        if (hello.nodeId() == self.nodeId()) {
            return "another process says that it is " + who + " as well: stop one of them";
        }
        Optional<NodeInfo> known = directory.find(hello.nodeId());
        if (known.isPresent() && !known.get().storeId().equals(hello.storeId())) {
            return who
                    + " runs on another data folder (store "
                    + hello.storeId()
                    + ") than the one that joined this cluster (store "
                    + known.get().storeId()
                    + "), so nothing it says counts: start it on the data folder it had. If that is"
                    + " lost, leave it on an empty one, and: somekv node replace "
                    + hello.nodeId()
                    + " HOST:PORT";
        }
        if (hello.clusterId().equals(NodeDirectory.NO_CLUSTER)) {
            return who + " is in no cluster yet";
        }
        if (!hello.clusterId().equals(directory.clusterId())) {
            return who
                    + " belongs to cluster "
                    + hello.clusterId()
                    + ", this node to cluster "
                    + directory.clusterId()
                    + ": check the addresses that the nodes were given";
        }
        return known.isPresent() ? "" : who + " is not known here yet";
    }

    private static String clientObjection(NodeDirectory directory, Frame.Hello hello) {
        boolean knowsNone = hello.clusterId().equals(NodeDirectory.NO_CLUSTER);
        boolean same = hello.clusterId().equals(directory.clusterId());
        return knowsNone || same ? "" : "a client looks for cluster " + hello.clusterId();
    }
}
