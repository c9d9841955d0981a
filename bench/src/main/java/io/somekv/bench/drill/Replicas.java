package io.somekv.bench.drill;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Whether the replicas of each group hold the same, at the end of a drill. */
final class Replicas {
    private static final int DIGEST_ATTEMPTS = 30;

    private Replicas() {}

    /** Groups whose replicas, once all have applied the same entries, differ. */
    static long differing(Nodes nodes) throws IOException, InterruptedException {
        for (int attempt = 0; attempt < DIGEST_ATTEMPTS; attempt++) {
            Map<Long, List<Nodes.ReplicaDigest>> byGroup =
                    nodes.digests().stream()
                            .collect(Collectors.groupingBy(Nodes.ReplicaDigest::group));
            boolean level =
                    !byGroup.isEmpty()
                            && byGroup.values().stream().allMatch(each -> isLevel(nodes, each));
            if (level) {
                return byGroup.values().stream()
                        .filter(replicas -> distinct(replicas, r -> r.digest()) > 1)
                        .count();
            }
            TimeUnit.SECONDS.sleep(1);
        }
        throw new IOException("the replicas do not come level");
    }

    private static boolean isLevel(Nodes nodes, List<Nodes.ReplicaDigest> replicas) {
        return replicas.size() == nodes.count() && distinct(replicas, r -> r.applied()) == 1;
    }

    private static long distinct(
            List<Nodes.ReplicaDigest> replicas, Function<Nodes.ReplicaDigest, Object> property) {
        return replicas.stream().map(property).distinct().count();
    }
}
