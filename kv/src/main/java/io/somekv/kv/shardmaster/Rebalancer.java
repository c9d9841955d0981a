package io.somekv.kv.shardmaster;

import io.somekv.base.Invariant;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides who owns which shard after groups came or went: as even as can be, with the fewest moves,
 * and the same on every replica.
 *
 * <p>With n shards and g groups each has ⌊n/g⌋ shards, and n mod g of them have one more. The
 * fewest shards move if those who have the most now are the ones who may keep one more: every shard
 * beyond its owner's quota must move in any even distribution, every other may stay.
 */
public final class Rebalancer {
    private Rebalancer() {}

    /** One group and the shards it has in the distribution that is being made. */
    private static final class Share {
        final long groupId;
        final List<Integer> shards = new ArrayList<>();
        int quota;

        Share(long groupId) {
            this.groupId = groupId;
        }
    }

    /**
     * @param groupIds that are to own the shards, ascending; with none, no shard has an owner
     * @param owners who owns each shard now; groups that are not in {@code groupIds} lose theirs
     * @return who is to own each shard
     */
    public static List<Long> rebalance(List<Long> groupIds, List<Long> owners) {
        Map<Long, Share> shares = new TreeMap<>();
        for (long groupId : groupIds) {
            Invariant.check(groupId != ShardConfig.UNASSIGNED, "a group has an id of its own");
            shares.put(groupId, new Share(groupId));
        }
        Invariant.check(shares.size() == groupIds.size(), "group ids differ");
        List<Integer> homeless = new ArrayList<>();
        for (int shard = 0; shard < owners.size(); shard++) {
            Share share = shares.get(owners.get(shard));
            (share == null ? homeless : share.shards).add(shard);
        }
        if (!shares.isEmpty()) {
            setQuotas(shares, owners.size());
            takeSurplus(shares, homeless);
            house(shares, homeless);
        }
        return ownersOf(shares, owners.size());
    }

    /** The larger quotas go to those who have most, the lower group id first among equals. */
    private static void setQuotas(Map<Long, Share> shares, int shardCount) {
        List<Share> byCount = new ArrayList<>(shares.values());
        byCount.sort((a, b) -> Integer.compare(b.shards.size(), a.shards.size()));
        int even = shardCount / byCount.size();
        int larger = shardCount % byCount.size();
        for (int i = 0; i < byCount.size(); i++) {
            byCount.get(i).quota = i < larger ? even + 1 : even;
        }
    }

    private static void takeSurplus(Map<Long, Share> shares, List<Integer> homeless) {
        for (Share share : shares.values()) {
            while (share.shards.size() > share.quota) {
                homeless.add(share.shards.removeLast());
            }
        }
        homeless.sort(Integer::compare);
    }

    private static void house(Map<Long, Share> shares, List<Integer> homeless) {
        int next = 0;
        for (Share share : shares.values()) {
            while (share.shards.size() < share.quota) {
                share.shards.add(homeless.get(next++));
            }
        }
        Invariant.check(next == homeless.size(), "every shard has a home", next, homeless.size());
    }

    private static List<Long> ownersOf(Map<Long, Share> shares, int shardCount) {
        Long[] owners = new Long[shardCount];
        Arrays.fill(owners, ShardConfig.UNASSIGNED);
        for (Share share : shares.values()) {
            for (int shard : share.shards) {
                owners[shard] = share.groupId;
            }
        }
        return List.of(owners);
    }
}
