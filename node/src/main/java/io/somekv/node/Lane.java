package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.shardmaster.ShardMasterMachine;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.Now;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.Recovered;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One loop of a node (DESIGN §2): hosts the groups whose id falls to it, routes requests, and
 * shares nothing with other lanes. Inputs in, effects out; no thread, no clock, no socket, no file.
 */
public final class Lane {
    private final LaneConfig config;
    private final Engine engine;
    private final Outbox outbox = new Outbox();
    private final Places places = new Places();
    private final Router router;
    private final MapKeeper maps;
    private final ShardDriver driver;
    private final MoveGuard guard;

    /** Replicas whose first record is not yet durable, with whoever waits for them. */
    private final TreeMap<Long, Unborn> unbornByGroup = new TreeMap<>();

    private long nextStoreId;

    private record Unborn(GroupHost host, List<Long> tokens) {}

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
        this.engine = engine;
        this.nextStoreId = config.firstStoreId() + config.lane();
        this.router = new Router(config, places, outbox);
        this.maps = new MapKeeper(places, router, startedAt, this::onNewerMap);
        this.driver = new ShardDriver(places, maps, router, startedAt);
        this.guard = new MoveGuard(router);
        map.ifPresent(places::learn);
        for (RecoveredGroup group : recovered) {
            places.add(recover(group, startedAt));
        }
    }

    /** Takes one input; what it calls for collects until {@link #effects}. */
    public void step(Now now, LaneInput input) {
        switch (input) {
            case LaneInput.Tick _ -> tick(now);
            case LaneInput.Ask ask -> onAsk(now, ask);
            case LaneInput.FromPeer peer -> onFrame(now, peer.nodeId(), peer.frame());
            case LaneInput.PeerUp peer -> {
                if (!peer.up()) {
                    router.onPeerDown(now, peer.nodeId());
                }
            }
            case LaneInput.Appended appended -> {
                for (LaneInput.GroupMark mark : appended.marks()) {
                    onAppended(now, mark);
                }
            }
            case LaneInput.Fetched fetched ->
                    stepGroup(
                            now,
                            fetched.groupId(),
                            new Input.Fetched(fetched.fetch(), fetched.entries()));
            case LaneInput.ApplyTurn _ -> {
                for (GroupHost host : places.hosts()) {
                    if (host.hasBacklog()) {
                        host.applyTurn(now);
                        places.touch(host);
                    }
                }
            }
            case LaneInput.CreateReplica create -> onCreate(now, create);
            case LaneInput.FromLane lane -> onNote(now, lane.lane(), lane.note());
            case LaneInput.Learned learned -> maps.learn(learned.map());
        }
    }

    /** Ends a batch of inputs: proposes what has gathered, and hands out what is to be done. */
    public List<LaneEffect> effects(Now now) {
        for (GroupHost host = places.nextTouched(); host != null; host = places.nextTouched()) {
            host.settle(now);
        }
        for (GroupHost host : places.hosts()) {
            if (host.hasBacklog()) {
                outbox.add(new LaneEffect.WantsTurn());
                break;
            }
        }
        return outbox.drain();
    }

    /** All groups of this lane, ascending by id. */
    public List<GroupStatus> status(Now now) {
        List<GroupStatus> statuses = new ArrayList<>();
        for (GroupHost host : places.hosts()) {
            statuses.add(
                    new GroupStatus(
                            host.groupId(),
                            host.membership(),
                            host.status(now),
                            host.leaderNode(),
                            host.machine().appliedIndex(),
                            host.machine() instanceof KvMachine kv ? kv.shards() : List.of()));
        }
        return statuses;
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
        for (GroupHost host : places.hosts()) {
            if (host.isDue(now)) {
                host.step(now, new Input.Tick());
                places.touch(host);
            }
        }
        router.tick(now);
        maps.tick(now);
        driver.tick(now);
    }

    private void onAsk(Now now, LaneInput.Ask ask) {
        Waiter door =
                (then, outcome, logTime) ->
                        outbox.add(new LaneEffect.Answer(ask.token(), outcome, logTime));
        if (MoveGuard.guards(ask.request().command())) {
            guard.ask(now, ask.request(), door);
        } else {
            router.ask(now, ask.groupId(), ask.request(), door);
        }
    }

    private void onFrame(Now now, long fromNode, Frame frame) {
        switch (frame) {
            case Frame.Consensus consensus -> {
                for (Envelope envelope : decode(consensus)) {
                    deliver(now, fromNode, envelope);
                }
            }
            case Frame.Call call ->
                    serve(
                            now,
                            call.groupId(),
                            call.request(),
                            (then, outcome, logTime) ->
                                    outbox.send(
                                            fromNode,
                                            new Frame.Reply(call.token(), outcome, logTime)));
            case Frame.Reply reply ->
                    router.onReply(now, reply.token(), reply.outcome(), reply.logTime());
            case Frame.Hello _ -> {}
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
        }
    }

    /** Serves for another node or lane: here or in a neighbouring lane, but never further on. */
    private void serve(Now now, long groupId, Request request, Waiter waiter) {
        GroupHost host = places.host(groupId);
        if (host != null) {
            places.touch(host);
            host.serve(now, request, waiter);
        } else if (groupId >= 0 && laneOf(groupId) != config.lane()) {
            router.relay(laneOf(groupId), groupId, request, waiter);
        } else {
            waiter.done(now, new Outcome.NotLeader(0), 0);
        }
    }

    private void onNote(Now now, int lane, LaneInput.Note note) {
        switch (note) {
            case LaneInput.Note.Serve serve ->
                    serve(
                            now,
                            serve.groupId(),
                            serve.request(),
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
            case LaneInput.Note.NewerMap newer -> places.learn(newer.map());
        }
    }

    private void onNewerMap(ClusterMap map) {
        outbox.add(new LaneEffect.MapChanged(map));
        for (int lane = 0; lane < config.laneCount(); lane++) {
            if (lane != config.lane()) {
                outbox.add(new LaneEffect.ToLane(lane, new LaneInput.Note.NewerMap(map)));
            }
        }
    }

    private void stepGroup(Now now, long groupId, Input input) {
        GroupHost host = places.host(groupId);
        if (host != null) {
            host.step(now, input);
            places.touch(host);
        }
    }

    private void onAppended(Now now, LaneInput.GroupMark mark) {
        Unborn unborn = unbornByGroup.get(mark.groupId());
        if (mark.mark().number() == 0 && unborn != null) {
            unbornByGroup.remove(mark.groupId());
            places.add(unborn.host());
            unborn.tokens().forEach(token -> answer(token, new Outcome.Ok()));
        } else {
            stepGroup(now, mark.groupId(), new Input.Persisted(mark.mark()));
        }
    }

    private void onCreate(Now now, LaneInput.CreateReplica create) {
        Optional<String> objection = objection(create);
        GroupHost host = places.host(create.groupId());
        Unborn unborn = unbornByGroup.get(create.groupId());
        if (objection.isPresent()) {
            answer(create.token(), new Outcome.Invalid(objection.get()));
        } else if (host != null) {
            answer(create.token(), new Outcome.Ok());
        } else if (unborn != null) {
            unborn.tokens().add(create.token());
        } else {
            long storeId = nextStoreId;
            nextStoreId += config.laneCount();
            Recovered fresh = Recovered.fresh(config.incarnation(), create.membership());
            GroupHost born = host(create.groupId(), create.replicaId(), storeId, fresh, now);
            unbornByGroup.put(
                    create.groupId(), new Unborn(born, new ArrayList<>(List.of(create.token()))));
            outbox.persist(born.birth(create.membership()), born.birthMark(config.incarnation()));
        }
    }

    /** Why a replica must not be created here. */
    private Optional<String> objection(LaneInput.CreateReplica create) {
        Optional<Member> self = create.membership().find(create.replicaId());
        if (self.isEmpty()
                || self.get().nodeId() != config.nodeId()
                || !self.get().storeId().equals(config.storeId())) {
            return Optional.of(
                    "replica "
                            + create.replicaId()
                            + " of group "
                            + create.groupId()
                            + " belongs to another node or another disk than node "
                            + config.nodeId()
                            + " with store "
                            + config.storeId());
        }
        GroupHost host = places.host(create.groupId());
        if (host != null && !host.membership().equals(create.membership())) {
            return Optional.of(
                    "group "
                            + create.groupId()
                            + " exists here with other members: choose another id");
        }
        return Optional.empty();
    }

    private GroupHost recover(RecoveredGroup group, Now startedAt) {
        Optional<Member> self = group.membership().find(group.replicaId());
        Invariant.check(
                self.isPresent() && self.get().storeId().equals(config.storeId()),
                "a replica lives on the disk that it was created on");
        long applied = engine.applied(group.storeId());
        if (config.mutations().contains(Mutation.COMMIT_TAKEN_FOR_APPLIED)) {
            applied = Math.max(applied, group.hardState().commit());
        }
        Recovered recovered =
                new Recovered(
                        config.incarnation(),
                        group.hardState(),
                        group.membership(),
                        group.terms(),
                        group.lastIndex(),
                        group.lastLogTime(),
                        applied);
        return host(group.groupId(), group.replicaId(), group.storeId(), recovered, startedAt);
    }

    private GroupHost host(
            long groupId, long replicaId, long storeId, Recovered recovered, Now startedAt) {
        StateMachine machine =
                groupId == GroupSpec.MASTER
                        ? new ShardMasterMachine(engine, storeId, config.mutations())
                        : new KvMachine(engine, storeId, config.mutations());
        RaftReplica replica =
                new RaftReplica(
                        config.raft(),
                        replicaId,
                        recovered,
                        config.seed() ^ groupId * 0x9e3779b97f4a7c15L,
                        startedAt);
        return new GroupHost(groupId, replicaId, storeId, replica, machine, outbox);
    }

    private void answer(long token, Outcome outcome) {
        outbox.add(new LaneEffect.Answer(token, outcome, 0));
    }

    private int laneOf(long groupId) {
        return (int) (groupId % config.laneCount());
    }
}
