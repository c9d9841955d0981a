package io.somekv.protocol.resp;

import io.somekv.protocol.frame.DiskRoom;
import java.util.List;

/** What commands such as INFO tell of the node that answers them; the server knows. */
public interface NodeFacts {
    /** Of this program. */
    String version();

    /** Forty hexadecimal digits, new with each start of the process. */
    String runId();

    int respPort();

    int clusterPort();

    ClusterFacts cluster();

    long processId();

    long uptimeSeconds();

    /** Microseconds since 1970 by the node's wall clock: for people, never for expiry. */
    long wallMicros();

    long usedMemory();

    long maxMemory();

    DiskRoom disk();

    double cpuSystemSeconds();

    double cpuUserSeconds();

    long connectionsReceived();

    long connectionsMax();

    long commandsProcessed();

    /** Commands answered with a refusal because a bound was reached. */
    long callsRejected();

    /** Highest log index applied here, over all groups: what clients compare as an offset. */
    long appliedIndex();

    /**
     * The longest time between two things that a replica here heard from its leader, within about
     * the last minute; the worst of all the node's groups.
     */
    long heartbeatGapMillisMax();

    /**
     * Memory, in bytes, in which the replicas here remember what clients have asked, by which a
     * retry is recognised: what their duplicate tables take.
     */
    long duplicateTableBytes();

    /** How many followers have an acknowledged write for certain: a majority less one. */
    int followersInQuorum();

    /** All connections of Redis clients, by id. */
    List<Client> clients();

    /**
     * One connection.
     *
     * @param address host:port of the client's end
     * @param localAddress host:port of the node's end
     */
    record Client(
            RespConnection connection,
            String address,
            String localAddress,
            long ageSeconds,
            long idleSeconds,
            String lastCommand) {}
}
