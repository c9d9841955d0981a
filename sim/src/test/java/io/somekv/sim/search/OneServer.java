package io.somekv.sim.search;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.client.ClientSettings;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.KvMachine;
import io.somekv.kv.StateMachine;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.shardmaster.ShardMasterMachine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A server without replicas, and clients: the real state machines with their duplicate table, and
 * the real client core. Between them is a network that never forgets a message: each may arrive at
 * any time, any number of times, or never. Besides, a client's time may be up, so that it sends
 * again, and the server's log time may leap past all deadlines, so that it forgets what it
 * remembers of clients.
 */
final class OneServer implements SearchedSystem {
    /**
     * What may happen besides deliveries.
     *
     * @param timers how often each client's time is up
     * @param leaps of log time
     */
    record Limits(List<SearchClient.Work> works, int timers, int leaps) {
        Limits {
            works = List.copyOf(works);
        }
    }

    private static final ClientSettings SETTINGS =
            new ClientSettings(5_000, 5_000, 2_000, 5, 500, 8, 16);

    private static final long LEAP_MILLIS = 6 * 60_000;

    private record InFlight(int client, Frame frame) {}

    private final Limits limits;
    private final boolean isRenamed;
    private final StateMachine master;
    private final StateMachine store;
    private final Answers answers = new Answers();
    private final List<SearchClient> clients = new ArrayList<>();
    private final int[] timers;

    /** Every message that was ever sent, by what it says. */
    private final TreeMap<String, InFlight> network = new TreeMap<>();

    /** The requests that changed something, in their order: what the state is a function of. */
    private final StringBuilder changes = new StringBuilder();

    private final IdentityHashMap<StateMachine, Outcome> digests = new IdentityHashMap<>();
    private long logTime = 1_700_000_000_000L;
    private int leaps;
    private long renamed;

    OneServer(Limits limits, Set<Mutation> mutations) {
        this.limits = limits;
        this.isRenamed = mutations.contains(Mutation.RETRY_UNDER_NEW_ID);
        EnumSet<Mutation> bugs = EnumSet.noneOf(Mutation.class);
        bugs.addAll(mutations);
        MemoryEngine engine = new MemoryEngine();
        master = new ShardMasterMachine(engine, 1, bugs);
        store = new KvMachine(engine, 2, bugs);
        NodeInfo node = new NodeInfo(1, new UUID(0, 1), "host1", 1, 2, 3, 4);
        GroupSettings settings = GroupSettings.defaults(1);
        apply(master, new Command.StartCluster(new UUID(1, 2), 1, settings, List.of(node)));
        apply(store, new Command.Configure(settings));
        apply(store, Command.Own.empty(0, 1));
        for (int id = 0; id < limits.works().size(); id++) {
            clients.add(new SearchClient(id, limits.works().get(id), SETTINGS, answers, this::map));
        }
        timers = new int[clients.size()];
        collect();
    }

    /** No group is in, so that clients have no better way than any node. */
    private ClusterMap map() {
        return switch (master.read(new Command.QueryConfig(-1))) {
            case Outcome.Cluster(ClusterMap map) -> map;
            case Outcome other -> throw Invariant.unreachable("no map but " + other);
        };
    }

    private Outcome apply(StateMachine machine, Command command) {
        return apply(machine, new Request(Optional.empty(), command));
    }

    private Outcome apply(StateMachine machine, Request request) {
        long index = machine.appliedIndex() + 1;
        Outcome outcome =
                machine.apply(new AppliedEntry(index, logTime, List.of(request))).getFirst();
        Outcome digest = machine.read(new Command.StateDigest());
        if (!digest.equals(digests.put(machine, digest))) {
            changes.append(request);
        }
        return outcome;
    }

    private void collect() {
        for (int id = 0; id < clients.size(); id++) {
            for (SearchClient.Sent sent : clients.get(id).take()) {
                network.putIfAbsent(id + " asks " + sent.call(), new InFlight(id, sent.call()));
            }
        }
    }

    @Override
    public List<String> enabled() {
        List<String> events = new ArrayList<>(network.keySet());
        for (int id = 0; id < clients.size(); id++) {
            if (timers[id] < limits.timers() && clients.get(id).hasTimer()) {
                events.add(id + " waits");
            }
        }
        if (leaps < limits.leaps()) {
            events.add("leap");
        }
        return events;
    }

    @Override
    public void happen(String event) {
        InFlight message = network.get(event);
        if (message != null && message.frame() instanceof Frame.Call call) {
            Frame.Reply reply = new Frame.Reply(call.token(), serve(call), logTime);
            String text = message.client() + " hears " + reply;
            network.putIfAbsent(text, new InFlight(message.client(), reply));
        } else if (message != null && message.frame() instanceof Frame.Reply reply) {
            clients.get(message.client()).receive(0, reply);
        } else if (event.equals("leap")) {
            leaps++;
            logTime += LEAP_MILLIS;
        } else {
            int id = Integer.parseInt(event.substring(0, event.indexOf(' ')));
            timers[id]++;
            clients.get(id).waitLong();
        }
        collect();
    }

    @Override
    public void check() {
        answers.checkAnswers();
        answers.keys().forEach(key -> answers.checkValue(key, value(key)));
    }

    private Bytes value(Bytes key) {
        return store.read(new Command.Get(key)) instanceof Outcome.Value(Bytes value)
                ? value
                : Bytes.EMPTY;
    }

    private Outcome serve(Frame.Call call) {
        Request request = call.request();
        if (call.groupId() == GroupSpec.MASTER) {
            return apply(master, request);
        }
        return request.command() instanceof Command.Read read
                ? store.read(read)
                : apply(store, isRenamed ? underNewId(request) : request);
    }

    /** As a server does that takes each copy for a request of its own (KB-46). */
    private Request underNewId(Request request) {
        RequestStamp stamp = request.stamp().orElseThrow();
        ClientId client = new ClientId(99, ++renamed);
        return new Request(
                Optional.of(new RequestStamp(client, 1, 1, List.of(), stamp.deadlineMillis())),
                request.command());
    }

    /** The server's part leaves out how many copies it has answered, which changes nothing. */
    @Override
    public String digest() {
        StringBuilder text = new StringBuilder().append(leaps).append(changes);
        for (int id = 0; id < clients.size(); id++) {
            text.append('|').append(timers[id]).append(' ').append(clients.get(id).digest());
        }
        return text.append(network.keySet()).toString();
    }

    @Override
    public boolean isDone() {
        return clients.stream().allMatch(SearchClient::isDone);
    }
}
