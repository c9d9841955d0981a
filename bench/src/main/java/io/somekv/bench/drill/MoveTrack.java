package io.somekv.bench.drill;

import io.somekv.protocol.config.ShardConfig;
import io.somekv.server.control.ControlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Has groups leave and come back and single shards move, one change after the other, whatever else
 * is done to the nodes: several changes may be on their way at once, and one may come while another
 * that it undoes has only begun.
 */
final class MoveTrack {
    /** Groups of keys, from 1; one of them at least has shards at any time. */
    static final int GROUPS = 4;

    /** Few, so that those that move are those that are used. */
    static final int SHARDS = 16;

    private final ShardControl control;
    private final Clock clock;
    private final Findings findings;
    private final Random random;
    private final TreeMap<String, Integer> done = new TreeMap<>();

    MoveTrack(ShardControl control, Findings findings, long seed) {
        this.control = control;
        this.clock = findings.clock();
        this.findings = findings;
        this.random = new Random(seed);
    }

    /** Until the next change, mostly less than a change takes. */
    long gapMillis() {
        return random.nextInt(3) == 0 ? random.nextInt(5_000) : random.nextInt(500);
    }

    /** Makes one change, as far as the shard master can be asked for it now. */
    void change() {
        String what = "nothing";
        try {
            ShardConfig config = control.map().config();
            TreeSet<Long> present = new TreeSet<>();
            config.groups().forEach(group -> present.add(group.groupId()));
            int draw = random.nextInt(100);
            List<Long> absent = new ArrayList<>();
            for (long group = 1; group <= GROUPS; group++) {
                if (!present.contains(group)) {
                    absent.add(group);
                }
            }
            if (draw < 60) {
                int shard = random.nextInt(config.shardCount());
                long to = oneOf(List.copyOf(present));
                what = "move";
                control.move(shard, to);
                clock.say("move: shard " + shard + " to group " + to);
            } else if (!absent.isEmpty() && (draw < 80 || present.size() == 1)) {
                long group = oneOf(absent);
                what = "join";
                control.join(group);
                clock.say("join: group " + group);
            } else if (present.size() > 1) {
                long group = oneOf(List.copyOf(present));
                what = "leave";
                control.leave(group);
                clock.say("leave: group " + group);
            }
            count(what);
        } catch (ControlException e) {
            onFailure(what, e);
        }
    }

    private long oneOf(List<Long> groups) {
        return groups.get(random.nextInt(groups.size()));
    }

    /** While nodes are down or cut off many fail, and some were carried out all the same. */
    private void onFailure(String what, ControlException e) {
        switch (e.kind()) {
            case NOT_NOW, UNREACHABLE, OUTCOME_UNKNOWN -> count(what + " refused or unknown");
            case INVALID, EXISTS -> findings.add(what + " fails: " + e.getMessage());
        }
    }

    private void count(String what) {
        done.merge(what, 1, Integer::sum);
    }

    /** What was done; once the track has ended. */
    String summary() {
        return done.toString();
    }
}
