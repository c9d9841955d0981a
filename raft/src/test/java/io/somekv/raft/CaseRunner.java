package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the commands of one text case on a {@link Group}. A command is words and {@code
 * key=value} pairs; the first word says what, the second often which replica. Commands:
 *
 * <pre>
 * new VOTERS [learners=N] [mutation=M] [stall=MS] [lag=MS] [cache=BYTES] [drift=PERMILLE] [quiesce=MS]
 *                                                                 a group on empty disks
 * disk ID term=T [vote=V] [commit=C] log=1,1,2                    what stands on a disk before start
 * start | start ID | crash ID                                     processes
 * tick ID [ms=N] | campaign ID | wait ms=N                        time (for all; only ID looks)
 * wake ID node=N                                                a node is missed
 * clock ID lead=MS                                                wall clock against the others
 * propose ID [text] [size=N] | read ID token=N [age=MS|any] | transfer ID [to=ID]
 * add ID node=N [replaces=ID] | remove ID replica=ID | members ID   asked of replica ID
 * create ID by=ID                                                a new replica, as its leader says
 * compact ID [index=N] | install ID from=ID                      log dropped; snapshot taken in
 * run ms=N [without=ID]                                          all goes its way for a while, silently
 * sync ID [all] | fetch ID | apply ID                             disk and state machine
 * deliver|drop|dup [from=N] [to=N] [type=T] [count=N]             network
 * settle [without=ID]                                             all goes its way, silently
 * status | log ID | network
 * </pre>
 */
final class CaseRunner {
    private @Nullable Group group;
    private final List<String> words = new ArrayList<>();
    private final TreeMap<String, String> pairs = new TreeMap<>();

