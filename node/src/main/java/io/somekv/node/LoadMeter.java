package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.kv.ShardStatus;
import io.somekv.protocol.caretaker.LoadReport.GroupLoad;
import io.somekv.protocol.caretaker.LoadReport.ShardLoad;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Measures what the groups that this lane leads do: requests and bytes of each shard. */
final class LoadMeter {
    /** Of what was before, how much counts a second later: about the last half minute does. */
    private static final double KEPT_PER_SECOND = 29.0 / 30;

    /** Shards whose size is looked up each time: it takes some microseconds each. */
    private static final int SIZES_MAX = 16;

    private final Places places;
    private final TreeMap<Long, Leadership> leaderships = new TreeMap<>();

    /** One leadership of a group. */
    private static final class Leadership {
        final long term;
        final long sinceNanos;
        final TreeMap<Integer, Rate> rates = new TreeMap<>();

        /** The shard whose size was looked up last. */
        int sized = -1;

        Leadership(long term, long sinceNanos) {
            this.term = term;
            this.sinceNanos = sinceNanos;
        }
    }

    /** A running mean that counts from the first second on. */
    private static final class Rate {
        long count;
        long countedNanos;
        double sum;
        double weight;
        long bytes;

        Rate(long count, long countedNanos) {
            this.count = count;
            this.countedNanos = countedNanos;
        }

        void add(long newCount, long nanos) {
            double seconds = (nanos - countedNanos) / 1e9;
            if (seconds <= 0) {
                return;
            }
            double kept = Math.pow(KEPT_PER_SECOND, seconds);
            // A replica that goes on from a snapshot counts from 0 again.
            sum = sum * kept + Math.max(0, newCount - count);
            weight = weight * kept + seconds;
            count = newCount;
            countedNanos = nanos;
        }

        long perSecond() {
            return weight == 0 ? 0 : Math.round(sum / weight);
        }
    }

    LoadMeter(Places places) {
        this.places = places;
    }

    List<GroupLoad> measure(Now now) {
        List<GroupLoad> loads = new ArrayList<>();
        int[] sizesLeft = {SIZES_MAX};
        for (GroupHost host : places.hosts()) {
            if (host.leads()) {
                loads.add(measure(now, host, sizesLeft));
            } else {
                leaderships.remove(host.groupId());
            }
        }
        leaderships.keySet().removeIf(groupId -> places.host(groupId) == null);
        return loads;
    }

    private GroupLoad measure(Now now, GroupHost host, int[] sizesLeft) {
        long term = host.status(now).term();
        Leadership leadership = leaderships.get(host.groupId());
        if (leadership == null || leadership.term != term) {
            leadership = new Leadership(term, now.nanos());
            leaderships.put(host.groupId(), leadership);
        }
        Membership membership = host.membership();
        return new GroupLoad(
                host.groupId(),
                term,
                (now.nanos() - leadership.sinceNanos) / 1_000_000,
                membership.voters().stream().map(Member::nodeId).toList(),
                membership.learners().stream().map(learner -> learner.member().nodeId()).toList(),
                host.isChanging(),
                host.machine() instanceof KvMachine machine
                        ? shards(now, machine, leadership, sizesLeft)
                        : List.of());
    }

    private static List<ShardLoad> shards(
            Now now, KvMachine machine, Leadership leadership, int[] sizesLeft) {
        List<ShardLoad> loads = new ArrayList<>();
        for (ShardStatus status : machine.shards()) {
            int shard = status.shard();
            if (status.serving()) {
                long count = machine.operations(shard);
                Rate rate =
                        leadership.rates.computeIfAbsent(shard, _ -> new Rate(count, now.nanos()));
                rate.add(count, now.nanos());
            } else {
                leadership.rates.remove(shard);
            }
        }
        size(machine, leadership, sizesLeft);
        leadership.rates.forEach(
                (shard, rate) -> loads.add(new ShardLoad(shard, rate.perSecond(), rate.bytes)));
        return loads;
    }

    /** They take turns. */
    private static void size(KvMachine machine, Leadership leadership, int[] sizesLeft) {
        int most = Math.min(sizesLeft[0], leadership.rates.size());
        for (int i = 0; i < most; i++) {
            Map.Entry<Integer, Rate> next = leadership.rates.higherEntry(leadership.sized);
            if (next == null) {
                next = leadership.rates.firstEntry();
            }
            leadership.sized = next.getKey();
            next.getValue().bytes = machine.roughSize(leadership.sized);
            sizesLeft[0]--;
        }
    }
}
