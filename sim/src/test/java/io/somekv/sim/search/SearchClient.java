package io.somekv.sim.search;

import io.somekv.base.Bytes;
import io.somekv.client.ClientCore;
import io.somekv.client.ClientEffect;
import io.somekv.client.ClientSettings;
import io.somekv.client.NodeAddress;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;
import io.somekv.sim.check.Breach;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;

/** The real client core with a list of commands to get through, some of them at a time. */
final class SearchClient {
    /**
     * What a client is to do.
     *
     * @param outstanding commands that are under way at once
     */
    record Work(List<Command.Keyed> commands, int outstanding) {
        Work {
            commands = List.copyOf(commands);
        }

        /** Appends to a key, each named by its suffix, and reads of it, named "?". */
        static Work of(String key, int outstanding, String... words) {
            List<Command.Keyed> commands = new ArrayList<>();
            for (String word : words) {
                commands.add(
                        word.equals("?")
                                ? new Command.Get(Bytes.utf8(key))
                                : new Command.Append(Bytes.utf8(key), Bytes.utf8(word + ";")));
            }
            return new Work(commands, outstanding);
        }
    }

    /** A frame on its way to the node of that number, from 0. */
    record Sent(int endpoint, Frame.Call call) {}

    private static final long START_MILLIS = 1_000;

    private final int id;
    private final Work work;
    private final Answers answers;
    private final Supplier<ClusterMap> map;
    private final ClientCore core;
    private final TreeSet<Long> underWay = new TreeSet<>();
    private final List<Sent> sent = new ArrayList<>();
    private final StringBuilder seen = new StringBuilder();
    private long nowMillis = START_MILLIS;
    private int next;
    private int results;

    /**
     * @param map what it is told, at once, whenever it asks for the map
     */
    SearchClient(
            int id, Work work, ClientSettings settings, Answers answers, Supplier<ClusterMap> map) {
        this.id = id;
        this.work = work;
        this.answers = answers;
        this.map = map;
        List<NodeAddress> nodes =
                map.get().nodes().stream()
                        .map(node -> new NodeAddress(node.host(), node.peerPort()))
                        .toList();
        this.core = new ClientCore(nodes, settings, new SplittableRandom(id));
        for (int endpoint = 0; endpoint < nodes.size(); endpoint++) {
            connected(endpoint);
        }
        askMore();
        carryOut();
    }

    /** The node of that endpoint has the number behind it. */
    void connected(int endpoint) {
        core.onConnected(endpoint, nowMillis);
        UUID any = new UUID(1, 1);
        core.onFrame(endpoint, new Frame.Hello(any, endpoint + 1L, any, 1, 1), nowMillis);
        carryOut();
    }

    void disconnected(int endpoint) {
        core.onDisconnected(endpoint, nowMillis);
        carryOut();
    }

    void receive(int endpoint, Frame.Reply reply) {
        core.onFrame(endpoint, reply, nowMillis);
        carryOut();
    }

    boolean hasTimer() {
        return core.nextWakeUpMillis() != Long.MAX_VALUE;
    }

    /** Time goes on until it sends something again, or gives up. */
    void waitLong() {
        int before = seen.length();
        while (seen.length() == before && hasTimer()) {
            nowMillis = core.nextWakeUpMillis();
            core.onTime(nowMillis);
            carryOut();
        }
    }

    private void askMore() {
        while (underWay.size() < work.outstanding() && next < work.commands().size()) {
            Command.Keyed command = work.commands().get(next++);
            long token = answers.asked(id, command);
            underWay.add(token);
            core.request(token, (Command) command, nowMillis);
        }
    }

    private void carryOut() {
        List<ClientEffect> effects = core.drain();
        while (!effects.isEmpty()) {
            effects.forEach(this::carryOut);
            effects = core.drain();
        }
    }

    private void carryOut(ClientEffect effect) {
        switch (effect) {
            case ClientEffect.Send(int endpoint, Frame frame) -> {
                if (frame instanceof Frame.Call call
                        && call.request().command() instanceof Command.QueryConfig) {
                    Outcome answer = new Outcome.Cluster(map.get());
                    core.onFrame(endpoint, new Frame.Reply(call.token(), answer, 0), nowMillis);
                } else if (frame instanceof Frame.Call call) {
                    seen.append(endpoint).append(call);
                    sent.add(new Sent(endpoint, call));
                }
            }
            case ClientEffect.Completed(long token, Outcome outcome) -> {
                seen.append(token).append(outcome);
                if (!underWay.remove(token)) {
                    throw new Breach("client " + id + " was answered twice");
                }
                results += outcome instanceof Outcome.Result ? 1 : 0;
                answers.answered((int) token, outcome);
                askMore();
            }
            case ClientEffect.Open _, ClientEffect.Close _ ->
                    throw new Breach("client " + id + " was told of all nodes: " + effect);
            case ClientEffect.Unreached unreached ->
                    throw new Breach("client " + id + " reached nobody: " + unreached);
        }
    }

    /** What it sent since the last call. */
    List<Sent> take() {
        List<Sent> taken = List.copyOf(sent);
        sent.clear();
        return taken;
    }

    /** It has a result for each of its commands. */
    boolean isDone() {
        return results == work.commands().size();
    }

    /**
     * All that it sent and heard the end of, and its clock. That a late answer only changed what it
     * thinks of the log's time does not show.
     */
    String digest() {
        return nowMillis + " " + seen;
    }
}