    /** Returns what happened, one thing a line. */
    String run(String command) {
        words.clear();
        pairs.clear();
        for (String word : command.trim().split(" +", -1)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                pairs.put(word.substring(0, equals), word.substring(equals + 1));
            } else {
                words.add(word);
            }
        }
        List<String> lines = new ArrayList<>(execute());
        lines.addAll(0, group().transcript().take());
        return lines.isEmpty() ? "ok\n" : String.join("\n", lines) + "\n";
    }

    private List<String> execute() {
        String verb = words.getFirst();
        if (verb.equals("new")) {
            group = new Group(config(), id(), (int) number("learners", 0));
            return List.of();
        }
        Group g = group();
        switch (verb) {
            case "disk" -> seedDisk(g);
            case "start" -> {
                if (words.size() == 1) {
                    g.startAll();
                } else {
                    g.start(id());
                }
            }
            case "crash" -> g.crash(id());
            case "tick" -> g.tick(id(), (int) number("ms", 0));
            case "campaign" -> g.campaign(id());
            case "wait" -> g.wait((int) number("ms", 0));
            case "wake" -> g.step(id(), new Input.Wake(number("node", 0)));
            case "clock" -> g.clockLead(id(), number("lead", 0));
            case "advance" ->
                    g.step(id(), new Input.AdvanceTime(Group.START_WALL_MILLIS + number("to", 0)));
            case "propose" -> g.propose(id(), payload());
            case "transfer" -> g.step(id(), new Input.TransferLeadership(number("to", 0)));
            case "add", "remove", "members", "create", "compact", "install" -> {
                return changeMembers(g, verb);
            }
            case "run" -> {
                long without = number("without", 0);
                g.run((int) number("ms", 0), m -> m.from() != without && m.to() != without);
                g.transcript().take();
            }
            case "read" -> g.step(id(), new Input.Read(number("token", 0), age()));
            case "sync" -> {
                if (g.disk(id()).pendingCount() == 0) {
                    return List.of("nothing to sync");
                } else if (words.size() > 2) {
                    g.syncAll(id());
                } else {
                    g.sync(id());
                }
            }
            case "fetch" -> {
                if (g.fetches(id()).isEmpty()) {
                    return List.of("nothing to fetch");
                }
                g.fetch(id());
            }
            case "apply" -> g.apply(id());
            case "deliver", "drop", "dup" -> exchange(g, verb);
            case "settle" -> {
                g.settleWithout((int) number("without", 0));
                g.transcript().take();
            }
            case "status" -> {
                return status(g);
            }
            case "log" -> {
                return log(g);
            }
            case "network" -> {
                return g.network().stream().map(Transcript::text).toList();
            }
            default -> throw new IllegalArgumentException("unknown command: " + verb);
        }
        return List.of();
    }

    private List<String> changeMembers(Group g, String verb) {
        switch (verb) {
            case "add" ->
                    g.change(
                            id(),
                            new MembershipChange.Add(
                                    number("node", 0),
                                    new UUID(0, number("node", 0)),
                                    number("replaces", 0)));
            case "remove" -> g.change(id(), new MembershipChange.Remove(number("replica", 0)));
            case "members" -> {
                return List.of(Transcript.members(g.replica(id()).membership()));
            }
            case "create" -> g.create(id(), (int) number("by", 0));
            case "compact" -> g.compact(id(), number("index", Long.MAX_VALUE));
            case "install" -> {
                if (!g.install(id(), (int) number("from", 0))) {
                    return List.of("not taken");
                }
            }
            default -> throw new IllegalArgumentException("unknown command: " + verb);
        }
        return List.of();
    }

    private void exchange(Group g, String verb) {
        String type = pairs.getOrDefault("type", "");
        long from = number("from", 0);
        long to = number("to", 0);
        long[] left = {number("count", Long.MAX_VALUE)};
        Predicate<Message> filter =
                m ->
                        (from == 0 || m.from() == from)
                                && (to == 0 || m.to() == to)
                                && m.getClass().getSimpleName().startsWith(type)
                                && left[0]-- > 0;
        if (verb.equals("deliver")) {
            g.deliver(filter);
            return;
        }
        List<Message> chosen = g.take(filter);
        if (verb.equals("dup")) {
            g.network().addAll(chosen);
            g.network().addAll(chosen);
        }
    }

    private void seedDisk(Group g) {
        List<Entry> entries = new ArrayList<>();
        for (String term : pairs.getOrDefault("log", "").split(",", -1)) {
            if (!term.isEmpty()) {
                entries.add(
                        new Entry(
                                new EntryId(Long.parseLong(term), entries.size() + 1),
                                EntryKind.COMMANDS,
                                1,
                                Bytes.utf8("old")));
            }
        }
        g.disk(id())
                .seed(
                        new HardState(number("term", 0), number("vote", 0), number("commit", 0)),
                        entries);
    }

    private static List<String> status(Group g) {
        List<String> lines = new ArrayList<>();
        for (int id = 1; id <= g.size(); id++) {
            if (!g.isUp(id)) {
                lines.add(id + " is down");
                continue;
            }
            ReplicaStatus s = g.status(id);
            lines.add(
                    "%d %s term %d leader %d last %s commit %d applied %d%s"
                            .formatted(
                                    id,
                                    s.role(),
                                    s.term(),
                                    s.leaderId(),
                                    Transcript.at(s.last()),
                                    s.commit(),
                                    s.applied(),
                                    g.stepDownCause(id)
                                            .map(cause -> ", led until " + cause)
                                            .orElse("")));
        }
        return lines;
    }

    private List<String> log(Group g) {
        List<String> lines = new ArrayList<>();
        EntryId base = g.disk(id()).base();
        lines.add(
                "disk: "
                        + (base.equals(EntryId.ZERO) ? "" : "behind " + Transcript.at(base) + ": ")
                        + Transcript.entries(g.disk(id()).entries()));
        if (pairs.containsKey("times")) {
            StringBuilder times = new StringBuilder("log times:");
            for (Entry entry : g.disk(id()).entries()) {
                times.append(' ').append(entry.logTime() - Group.START_WALL_MILLIS);
            }
            lines.add(times.toString());
        }
        return lines;
    }

    private String payload() {
        if (pairs.containsKey("size")) {
            return "x".repeat((int) number("size", 0));
        }
        return words.size() > 2 ? words.get(2) : "";
    }

    private RaftConfig config() {
        RaftConfig c = Group.CONFIG;
        EnumSet<Mutation> mutations = EnumSet.noneOf(Mutation.class);
        if (pairs.containsKey("mutation")) {
            mutations.add(Mutation.valueOf(pairs.get("mutation")));
        }
        RaftConfig config =
                new RaftConfig(
                        c.electionTimeoutNanos(),
                        c.heartbeatNanos(),
                        c.appendBytesMax(),
                        c.inFlightBytesMax(),
                        c.uncommittedBytesMax(),
                        number("cache", c.cacheBytesMax()),
                        number("stall", c.diskStallNanos() / 1_000_000) * 1_000_000,
                        number("lag", c.diskLagNanosMax() / 1_000_000) * 1_000_000,
                        c.clockLeadMillisMax(),
                        0,
                        number("quiesce", 0) * 1_000_000,
                        mutations);
        int drift = (int) number("drift", -1);
        return drift < 0 ? config : config.leased(drift);
    }

    /** In milliseconds, or 'any'. */
    private long age() {
        return "any".equals(pairs.get("age")) ? Long.MAX_VALUE : number("age", 0) * 1_000_000;
    }

    private int id() {
        return Integer.parseInt(words.get(1));
    }

    private long number(String key, long otherwise) {
        String value = pairs.get(key);
        return value == null ? otherwise : Long.parseLong(value);
    }

    private Group group() {
        if (group == null) {
            throw new IllegalArgumentException("a case begins with: new VOTERS");
        }
        return group;
    }
}
