package io.somekv.sim.search;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.client.ClientSettings;
import io.somekv.kv.ShardStatus;
import io.somekv.node.GroupStatus;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.frame.Frame;
import io.somekv.sim.check.ClusterWatch;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A group with a node for each replica, or two groups, between which a shard moves, and clients:
 * the real lanes, with their consensus, state machines and routers, and the real client core. Any
 * message on its way may arrive next, a disk may sync, time may go on at one node or client, a node
 * may crash and be started. The first node leads when the search begins. The shard master is out of
 * reach all the while: a group fails over without it.
 */
final class SmallGroup implements SearchedSystem {
    private static final ClientSettings SETTINGS =
            new ClientSettings(60_000, 60_000, 2_000, 5, 500, 8, 16);

    private static final long TIMEOUT_NANOS = 2 * SearchNode.ELECTION_NANOS;
    private static final long TICK_NANOS = 1_100_000_000L;

    private static final String COPY = "copy ";

    private final GroupSetting setting;
    private final EnumMap<GroupSetting.Chance, Integer> left =
            new EnumMap<>(GroupSetting.Chance.class);
    private final ClusterWatch watch = new ClusterWatch();
    private final Answers answers = new Answers();
    private final TreeMap<Long, SearchNode> nodes = new TreeMap<>();
    private final List<SearchClient> clients = new ArrayList<>();
    private final List<PlainClient> plainClients = new ArrayList<>();

    private final SearchNetwork network = new SearchNetwork();

    /** The highest index that any replica of a group has applied. */
    private final TreeMap<Long, Long> appliedByGroup = new TreeMap<>();

    /** Nodes that know the newest config. */
    private final TreeSet<Long> learned = new TreeSet<>();

    SmallGroup(GroupSetting setting, Set<Mutation> bugs) {
        this.setting = setting;
        left.putAll(setting.chances());
        SearchNode.Around around =
                new SearchNode.Around(
                        setting.map(1), watch, bugs, setting.hasSlowDisks(), this::send);
        for (long id = 1; id <= setting.nodes(); id++) {
            nodes.put(id, new SearchNode(id, setting.groupOf(id), around));
        }
        start();
        for (int id = 0; id < setting.works().size(); id++) {
            clients.add(registered(id, setting.works().get(id)));
        }
        SearchNode last = nodes.lastEntry().getValue();
        for (SearchClient.Work work : setting.plainWorks()) {
            int id = clients.size() + plainClients.size();
            plainClients.add(new PlainClient(id, work, last, answers));
        }
        collect();
    }

    /** Each group is created and elects its first node; the first group serves the shard. */
    private void start() {
        for (long id : nodes.keySet()) {
            connect(id, true);
            node(id).create(setting.membership(setting.groupOf(id)));
        }
        settle();
        for (long group = 1; group <= setting.groups(); group++) {
            long first = setting.firstNode(group);
            // Who has just begun votes for nobody before the shortest election timeout is over.
            nodes.subMap(first + 1, setting.firstNode(group + 1))
                    .values()
                    .forEach(node -> node.pass(SearchNode.ELECTION_NANOS));
            node(first).pass(TIMEOUT_NANOS);
            settle();
            ask(group, new Command.Configure(GroupSettings.defaults(1)));
        }
        ask(1, Command.Own.empty(0, 1));
        for (long group = 1; group <= setting.groups(); group++) {
            node(setting.firstNode(group)).pass(TICK_NANOS);
        }
        settle();
        network.clear();
    }

    private void ask(long group, Command command) {
        Request request = new Request(Optional.empty(), command);
        boolean[] isDone = new boolean[1];
        node(setting.firstNode(group))
                .ask(group, request, answer -> isDone[0] = answer.outcome() instanceof Outcome.Ok);
        settle();
        Invariant.check(isDone[0], "the first node leads");
    }

    /** All disks sync and all messages arrive, until there are none. */
    private void settle() {
        List<String> messages = network.deliverable(this::isUp);
        while (!messages.isEmpty() || nodes.values().stream().anyMatch(SearchNode::hasPending)) {
            nodes.values().stream().filter(SearchNode::hasPending).forEach(SearchNode::sync);
            messages.stream().limit(1).forEach(text -> network.arrive(text, false));
            messages = network.deliverable(this::isUp);
        }
    }

