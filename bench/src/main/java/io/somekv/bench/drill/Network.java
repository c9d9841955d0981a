package io.somekv.bench.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network of Linux namespaces, one for each node and one for the router between them: every
 * packet from one node to another, and from a client to a node, passes the router, and a rule there
 * drops those of one sender to one receiver. So a cut has a direction, and is silent: as with a
 * broken cable, nobody is told. Needs root, and {@code ip} of iproute2; nothing else.
 *
 * <p>The names carry the id of the process that made them. What an earlier run left behind that was
 * itself killed, its server processes among it, is removed when the next one starts.
 */
final class Network implements AutoCloseable {
    /** In {@link #cut}, the place of all clients, which is the machine itself. */
    static final int CLIENTS = 0;

    private static final String PREFIX = "skvchaos-";
    private static final Pattern NAME = Pattern.compile("(" + PREFIX + "([0-9]+)-\\S+).*");
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final int SUBNETS = 256;

    private final long pid = ProcessHandle.current().pid();
    private final int count;
    private final int subnet;
    private final String router = PREFIX + pid + "-router";
    private final List<String> rules = new ArrayList<>();
    private boolean closed;

    private Network(int count, int subnet) {
        this.count = count;
        this.subnet = subnet;
    }

    /** Why namespaces cannot be made here; empty if they can. */
    static Optional<String> hindrance() throws InterruptedException {
        String trial = PREFIX + ProcessHandle.current().pid() + "-trial";
        try {
            Tools.run("ip", "netns", "add", trial);
            try {
                Tools.run("ip", "-n", trial, "rule", "add", "from", "198.18.0.1", "blackhole");
            } finally {
                Tools.run("ip", "netns", "del", trial);
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()).strip());
        }
    }

    /** A new network with a place for each node, all of whose links are whole. */
    static Network make(int nodes) throws IOException, InterruptedException {
        Network network = new Network(nodes, freeSubnet());
        try {
            network.build();
        } catch (IOException | InterruptedException e) {
            network.close();
            throw e;
        }
        return network;
    }

    /** Removes the namespaces of runs that are no more, and ends the processes in them. */
    static void removeLeftovers() throws IOException, InterruptedException {
        for (String line : Tools.run("ip", "netns", "list").lines().toList()) {
            Matcher name = NAME.matcher(line);
            if (name.matches() && !isAlive(Long.parseLong(name.group(2)))) {
                System.out.println(
                        "an earlier run has left namespace " + name.group(1) + ": removed");
                remove(name.group(1));
            }
        }
    }

    /** Whether a process is there that may be a run of a drill: it is a JVM. */
    static boolean isAlive(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .filter(command -> command.endsWith("java"))
                .isPresent();
    }

    /** From the range for trials of networks (RFC 2544), which no network uses. */
    private static int freeSubnet() throws IOException, InterruptedException {
        String routes = Tools.run("ip", "route", "show");
        int first = (int) (ProcessHandle.current().pid() % SUBNETS);
        for (int i = 0; i < SUBNETS; i++) {
            int subnet = (first + i) % SUBNETS;
            if (!routes.contains("198.18." + subnet + ".")) {
                return subnet;
            }
        }
        throw new IOException("all of 198.18.0.0/16 is in use");
    }

    private void build() throws IOException, InterruptedException {
        Tools.run("ip", "netns", "add", router);
        Tools.run("ip", "-n", router, "link", "set", "lo", "up");
        Tools.run(
                "ip", "netns", "exec", router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
        String here = "skv" + pid;
        Tools.run(
                "ip", "link", "add", here, "type", "veth", "peer", "name", "to0", "netns", router);
        Tools.run("ip", "addr", "add", address(CLIENTS) + "/30", "dev", here);
        Tools.run("ip", "link", "set", here, "up");
        raiseRouterEnd(CLIENTS);
        Tools.run("ip", "route", "add", "198.18." + subnet + ".0/24", "via", gateway(CLIENTS));
        for (int node = 1; node <= count; node++) {
            String space = space(node);
            Tools.run("ip", "netns", "add", space);
            Tools.run("ip", "-n", space, "link", "set", "lo", "up");
            Tools.run(
                    "ip",
                    "-n",
                    space,
                    "link",
                    "add",
                    "eth0",
                    "type",
                    "veth",
                    "peer",
                    "name",
                    "to" + node,
                    "netns",
                    router);
            Tools.run("ip", "-n", space, "addr", "add", address(node) + "/30", "dev", "eth0");
            Tools.run("ip", "-n", space, "link", "set", "eth0", "up");
            raiseRouterEnd(node);
            Tools.run("ip", "-n", space, "route", "add", "default", "via", gateway(node));
        }
    }

    private void raiseRouterEnd(int place) throws IOException, InterruptedException {
        String end = "to" + place;
        Tools.run("ip", "-n", router, "addr", "add", gateway(place) + "/30", "dev", end);
        Tools.run("ip", "-n", router, "link", "set", end, "up");
    }

    private String space(int node) {
        return PREFIX + pid + "-n" + node;
    }

    private String address(int place) {
        return "198.18." + subnet + "." + (4 * place + 2);
    }

    private String gateway(int place) {
        return "198.18." + subnet + "." + (4 * place + 1);
    }

    Places places() {
        List<String> hosts = new ArrayList<>();
        List<List<String>> entering = new ArrayList<>();
        for (int node = 1; node <= count; node++) {
            hosts.add(address(node));
            entering.add(List.of("nsenter", "--net=" + NAMESPACES.resolve(space(node)), "--"));
        }
        return new Places(hosts, entering);
    }

    /** From now on nothing that {@code from} sends reaches {@code to}; the way back is whole. */
    synchronized void cut(int from, int to) throws IOException, InterruptedException {
        String rule = "from " + address(from) + " to " + address(to) + " blackhole";
        if (!closed && !rules.contains(rule)) {
            rule("add", rule);
            rules.add(rule);
        }
    }

    /** Makes all links whole. */
    synchronized void heal() throws IOException, InterruptedException {
        while (!closed && !rules.isEmpty()) {
            rule("del", rules.removeLast());
        }
    }

    private void rule(String verb, String rule) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("ip", "-n", router, "rule", verb));
        words.addAll(List.of(rule.split(" ")));
        Tools.run(words.toArray(String[]::new));
    }

    /** Ends what runs in the namespaces, and removes them. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (int node = 1; node <= count; node++) {
            removeIfThere(space(node));
        }
        removeIfThere(router);
    }

    private static void removeIfThere(String space) {
        if (!Files.exists(NAMESPACES.resolve(space))) {
            return;
        }
        try {
            remove(space);
        } catch (IOException e) {
            System.out.println("namespace " + space + " was not removed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** With the router its end of the link to here goes, and the route with it. */
    private static void remove(String space) throws IOException, InterruptedException {
        for (String inside : Tools.run("ip", "netns", "pids", space).lines().toList()) {
            ProcessHandle.of(Long.parseLong(inside.strip()))
                    .ifPresent(process -> {
                        process.destroyForcibly();
                        process.onExit().join();
                    });
        }
        Tools.run("ip", "netns", "del", space);
    }
}
