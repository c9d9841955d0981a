package io.somekv.node;

import io.somekv.base.MalformedException;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.Engine;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Input;
import io.somekv.raft.Message;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One loop of a node (DESIGN §2): hosts the groups whose id falls to it, routes requests, and
 * shares nothing with other lanes. Inputs in, effects out; no thread, no clock, no socket, no file.
 */
public final class Lane {
    private final LaneConfig config;
    private final Outbox outbox = new Outbox();
    private final Places places;
    private final Router router;
    private final Directions directions;
    private final MapKeeper maps;
    private final MemberReporter reporter;
    private final ShardDriver driver;
    private final GroupOperations operations;
    private final Caretaking caretaking;
    private final Completions completions;
    private final CallFilter calls = new CallFilter();
    private final NodeWatch watch;
    private final RoomWatch rooms;
    private final Nursery nursery;

    /** When groups at rest are looked at, too: their deadlines are far. */
    private long lookAtAllNanos;

    /**
     * @param recovered what the shared log holds of this lane's groups
     * @param map the newest cluster map this node knew when it stopped
     */
    public Lane(
            LaneConfig config,
            Engine engine,
            List<RecoveredGroup> recovered,
            Optional<ClusterMap> map,
            Now startedAt) {
        this.config = config;
        this.places = new Places(config.nodeId());
        this.directions = new Directions(config.nodeId(), places);
        this.rooms = new RoomWatch(config.nodeId(), places);
        this.nursery = new Nursery(config, engine, outbox, rooms);
        this.router = new Router(config, places, outbox);
        this.lookAtAllNanos = startedAt.nanos();
        this.watch = new NodeWatch(config, places, outbox, rooms, startedAt);
        this.maps = new MapKeeper(places, router, startedAt, this::onNewerMap);
        this.reporter = new MemberReporter(places, router, outbox, startedAt);
        this.driver =
                new ShardDriver(new ShardDriver.Tools(places, router, outbox), maps, startedAt);
        this.operations = new GroupOperations(config.nodeId(), places, nursery, outbox);
        this.caretaking = new Caretaking(config, places, router, outbox, rooms, operations);
        this.completions = new Completions(engine, places, nursery, rooms, outbox);
        map.ifPresent(places::learn);
        for (RecoveredGroup group : recovered) {
            places.add(nursery.recover(group, startedAt));
        }
    }

    /** Takes one input; what it calls for collects until {@link #effects}. */
    public void step(Now now, LaneInput input) {
        switch (input) {
            case LaneInput.Tick _ -> tick(now);
            case LaneInput.Ask ask -> onAsk(now, ask);
            case LaneInput.FromPeer peer -> onFrame(now, peer);
            case LaneInput.PeerUp peer -> {
                places.learnPeer(peer.nodeId(), peer.up());
                if (!peer.up()) {
                    router.onPeerDown(now, peer.nodeId());
                }
            }
            case LaneInput.Appended appended -> completions.onAppended(now, appended);
            case LaneInput.Fetched fetched -> completions.onFetched(now, fetched);
            case LaneInput.ApplyTurn _ -> {
                for (int count = places.backlogCount(); count > 0; count--) {
                    GroupHost host = places.nextInBacklog();
                    host.applyTurn(now);
                    places.touch(host);
                }
            }
            case LaneInput.SnapshotRead read -> completions.onSnapshotRead(now, read);
            case LaneInput.RowsStaged staged -> completions.onStaged(now, staged);
            case LaneInput.Flushed flushed -> completions.onFlushed(now, flushed.isPressing());
            case LaneInput.CreateReplica create -> operations.onCreate(now, create);
            case LaneInput.TransferLeadership transfer -> operations.onTransfer(now, transfer);
            case LaneInput.ChangeMembers change -> operations.onChange(now, change);
            case LaneInput.Disk disk -> rooms.learnOwn(now, disk.room());
            case LaneInput.LeaveLeadership _ -> operations.onLeave(now);
            case LaneInput.FromLane lane -> onNote(now, lane.lane(), lane.note());
            case LaneInput.Learned learned -> maps.learn(learned.map());
        }
    }

    /** Ends a batch of inputs: proposes what has gathered, and hands out what is to be done. */
    public List<LaneEffect> effects(Now now) {
        for (GroupHost host = places.nextTouched(); host != null; host = places.nextTouched()) {
            if (places.host(host.groupId()) != host) {
                // Touched once more while it settled for the last time: it has said farewell.
                continue;
            }
            host.settle(now);
            maybeTellLeader(host);
            if (host.isRemoved()) {
                destroy(now, host);
            } else {
                places.maybeQueue(host);
                places.maybeTend(host);
                if (host.hasGoneQuiet()) {
                    watch.onQuiet(now, host);
                }
            }
        }
        if (places.backlogCount() > 0) {
            outbox.add(new LaneEffect.WantsTurn());
        }
        return outbox.drain();
    }

