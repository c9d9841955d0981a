package io.somekv.server.resp;

import io.somekv.node.GroupStatus;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.resp.ClusterFacts;
import io.somekv.protocol.resp.NodeFacts;
import io.somekv.server.ServerVersion;
import io.somekv.server.lane.LaneLoop;
import java.util.List;

/** The facts of a node as one of its lanes can tell them: that of the connection that asks. */
record RespFacts(RespDoor door, ProcessFacts process, LaneLoop lane) implements NodeFacts {
    @Override
    public String version() {
        return ServerVersion.text();
    }

    @Override
    public String runId() {
        return process.runId();
    }

    @Override
    public int respPort() {
        return door.port();
    }

    @Override
    public int clusterPort() {
        return door.clusterPort();
    }

    @Override
    public ClusterFacts cluster() {
        return SeenCluster.of(door, lane.directions().serving());
    }

    @Override
    public long processId() {
        return process.processId();
    }

    @Override
    public long uptimeSeconds() {
        return process.uptimeSeconds();
    }

    @Override
    public long wallMicros() {
        return process.wallMicros();
    }

    @Override
    public long usedMemory() {
        return process.usedMemory();
    }

    @Override
    public long maxMemory() {
        return process.maxMemory();
    }

    @Override
    public DiskRoom disk() {
        return door.disk();
    }

    @Override
    public double cpuSystemSeconds() {
        return process.cpuSystemSeconds();
    }

    @Override
    public double cpuUserSeconds() {
        return process.cpuUserSeconds();
    }

    @Override
    public long connectionsReceived() {
        return door.connectionsReceived();
    }

    @Override
    public long connectionsMax() {
        return door.clientsMax();
    }

    @Override
    public long commandsProcessed() {
        return door.commandsProcessed();
    }

    @Override
    public long callsRejected() {
        return door.callsRejected();
    }

    @Override
    public long appliedIndex() {
        long highest = 0;
        for (GroupStatus group : lane.statusNow()) {
            highest = Math.max(highest, group.applied());
        }
        return highest;
    }

    @Override
    public long heartbeatGapMillisMax() {
        return lane.gaugesOfNode().heartbeatGapNanosMax() / 1_000_000;
    }

    @Override
    public long duplicateTableBytes() {
        return lane.gaugesOfNode().duplicateTableBytes();
    }

    @Override
    public int followersInQuorum() {
        int most = 0;
        for (GroupStatus group : lane.statusNow()) {
            most =
                    Math.max(
                            most,
                            io.somekv.raft.Membership.majority(group.membership().voters().size())
                                    - 1);
        }
        return most;
    }

    @Override
    public List<Client> clients() {
        return door.clients();
    }
}
