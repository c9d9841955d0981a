package io.somekv.node;

import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.Now;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Watches over nodes for all groups of a lane at once, so that those without anything to do can be
 * quiet: each lane sends a pulse as often as a leader sends heartbeats, to every node that it
 * shares a group with, as far as it knows, or follows. A lane that is not heard for an election
 * timeout, or that a new process runs, is missed, and the quiet groups that count on it are woken.
 *
 * <p>It is lanes that are watched, for one may hang while another of its node goes on.
 */
final class NodeWatch {
    /** Pulses between two looks at which nodes they are to go to. */
    private static final int LOOK_EVERY = 10;

    private final LaneConfig config;
    private final Places places;
    private final Outbox outbox;
    private final RoomWatch rooms;
    private final TreeMap<Long, Life> lives = new TreeMap<>();
    private final TreeSet<Long> watched = new TreeSet<>();
    private long pulses;
    private long nextPulseNanos;

    /** What was heard of one run of a node's process, lane by lane. */
    private static final class Life {
        final long incarnation;
        final long[] heardNanos;
        final boolean[] isHeard;

        Life(long incarnation, int laneCount) {
            this.incarnation = incarnation;
            this.heardNanos = new long[laneCount];
            this.isHeard = new boolean[laneCount];
        }
    }

    NodeWatch(LaneConfig config, Places places, Outbox outbox, RoomWatch rooms, Now startedAt) {
        this.config = config;
        this.places = places;
        this.outbox = outbox;
        this.rooms = rooms;
        this.nextPulseNanos = startedAt.nanos();
    }

    /**
     * A lane of another node lives; a late pulse of a process before the one known says nothing.
     */
    void onPulse(Now now, long node, long incarnation, Frame.Pulse pulse) {
        Life life = lives.get(node);
        if (!isSound(pulse) || (life != null && incarnation < life.incarnation)) {
            return;
        }
        if (life == null
                || life.incarnation != incarnation
                || life.heardNanos.length != pulse.laneCount()) {
            life = new Life(incarnation, pulse.laneCount());
            lives.put(node, life);
            wakeAll(now, node);
        }
        life.heardNanos[pulse.lane()] = now.nanos();
        life.isHeard[pulse.lane()] = true;
        rooms.learn(now, node, pulse.disk());
    }

    private static boolean isSound(Frame.Pulse pulse) {
        return pulse.laneCount() > 0
                && pulse.laneCount() <= LaneConfig.LANES_MAX
                && pulse.lane() >= 0
                && pulse.lane() < pulse.laneCount();
    }

    /** Sends pulses, and wakes those who miss somebody. */
    void tick(Now now) {
        if (now.nanos() - nextPulseNanos >= 0) {
            nextPulseNanos = now.nanos() + config.raft().heartbeatNanos();
            if (pulses++ % LOOK_EVERY == 0) {
                look();
            }
            Frame pulse = new Frame.Pulse(config.lane(), config.laneCount(), rooms.own());
            watched.forEach(node -> outbox.send(node, pulse));
        }
        lives.forEach((node, life) -> {
            if (hasNewlyMissed(now, life)) {
                wakeAll(now, node);
            }
        });
    }

    /**
     * A leader may have become a member since: one that lags has not heard of it, and if its disk
     * was full when it last told that, gets neither entries nor a snapshot from it.
     */
    private void look() {
        watched.clear();
        for (GroupHost host : places.hosts()) {
            host.membership().members().forEach(member -> watched.add(member.nodeId()));
            watched.add(host.leaderNode());
        }
        watched.remove(config.nodeId());
        watched.remove(0L);
    }

    private boolean hasNewlyMissed(Now now, Life life) {
        boolean isAny = false;
        for (int lane = 0; lane < life.heardNanos.length; lane++) {
            if (life.isHeard[lane] && isPast(now, life.heardNanos[lane])) {
                life.isHeard[lane] = false;
                isAny = true;
            }
        }
        return isAny;
    }

    private boolean isPast(Now now, long heardNanos) {
        return now.nanos() - heardNanos >= config.raft().electionTimeoutNanos();
    }

    private void wakeAll(Now now, long node) {
        for (GroupHost host : places.hosts()) {
            if (host.isQuiet()) {
                host.step(now, new Input.Wake(node));
                places.touch(host);
            }
        }
    }

    /** A group that has just gone quiet counts on nobody who is missed already. */
    void onQuiet(Now now, GroupHost host) {
        for (Member member : host.membership().members()) {
            if (member.nodeId() != config.nodeId() && isMissed(member.nodeId(), host.groupId())) {
                host.step(now, new Input.Wake(member.nodeId()));
                places.touch(host);
            }
        }
    }

    private boolean isMissed(long node, long groupId) {
        Life life = lives.get(node);
        return life == null || !life.isHeard[(int) (groupId % life.isHeard.length)];
    }
}
