package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;
import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.base.Bytes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Links between nodes and clients. Frames are treated worse than a TCP connection would treat them:
 * each may be lost, doubled, overtaken, or have a copy that comes seconds later.
 *
 * <ul>
 *   <li>Consensus frames may do all of that, also into a later life of their receiver.
 *   <li>So may replies, to nodes and to clients: whoever asked takes the first answer to a token
 *       for its answer and knows none of those that come later, nor those to a life before.
 *   <li>Calls may, but not into a later life of their receiver, as a connection does not outlive
 *       the processes at its ends. That much is counted on: a node knows the calls of other nodes
 *       again for as long as it lives (docs/decisions/0003), and a client's session covers its own.
 *   <li>A Hello opens a connection and dies with it.
 * </ul>
 */
public final class Network {
    /** Somebody who gets frames. */
    public interface Endpoint {
        /** Whether there is a process at all. */
        boolean isUp();

        /** Which life of it this is; 0 for a client, as in its Hello. */
        long incarnation();

        /**
         * @param incarnation which life of the sender it is from
         */
        void receive(long from, long incarnation, Bytes frame);

        /** The connection to {@code peer} is there, or gone. */
        void connection(long peer, boolean up);
    }

    /** How a frame is tied to the connection that it was sent on. */
    public enum Tie {
        /** Each frame for itself. */
        NONE,
        /** Counts whenever it arrives, but only in the same life of its receiver. */
        RECEIVER,
        /** Dies with the connection. */
        CONNECTION
    }

    /** Only ever looked up: nothing may depend on an order of hashes. */
    private record Link(long from, long to) {}

    /** Both directions between two endpoints; under the link from the smaller to the larger id. */
    private static final class Connection {
        boolean up = true;
        long epoch;
        boolean isMending;
    }

    private final World world;
    private final SplittableRandom random;
    private final TreeMap<Long, Endpoint> endpoints = new TreeMap<>();
    private final Map<Long, Long> lives = new HashMap<>();
    private final Map<Link, Connection> connections = new HashMap<>();
    private final Map<Link, Long> lastArrival = new HashMap<>();
    private final Set<Link> cuts = new HashSet<>();
    private final Map<Long, Long> slow = new HashMap<>();
    private Scenario.Links links = Scenario.Links.CALM;
    private boolean quiet;

    Network(World world) {
        this.world = world;
        this.random = world.fork();
    }

    void add(long id, Endpoint endpoint) {
        endpoints.put(id, endpoint);
    }

    /** Nodes and clients. */
    List<Long> endpoints() {
        return List.copyOf(endpoints.keySet());
    }

    /** What links do from now on to frames that are sent. */
    void links(Scenario.Links now) {
        links = now;
    }

    /** Whatever nodes send to a node takes so much longer from now on. */
    void slowTo(long id, long nanos) {
        slow.put(id, nanos);
    }

    // ---- frames

    void send(long from, long to, Bytes frame, Tie tie) {
        Connection connection = connectionOf(from, to);
        if (!connection.up) {
            drop(from, to, frame, "no connection");
            return;
        }
        if (cuts.contains(new Link(from, to))) {
            drop(from, to, frame, "cut");
            return;
        }
        if (links.loss() > 0 && random.nextDouble() < links.loss()) {
            drop(from, to, frame, "lost");
            if (tie == Tie.CONNECTION || (tie == Tie.RECEIVER && links.lossCloses())) {
                breakUp(from, to);
            }
            return;
        }
        world.trace()
                .event(
                        Trace.Kind.SEND,
                        from,
                        Trace.digest(frame) + to,
                        () -> "to " + to + ": " + Texts.frame(frame));
        long slowed = isNode(from) ? slow.getOrDefault(to, 0L) : 0;
        deliverAfter(slowed + delay(), from, to, frame, tie);
        if (tie == Tie.CONNECTION || (tie == Tie.RECEIVER && comesOnce(from))) {
            return;
        }
        if (links.duplication() > 0 && random.nextDouble() < links.duplication()) {
            deliverAfter(delay() * 3, from, to, frame, tie);
        }
        if (links.late() > 0 && random.nextDouble() < links.late()) {
            deliverAfter(random.nextLong(10 * SECOND), from, to, frame, tie);
        }
    }

    /**
     * A client's call that a nearly full disk refused counts as not executed, and is not, unless a
     * copy of it comes when there is room again. Clients count the copies that they make; of
     * others, which no connection makes, they cannot know. Nodes know each other's calls again.
     */
    private boolean comesOnce(long from) {
        return !isNode(from) && world.scenario().faults().contains(Fault.NEARLY_FULL_DISK);
    }

    /** Mostly short, with a tail up to the maximum. */
    private long delay() {
        double share = random.nextDouble();
        return 20_000 + (long) (share * share * share * links.delayNanosMax());
    }