    /** What this lane hosts, the others find the leader of by its word. */
    private void maybeTellLeader(GroupHost host) {
        if (config.laneCount() == 1) {
            return;
        }
        long leader = host.leaderNode();
        if (leader != host.toldLeaderNode) {
            host.toldLeaderNode = leader;
            toOtherLanes(new LaneInput.Note.Led(host.groupId(), leader));
        }
    }

    /** Where clients that know of the cluster are sent, and what is shown to them. */
    public Directions directions() {
        return directions;
    }

    /** All groups of this lane, ascending by id. */
    public List<GroupStatus> status(Now now) {
        List<GroupStatus> statuses = new ArrayList<>();
        for (GroupHost host : places.hosts()) {
            statuses.add(GroupStatus.of(host, now, driver.awaitingTime(host)));
        }
        return statuses;
    }

    public LaneGauges gauges(Now now) {
        return LaneGauges.of(places.hosts(), now);
    }

    /** The newest cluster map this lane knows. */
    public Optional<ClusterMap> map() {
        return places.map();
    }

    /**
     * A digest over what a group of this lane has applied here, whether its replica leads or not.
     */
    public Optional<Long> digest(long groupId) {
        GroupHost host = places.host(groupId);
        return host != null
                        && host.machine().read(new Command.StateDigest())
                                instanceof Outcome.Int digest
                ? Optional.of(digest.value())
                : Optional.empty();
    }

    private void tick(Now now) {
        boolean looksAtAll = now.nanos() - lookAtAllNanos >= 0;
        if (looksAtAll) {
            lookAtAllNanos = now.nanos() + config.raft().heartbeatNanos();
        }
        for (GroupHost host : looksAtAll ? places.hosts() : places.restless()) {
            if (host.isDue(now)) {
                host.step(now, new Input.Tick());
                places.touch(host);
            }
            if (!host.isAtRest() && host.tendSnapshots(now)) {
                places.touch(host);
            }
        }
        watch.tick(now);
        router.tick(now);
        maps.tick(now);
        directions.tick(now, maps.readNanos());
        driver.tick(now);
        reporter.tick(now);
        caretaking.tick(now);
    }

    private void onAsk(Now now, LaneInput.Ask ask) {
        Waiter door =
                (then, outcome, logTime) ->
                        outbox.add(new LaneEffect.Answer(ask.token(), outcome, logTime));
        router.admit(now, ask.wish(), door);
    }

    private void onFrame(Now now, LaneInput.FromPeer peer) {
        long fromNode = peer.nodeId();
        switch (peer.frame()) {
            case Frame.Consensus consensus -> {
                for (Envelope envelope : decode(consensus)) {
                    deliver(now, fromNode, envelope);
                }
            }
            case Frame.Call call -> {
                if (isFirstCopy(peer, call)) {
                    onCall(now, fromNode, call);
                }
            }
            case Frame.Reply reply -> onReply(now, reply);
            case Frame.Pulse pulse -> onPulse(now, fromNode, peer.incarnation(), pulse);
            case Frame.Load load -> caretaking.onReport(now, fromNode, load.report());
            case Frame.Steer steer -> caretaking.steer(now, steer.groupId(), steer.steering());
            // The rim deals with these.
            case Frame.Hello _, Frame.LogMark _ -> {}
        }
    }

    /** A connection is one lane's, and a node is all lanes' business. */
    private void onPulse(Now now, long node, long incarnation, Frame.Pulse pulse) {
        watch.onPulse(now, node, incarnation, pulse);
        toOtherLanes(new LaneInput.Note.Pulsed(node, incarnation, pulse));
    }

    private void toOtherLanes(LaneInput.Note note) {
        for (int lane = 0; lane < config.laneCount(); lane++) {
            if (lane != config.lane()) {
                outbox.add(new LaneEffect.ToLane(lane, note));
            }
        }
    }

    private boolean isFirstCopy(LaneInput.FromPeer peer, Frame.Call call) {
        return calls.admit(peer.nodeId(), peer.incarnation(), call.token())
                || config.mutations().contains(Mutation.CALL_COUNTED_TWICE);
    }

    private void onCall(Now now, long fromNode, Frame.Call call) {
        serve(
                now,
                Wish.of(call.groupId(), call.request(), ReadMode.LEADER),
                (then, outcome, logTime) ->
                        outbox.send(fromNode, new Frame.Reply(call.token(), outcome, logTime)));
    }