    /** The master's answer to its registration is given by hand. */
    private SearchClient registered(int id, SearchClient.Work work) {
        SearchClient client = new SearchClient(id, work, SETTINGS, answers, this::map);
        Frame.Call call = client.take().getFirst().call();
        Invariant.check(
                call.request().command() instanceof Command.RegisterClient,
                "a client writes first, and so registers");
        Outcome outcome = new Outcome.Registered(new ClientId(1_000 + id, 1));
        long logTime = node(1).status().orElseThrow().replica().logTime();
        client.receive(0, new Frame.Reply(call.token(), outcome, logTime));
        return client;
    }

    /** As of when the first node hears of the second one. */
    private ClusterMap map() {
        return setting.map(learned.isEmpty() ? 1 : 2);
    }

    private boolean isUp(long id) {
        return node(id).isUp();
    }

    private SearchNode node(long id) {
        return Optional.ofNullable(nodes.get(id)).orElseThrow();
    }

    private void connect(long id, boolean isUp) {
        for (long other : nodes.keySet()) {
            if (other != id && node(other).isUp()) {
                node(other).peer(id, isUp);
                if (isUp) {
                    node(id).peer(other, true);
                }
            }
        }
        for (SearchClient client : clients) {
            if (isUp) {
                client.connected((int) id - 1);
            } else {
                client.disconnected((int) id - 1);
            }
        }
    }

    // ---- messages

    /**
     * Pulses are for quiet groups, and there are none. Nor is there a shard master to answer who
     * asks for the map: each copy of that would be a state of its own.
     */
    private void send(long from, LaneEffect.Send send) {
        long to = send.nodeId();
        boolean isForNobody =
                send.frame() instanceof Frame.Pulse
                        || (send.frame() instanceof Frame.Call call
                                && call.request().command() instanceof Command.QueryConfig);
        if (!nodes.containsKey(to) || isForNobody) {
            return;
        }
        String text = from + ">" + to + " " + SearchNetwork.text(send.frame());
        LaneInput.FromPeer frame =
                new LaneInput.FromPeer(from, node(from).incarnation(), send.frame());
        network.send(text, to, () -> node(to).receive(frame, text));
    }

    /** What clients want sent is on its way, and what plain ones want is asked. */
    private void collect() {
        plainClients.forEach(PlainClient::maybeAsk);
        for (int id = 0; id < clients.size(); id++) {
            for (SearchClient.Sent sent : clients.get(id).take()) {
                long to = sent.endpoint() + 1L;
                String text = "c" + id + ">" + to + " " + SearchNetwork.text(sent.call());
                int client = id;
                network.send(text, to, () -> serve(client, to, sent.call(), text));
            }
        }
    }

    private void serve(int client, long id, Frame.Call call, String text) {
        node(id).heard(text);
        node(id).ask(call, answer -> reply(client, id, call.token(), answer));
    }

    private void reply(int client, long from, long token, LaneEffect.Answer answer) {
        Frame.Reply reply = new Frame.Reply(token, answer.outcome(), answer.logTime());
        String text = from + ">c" + client + " " + SearchNetwork.text(reply);
        network.send(
                text,
                SearchNetwork.CLIENT,
                () -> clients.get(client).receive((int) from - 1, reply));
    }

    // ---- what a search sees

    @Override
    public List<String> enabled() {
        List<String> messages = network.deliverable(this::isUp);
        List<String> events = new ArrayList<>(messages);
        messages.forEach(text -> maybe(events, may(GroupSetting.Chance.COPY), COPY + text));
        nodes.forEach((id, node) -> {
            maybe(events, node.isUp() && node.hasPending(), "sync " + id);
            maybe(events, node.isUp() && may(GroupSetting.Chance.TIMEOUT), "timeout " + id);
            maybe(events, node.isUp() && may(GroupSetting.Chance.TICK), "tick " + id);
            maybe(events, node.isUp() && may(GroupSetting.Chance.CRASH), "crash " + id);
            maybe(events, !node.isUp() && may(GroupSetting.Chance.START), "start " + id);
            maybe(events, isToLearn(id), "learn " + id);
        });
        for (int id = 0; id < clients.size(); id++) {
            maybe(
                    events,
                    may(GroupSetting.Chance.WAIT) && clients.get(id).hasTimer(),
                    "wait " + id);
        }
        return events;
    }

