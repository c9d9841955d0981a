package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.v1.ReplicaStatus;
import java.util.HexFormat;

/** What {@code cluster status} says of a cluster to programs. */
final class PictureJson {
    private final ClusterPicture picture;
    private final Json json = new Json();

    private PictureJson(ClusterPicture picture) {
        this.picture = picture;
    }

    static String of(ClusterPicture picture) {
        return new PictureJson(picture).text();
    }

    private String text() {
        json.beginObject().name("cluster").string(picture.clusterId());
        json.name("config").number(picture.map().map(PictureJson::number).orElse(-1L));
        json.name("nodes").beginArray();
        picture.seen().forEach(this::node);
        json.endArray().name("leaderless").beginArray();
        for (long groupId : picture.leaderless()) {
            json.beginObject().name("group").number(groupId);
            json.name("why").string(picture.whyNoLeader(groupId)).endObject();
        }
        json.endArray().endObject();
        return json + System.lineSeparator();
    }

    private static long number(ClusterMap map) {
        return map.config().number();
    }

    private void node(SeenNode seen) {
        json.beginObject().name("node").number(seen.nodeId());
        json.name("host").string(seen.node().host());
        json.name("resp_port").number(seen.node().respPort());
        json.name("cluster_port").number(seen.node().clusterPort());
        json.name("peer_port").number(seen.node().peerPort());
        json.name("grpc_port").number(seen.node().grpcPort());
        json.name("zone").string(seen.zone());
        json.name("up").bool(seen.answers());
        json.name("on_another_disk").bool(picture.isOnAnotherDisk(seen));
        seen.status()
                .ifPresent(status -> {
                    json.name("disk_free_bytes").number(status.getDiskFreeBytes());
                    json.name("disk_nearly_full").bool(status.getDiskNearlyFull());
                });
        json.name("replicas").beginArray();
        seen.replicas().forEach(this::replica);
        json.endArray().endObject();
    }

    private void replica(ReplicaStatus replica) {
        json.beginObject().name("group").number(replica.getGroupId());
        json.name("role").string(ClusterPicture.lower(replica.getRole()));
        json.name("term").number(replica.getTerm());
        json.name("leader_node").number(replica.getLeaderNode());
        json.name("commit").number(replica.getCommitIndex());
        json.name("applied").number(replica.getAppliedIndex());
        json.name("last").number(replica.getLastIndex());
        json.name("lag").number(picture.lag(replica));
        json.name("shards").number(replica.getShardsServed());
        json.name("heartbeat_gap_ms").number(replica.getHeartbeatGapMaxMillis());
        json.name("duplicate_table_bytes").number(replica.getDuplicateTableBytes());
        if (replica.hasDigest()) {
            json.name("digest").string(HexFormat.of().toHexDigits(replica.getDigest()));
        }
        json.endObject();
    }
}