    private void deliverAfter(long delay, long from, long to, Bytes frame, Tie tie) {
        long wait = delay;
        if (links.inOrder()) {
            Link link = new Link(from, to);
            long arrival =
                    Math.max(
                            world.timeline().now() + delay, lastArrival.getOrDefault(link, 0L) + 1);
            lastArrival.put(link, arrival);
            wait = arrival - world.timeline().now();
        }
        long life = lifeOf(to);
        long incarnation = incarnationOf(from);
        long epoch = connectionOf(from, to).epoch;
        world.timeline()
                .after(
                        wait,
                        () -> {
                            boolean dead =
                                    tie == Tie.CONNECTION && connectionOf(from, to).epoch != epoch;
                            boolean reborn = tie == Tie.RECEIVER && lifeOf(to) != life;
                            arrive(from, incarnation, to, frame, dead || reborn);
                        });
    }

    private void arrive(long from, long incarnation, long to, Bytes frame, boolean dead) {
        Endpoint receiver = endpoints.get(to);
        if (receiver == null || !receiver.isUp() || dead) {
            drop(from, to, frame, "nobody there");
            return;
        }
        world.trace()
                .event(
                        Trace.Kind.DELIVER,
                        to,
                        Trace.digest(frame) + from,
                        () -> "from " + from + ": " + Texts.frame(frame));
        receiver.receive(from, incarnation, frame);
    }

    private void drop(long from, long to, Bytes frame, String why) {
        world.trace()
                .event(
                        Trace.Kind.DROP,
                        from,
                        to,
                        () -> "to " + to + ", " + why + ": " + Texts.frame(frame));
    }

    // ---- connections

    /** All nodes run for the first time: they find each other. */
    void connectNodes() {
        for (long a : endpoints.keySet()) {
            for (long b : endpoints.keySet()) {
                if (a != b && isNode(a) && isNode(b)) {
                    tell(a, b, true);
                }
            }
        }
    }

    /** A process ended: its connections go with it, and what others had sent to it. */
    void died(long id) {
        lives.merge(id, 1L, Long::sum);
        for (long other : endpoints.keySet()) {
            if (other != id && (isNode(other) || isNode(id))) {
                breakUp(id, other);
            }
        }
    }

    /** Both sides notice, sooner or later, and connect again as soon as that is possible. */
    void breakUp(long a, long b) {
        Connection connection = connectionOf(a, b);
        connection.epoch++;
        if (connection.up) {
            connection.up = false;
            tell(a, b, false);
            tell(b, a, false);
        }
        mend(a, b, connection);
    }

    private void mend(long a, long b, Connection connection) {
        if (connection.isMending) {
            return;
        }
        connection.isMending = true;
        long wait =
                quiet ? 20 * MILLISECOND : 10 * MILLISECOND + random.nextLong(400 * MILLISECOND);
        world.timeline()
                .after(
                        wait,
                        () -> {
                            connection.isMending = false;
                            boolean reachable =
                                    isUp(a)
                                            && isUp(b)
                                            && !cuts.contains(new Link(a, b))
                                            && !cuts.contains(new Link(b, a));
                            if (reachable) {
                                connection.up = true;
                                tell(a, b, true);
                                tell(b, a, true);
                            } else {
                                mend(a, b, connection);
                            }
                        });
    }

    private void tell(long id, long peer, boolean up) {
        long life = lifeOf(id);
        world.timeline()
                .after(
                        random.nextLong(MILLISECOND),
                        () -> {
                            Endpoint endpoint = endpoints.get(id);
                            if (endpoint != null && endpoint.isUp() && lifeOf(id) == life) {
                                endpoint.connection(peer, up);
                            }
                        });
    }

    /** Frames from one to the other vanish from now on; TCP notices after a while. */
    void cut(long from, long to) {
        if (cuts.add(new Link(from, to))) {
            world.timeline()
                    .after(
                            100 * MILLISECOND + random.nextLong(3 * SECOND),
                            () -> {
                                if (cuts.contains(new Link(from, to))) {
                                    breakUp(from, to);
                                }
                            });
        }
    }

    /** All cuts are mended. */
    void heal() {
        cuts.clear();
    }

    /** From now on connections come back at once. */
    void quiet() {
        quiet = true;
        links = Scenario.Links.CALM;
        slow.clear();
        heal();
    }

    private long lifeOf(long id) {
        return lives.getOrDefault(id, 0L);
    }

    private long incarnationOf(long id) {
        Endpoint endpoint = endpoints.get(id);
        return endpoint == null ? 0 : endpoint.incarnation();
    }

    private boolean isUp(long id) {
        Endpoint endpoint = endpoints.get(id);
        return endpoint != null && endpoint.isUp();
    }

    private Connection connectionOf(long a, long b) {
        return connections.computeIfAbsent(
                new Link(Math.min(a, b), Math.max(a, b)), _ -> new Connection());
    }

    private static boolean isNode(long id) {
        return id < Trace.CLIENTS_FROM;
    }
}
