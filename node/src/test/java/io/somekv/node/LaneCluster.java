package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.node.log.GroupRecord;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Entry;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Some nodes of two lanes each on a perfect network and disk: what the lanes do when nothing goes
 * wrong, and when a node is cut off. (Everything that can go wrong is the simulator's.)
 */
final class LaneCluster {
    static final int LANES = 2;
    private static final long TICK_NANOS = 5_000_000L;

    private record Address(long node, int lane) {}

    private final TreeMap<Long, Lane[]> lanesByNode = new TreeMap<>();
    private final TreeMap<Long, TreeMap<Long, TreeMap<Long, Entry>>> logs = new TreeMap<>();
    private final TreeMap<Long, Outcome> answers = new TreeMap<>();
    private final TreeSet<Long> cutOff = new TreeSet<>();
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private final TreeSet<String> touched = new TreeSet<>();
    private long nanos = 1;
    private long nextToken = 1;

    LaneCluster(int nodes) {
        for (long node = 1; node <= nodes; node++) {
            Engine engine = new MemoryEngine();
            Lane[] lanes = new Lane[LANES];
            for (int lane = 0; lane < LANES; lane++) {
                LaneConfig config =
                        new LaneConfig(
                                lane,
                                LANES,
                                node,
                                storeOf(node),
                                1,
                                new ClientId(node << 40, 7),
                                node * 100 + lane,
                                1,
                                RaftConfig.defaults(),
                                10_000_000_000L,
                                Collections.emptySet());
                lanes[lane] = new Lane(config, engine, List.of(), Optional.empty(), now());
            }
            lanesByNode.put(node, lanes);
            logs.put(node, new TreeMap<>());
        }
    }

    static UUID storeOf(long node) {
        return new UUID(0xd15c, node);
    }

    Now now() {
        return new Now(nanos, 1_700_000_000_000L + nanos / 1_000_000);
    }

    Lane lane(long node, long group) {
        return lanes(node)[(int) (group % LANES)];
    }

    private Lane[] lanes(long node) {
        return Objects.requireNonNull(lanesByNode.get(node));
    }

    /** The log of a group on a node. */
    private NavigableMap<Long, Entry> log(long node, long group) {
        return Objects.requireNonNull(logs.get(node)).computeIfAbsent(group, g -> new TreeMap<>());
    }

    void cutOff(long node) {
        cutOff.add(node);
    }

    void heal() {
        cutOff.clear();
    }

    /** Creates group 0 on all nodes and starts the cluster, then has the data groups join. */
    void start(int shardCount, int groups) {
        List<NodeInfo> infos = new ArrayList<>();
        for (long node : lanesByNode.keySet()) {
            infos.add(new NodeInfo(node, storeOf(node), "host" + node, 1, 2, 3));
        }
        for (long group = 0; group <= groups; group++) {
            createGroup(group);
        }
        expectOk(
                new Command.StartCluster(
                        new UUID(1, 2), shardCount, GroupSettings.defaults(shardCount), infos));
        List<GroupSpec> specs = new ArrayList<>();
        for (long group = 1; group <= groups; group++) {
            specs.add(spec(group));
        }
        if (!specs.isEmpty()) {
            expectOk(new Command.Join(specs));
        }
    }

    GroupSpec spec(long group) {
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        lanesByNode.keySet().forEach(node -> replicas.add(new GroupSpec.Replica(node, node)));
        return new GroupSpec(group, replicas);
    }

    void createGroup(long group) {
        List<Member> members = new ArrayList<>();
        lanesByNode.keySet().forEach(node -> members.add(new Member(node, node, storeOf(node))));
        Membership membership = new Membership(members, List.of());
        for (long node : lanesByNode.keySet()) {
            long token = nextToken++;
            give(
                    node,
                    (int) (group % LANES),
                    new LaneInput.CreateReplica(token, group, node, membership));
            Invariant.check(await(token) instanceof Outcome.Ok, "replica created");
        }
    }

    private void expectOk(Command command) {
        Outcome outcome = ask(1, command);
        Invariant.check(outcome instanceof Outcome.Ok, "the master agrees: " + outcome);
    }

    /** Asks at a node's first lane as a door would, and runs until the answer is there. */
    Outcome ask(long node, Command command) {
        return await(begin(node, command));
    }

    long begin(long node, Command command) {
        long group = command instanceof Command.StartCluster ? GroupSpec.MASTER : Frame.ANY_GROUP;
        long token = nextToken++;
        give(node, 0, new LaneInput.Ask(token, group, new Request(Optional.empty(), command)));
        return token;
    }

    Outcome await(long token) {
        for (int round = 0; round < 10_000 && !answers.containsKey(token); round++) {
            run(1);
        }
        return Objects.requireNonNull(answers.remove(token), "answered in time");
    }

    Optional<ClusterMap> map(long node) {
        return lanes(node)[0].map();
    }

    /** Lets some ticks of 5 ms go by. */
    void run(int ticks) {
        for (int i = 0; i < ticks; i++) {
            nanos += TICK_NANOS;
            for (long node : lanesByNode.keySet()) {
                for (int lane = 0; lane < LANES; lane++) {
                    give(node, lane, new LaneInput.Tick());
                }
            }
            for (int steps = 0; !work.isEmpty(); steps++) {
                Invariant.check(steps < 1_000_000, "the lanes come to rest");
                work.removeFirst().run();
            }
        }
    }

    private void give(long node, int lane, LaneInput input) {
        work.addLast(() -> {
            lanes(node)[lane].step(now(), input);
            if (touched.add(node + "/" + lane)) {
                work.addLast(() -> flush(new Address(node, lane)));
            }
        });
    }

    private void flush(Address at) {
        touched.remove(at.node() + "/" + at.lane());
        for (LaneEffect effect : lanes(at.node())[at.lane()].effects(now())) {
            carryOut(at, effect);
        }
    }

    private void carryOut(Address at, LaneEffect effect) {
        switch (effect) {
            case LaneEffect.Append append -> {
                append.records().forEach(record -> write(at.node(), record));
                give(at.node(), at.lane(), new LaneInput.Appended(append.marks()));
            }
            case LaneEffect.Send send -> {
                if (!cutOff.contains(at.node()) && !cutOff.contains(send.nodeId())) {
                    give(send.nodeId(), 0, new LaneInput.FromPeer(at.node(), send.frame()));
                }
            }
            case LaneEffect.Answer answer -> answers.put(answer.token(), answer.outcome());
            case LaneEffect.ToLane note ->
                    give(at.node(), note.lane(), new LaneInput.FromLane(at.lane(), note.note()));
            case LaneEffect.FetchEntries fetch -> {
                NavigableMap<Long, Entry> log = log(at.node(), fetch.groupId());
                List<Entry> entries =
                        List.copyOf(
                                log.subMap(fetch.fetch().from(), true, fetch.fetch().to(), true)
                                        .values());
                give(
                        at.node(),
                        at.lane(),
                        new LaneInput.Fetched(fetch.groupId(), fetch.fetch(), entries));
            }
            case LaneEffect.WantsTurn _ -> give(at.node(), at.lane(), new LaneInput.ApplyTurn());
            case LaneEffect.MapChanged _ -> {}
        }
    }

    private void write(long node, GroupRecord record) {
        NavigableMap<Long, Entry> log = log(node, record.groupId());
        if (record.truncateFrom() > 0) {
            log.tailMap(record.truncateFrom(), true).clear();
        }
        record.entries().forEach(entry -> log.put(entry.index(), entry));
    }
}