    /** A connection may serve several lanes: the token says which of them has asked. */
    private void onReply(Now now, Frame.Reply reply) {
        int lane = Tokens.laneOf(reply.token());
        if (lane == config.lane()) {
            router.onReply(now, reply.token(), reply.outcome(), reply.logTime());
        } else if (lane < config.laneCount()) {
            LaneInput.Note note =
                    new LaneInput.Note.Served(reply.token(), reply.outcome(), reply.logTime());
            outbox.add(new LaneEffect.ToLane(lane, note));
        }
    }

    /** Bad bytes from a peer are its fault and change nothing here: they count as lost. */
    private static List<Envelope> decode(Frame.Consensus consensus) {
        try {
            return ConsensusCodec.decode(consensus.messages());
        } catch (MalformedException malformed) {
            return List.of();
        }
    }

    private void deliver(Now now, long fromNode, Envelope envelope) {
        int lane = laneOf(envelope.groupId());
        GroupHost host = places.host(envelope.groupId());
        if (lane != config.lane()) {
            outbox.add(
                    new LaneEffect.ToLane(
                            lane,
                            new LaneInput.Note.Deliver(
                                    fromNode, envelope.groupId(), envelope.message())));
        } else if (host != null) {
            host.receive(now, fromNode, envelope.message());
            places.touch(host);
        } else if (envelope.message() instanceof Message.Introduce introduce) {
            nursery.maybeConceive(now, envelope.groupId(), introduce);
        }
    }

    /** Serves for another node or lane: here or in a neighbouring lane, but never further on. */
    private void serve(Now now, Wish wish, Waiter waiter) {
        long groupId = wish.groupId();
        GroupHost host = places.host(groupId);
        if (host != null) {
            places.touch(host);
            host.clients().serve(now, wish.request(), wish.mode(), waiter);
        } else if (groupId >= 0 && laneOf(groupId) != config.lane()) {
            router.relay(laneOf(groupId), wish, waiter);
        } else {
            waiter.done(now, new Outcome.NotLeader(0), 0);
        }
    }

    private void onNote(Now now, int lane, LaneInput.Note note) {
        switch (note) {
            case LaneInput.Note.Serve serve ->
                    serve(
                            now,
                            Wish.of(serve.groupId(), serve.request(), serve.mode()),
                            (then, outcome, logTime) ->
                                    outbox.add(
                                            new LaneEffect.ToLane(
                                                    lane,
                                                    new LaneInput.Note.Served(
                                                            serve.token(), outcome, logTime))));
            case LaneInput.Note.Served served ->
                    router.onReply(now, served.token(), served.outcome(), served.logTime());
            case LaneInput.Note.Deliver deliver ->
                    deliver(
                            now,
                            deliver.fromNode(),
                            new Envelope(deliver.groupId(), deliver.message()));
            case LaneInput.Note.Led led -> directions.learn(led);
            case LaneInput.Note.Loaded loaded ->
                    caretaking.onReport(now, loaded.fromNode(), loaded.report());
            case LaneInput.Note.Steered steered ->
                    caretaking.steer(now, steered.groupId(), steered.steering());
            case LaneInput.Note.NewerMap newer -> places.learn(newer.map());
            case LaneInput.Note.Pulsed pulsed ->
                    watch.onPulse(now, pulsed.node(), pulsed.incarnation(), pulsed.pulse());
        }
    }

    private void onNewerMap(ClusterMap map) {
        outbox.add(new LaneEffect.MapChanged(map));
        toOtherLanes(new LaneInput.Note.NewerMap(map));
    }

    /**
     * The replica was removed from its group: its log and rows go, its id never comes back. It is
     * to be found no more before those who wait for it are told: they would ask it again.
     */
    private void destroy(Now now, GroupHost host) {
        places.remove(host);
        host.abandonAll(now);
        nursery.bury(host);
        toOtherLanes(new LaneInput.Note.Led(host.groupId(), Directions.NOT_HOSTED));
        outbox.add(new LaneEffect.ReplicaRemoved(host.groupId(), host.replicaId()));
    }

    /** Whether a group that it leads is on its way to another leader; for an election timeout. */
    public boolean isLeaving() {
        return operations.isLeaving();
    }

    /** Whether nobody waits for an answer of this lane: what must come to rest, does (KB-37). */
    boolean isIdle() {
        for (GroupHost host : places.hosts()) {
            if (!host.isIdle()) {
                return false;
            }
        }
        return router.isIdle();
    }

    /** Whether nobody waits for an answer of one of its groups. */
    boolean isIdle(long groupId) {
        GroupHost host = places.host(groupId);
        return host == null || host.isIdle();
    }

    private int laneOf(long groupId) {
        return (int) (groupId % config.laneCount());
    }
}
