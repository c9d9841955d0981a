package io.somekv.node;

import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.protocol.caretaker.Steering;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Now;

/**
 * A lane's part in keeping the cluster in order: it reports what it does, carries out what the
 * caretaker asks of its groups, and is the caretaker while it leads the shard master.
 */
final class Caretaking {
    private final LaneConfig config;
    private final Places places;
    private final Outbox outbox;
    private final RoomWatch rooms;
    private final GroupOperations operations;
    private final LoadMeter meter;
    private final Caretaker caretaker;
    private long nextNanos;
    private boolean hasBegun;

    Caretaking(
            LaneConfig config,
            Places places,
            Router router,
            Outbox outbox,
            RoomWatch rooms,
            GroupOperations operations) {
        this.config = config;
        this.places = places;
        this.outbox = outbox;
        this.rooms = rooms;
        this.operations = operations;
        this.meter = new LoadMeter(places);
        this.caretaker = new Caretaker(places, router, this::send);
    }

    void tick(Now now) {
        boolean isDue = !hasBegun || now.nanos() - nextNanos >= 0;
        if (config.care().intervalNanos() == 0 || !isDue || places.map().isEmpty()) {
            return;
        }
        hasBegun = true;
        nextNanos = now.nanos() + config.care().intervalNanos();
        report(now);
        caretaker.tick(now);
    }

    /** To where the shard master is believed to be led: a guess that is wrong costs one report. */
    private void report(Now now) {
        LoadReport report =
                new LoadReport(
                        config.care().zone(), !rooms.own().isNearlyFull(), meter.measure(now));
        long leader = places.guessLeader(GroupSpec.MASTER, 0);
        if (leader == 0 || leader == config.nodeId()) {
            onReport(now, config.nodeId(), report);
        } else {
            outbox.send(leader, new Frame.Load(report));
        }
    }

    /** From any lane of any node. */
    void onReport(Now now, long fromNode, LoadReport report) {
        int lane = laneOf(GroupSpec.MASTER);
        if (lane == config.lane()) {
            caretaker.onReport(now, fromNode, report);
        } else {
            outbox.add(new LaneEffect.ToLane(lane, new LaneInput.Note.Loaded(fromNode, report)));
        }
    }

    private void send(Now now, long toNode, long groupId, Steering steering) {
        if (toNode == config.nodeId()) {
            steer(now, groupId, steering);
        } else {
            outbox.send(toNode, new Frame.Steer(groupId, steering));
        }
    }

    /** Has a group of this node steered, whichever lane it is on. */
    void steer(Now now, long groupId, Steering steering) {
        if (groupId < 0) {
            return;
        }
        int lane = laneOf(groupId);
        if (lane == config.lane()) {
            operations.onSteer(now, groupId, steering);
        } else {
            outbox.add(new LaneEffect.ToLane(lane, new LaneInput.Note.Steered(groupId, steering)));
        }
    }

    private int laneOf(long groupId) {
        return (int) (groupId % config.laneCount());
    }
}