    private boolean may(GroupSetting.Chance chance) {
        return left.getOrDefault(chance, 0) > 0;
    }

    private void take(GroupSetting.Chance chance) {
        left.merge(chance, -1, Integer::sum);
    }

    private static void maybe(List<String> events, boolean isEnabled, String event) {
        if (isEnabled) {
            events.add(event);
        }
    }

    @Override
    public void happen(String event) {
        if (network.has(event)) {
            network.arrive(event, false);
        } else if (event.startsWith(COPY)) {
            take(GroupSetting.Chance.COPY);
            network.arrive(event.substring(COPY.length()), true);
        } else {
            String[] words = event.split(" ", -1);
            happen(words[0], Integer.parseInt(words[1]));
        }
        collect();
        nodes.forEach((id, node) ->
                appliedByGroup.merge(setting.groupOf(id), appliedOf(node), Math::max));
    }

    private void happen(String what, int id) {
        switch (what) {
            case "sync" -> node(id).sync();
            case "timeout" -> {
                take(GroupSetting.Chance.TIMEOUT);
                node(id).pass(TIMEOUT_NANOS);
            }
            case "tick" -> {
                take(GroupSetting.Chance.TICK);
                node(id).pass(TICK_NANOS);
            }
            case "wait" -> {
                take(GroupSetting.Chance.WAIT);
                clients.get(id).waitLong();
            }
            case "learn" -> {
                take(GroupSetting.Chance.LEARN);
                learned.add((long) id);
                node(id).learn(setting.map(2));
            }
            case "crash" -> {
                take(GroupSetting.Chance.CRASH);
                node(id).crash();
                connect(id, false);
            }
            case "start" -> {
                take(GroupSetting.Chance.START);
                node(id).start();
                connect(id, true);
            }
            default -> throw Invariant.unreachable("no such event: " + what);
        }
    }

    private static long appliedOf(SearchNode node) {
        return node.status().map(GroupStatus::applied).orElse(0L);
    }

    /**
     * Consensus is watched in every step, and that no two groups serve the shard; what is left are
     * the clients' answers, and the values where they are served.
     */
    @Override
    public void check() {
        answers.checkAnswers();
        nodes.forEach((id, node) -> {
            if (isAhead(id)) {
                answers.keys()
                        .forEach(key ->
                                node.value(key).ifPresent(value -> answers.checkValue(key, value)));
            }
        });
    }

    /** Whether it has applied as much as any of its group. */
    private boolean isAhead(long id) {
        long most = appliedByGroup.getOrDefault(setting.groupOf(id), 0L);
        return node(id).isUp() && appliedOf(node(id)) == most;
    }

    private boolean isToLearn(long id) {
        return node(id).isUp() && may(GroupSetting.Chance.LEARN) && !learned.contains(id);
    }

    @Override
    public String digest() {
        StringBuilder text = new StringBuilder(left.toString());
        nodes.values().forEach(node -> text.append('|').append(node.digest()));
        clients.forEach(client -> text.append('|').append(client.digest()));
        plainClients.forEach(client -> text.append('|').append(client.digest()));
        return text.append(network).toString();
    }

    @Override
    public boolean isDone() {
        return isServedByLast()
                && clients.stream().allMatch(SearchClient::isDone)
                && plainClients.stream().allMatch(PlainClient::isDone);
    }

    /** The shard is where it is to go in the end. */
    private boolean isServedByLast() {
        for (long id = setting.firstNode(setting.groups()); id <= setting.nodes(); id++) {
            boolean serves =
                    node(id).status().stream()
                            .flatMap(status -> status.shards().states().stream())
                            .anyMatch(ShardStatus::serving);
            if (serves) {
                return true;
            }
        }
        return false;
    }
}
