package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A small group whose every step is one event, chosen by a search: a message is delivered (in any
 * order; one that is never chosen is lost), a disk syncs, a replica's time is up, a client's
 * command reaches a replica, a replica crashes and is started. The replicas are the real ones.
 */
final class SearchSystem {
    /** What may happen in a search, and how often. */
    record Limits(int voters, int commands, int timeouts, int crashes, Set<Integer> minority) {
        Limits {
            minority = Set.copyOf(minority);
        }
    }

    /**
     * One thing that happens; told by what it is and not by where it stands, so that the same event
     * is the same in other orders.
     */
    record Event(Kind kind, int replica, String message) {
        enum Kind {
            DELIVER,
            SYNC,
            TIMEOUT,
            COMMAND,
            CRASH
        }
    }

    private final Limits limits;
    private final Group group;
    private final GroupChecks checks = new GroupChecks();
    private final int[] checked;
    private int commands;
    private int timeouts;
    private int crashes;

    SearchSystem(Limits limits, Set<Mutation> mutations) {
        this.limits = limits;
        RaftConfig c = Group.CONFIG;
        EnumSet<Mutation> bugs = EnumSet.noneOf(Mutation.class);
        bugs.addAll(mutations);
        RaftConfig config =
                new RaftConfig(
                        c.electionTimeoutNanos(),
                        c.heartbeatNanos(),
                        c.appendBytesMax(),
                        c.inFlightBytesMax(),
                        c.uncommittedBytesMax(),
                        c.cacheBytesMax(),
                        Long.MAX_VALUE / 4,
                        0,
                        c.clockLeadMillisMax(),
                        0,
                        0,
                        bugs);
        group = Group.led(config, limits.voters(), 1);
        group.dropAll();
        checked = new int[limits.voters()];
        look();
    }

    /** Everything that can happen now, each kind of message once. */
    List<Event> enabled() {
        List<Event> events = new ArrayList<>();
        TreeSet<String> messages = new TreeSet<>();
        for (Message message : group.network()) {
            if (!crosses(message) && group.isUp((int) message.to())) {
                messages.add(Transcript.text(message));
            }
        }
        messages.forEach(text -> events.add(new Event(Event.Kind.DELIVER, 0, text)));
        for (int id = 1; id <= limits.voters(); id++) {
            if (group.disk(id).pendingCount() > 0) {
                events.add(new Event(Event.Kind.SYNC, id, ""));
            }
            if (timeouts < limits.timeouts() && !group.replica(id).leads()) {
                events.add(new Event(Event.Kind.TIMEOUT, id, ""));
            }
            if (commands < limits.commands() && group.replica(id).leads()) {
                events.add(new Event(Event.Kind.COMMAND, id, ""));
            }
            if (crashes < limits.crashes()) {
                events.add(new Event(Event.Kind.CRASH, id, ""));
            }
        }
        return events;
    }

    private boolean crosses(Message message) {
        return limits.minority().contains((int) message.from())
                != limits.minority().contains((int) message.to());
    }

    /** Lets it happen, and checks what must hold ever after. */
    void happen(Event event) {
        int id = event.replica();
        switch (event.kind()) {
            case DELIVER -> deliver(event.message());
            case SYNC -> group.sync(id);
            case TIMEOUT -> {
                timeouts++;
                group.tick(id, 200);
            }
            case COMMAND -> group.propose(id, "c" + ++commands);
            case CRASH -> {
                crashes++;
                group.crash(id);
                group.start(id);
                checked[id - 1] = 0;
            }
        }
        look();
    }

    private void deliver(String text) {
        for (Message message : group.network()) {
            if (Transcript.text(message).equals(text)) {
                group.network().remove(message);
                group.receive(message);
                return;
            }
        }
        throw Invariant.unreachable("no such message: " + text);
    }

    private void look() {
        for (int id = 1; id <= limits.voters(); id++) {
            List<Entry> committed = group.committed(id);
            for (; checked[id - 1] < committed.size(); checked[id - 1]++) {
                checks.committed(group.disk(id), committed.get(checked[id - 1]));
            }
            checks.leader(group.status(id));
        }
    }

    /** On how many replicas the n-th command is committed. */
    int holders(int command) {
        int count = 0;
        for (int id = 1; id <= limits.voters(); id++) {
            boolean holds =
                    group.committed(id).stream()
                            .anyMatch(entry -> entry.payload().toUtf8().equals("c" + command));
            count += holds ? 1 : 0;
        }
        return count;
    }

    /**
     * Two states with the same digest are taken for one. It has what shows of the replicas, their
     * disks, and all messages; what a replica remembers besides (whose votes a candidate has, how
     * far a leader knows its followers) shows only later. So a state may be left out that was to be
     * looked at, but none is found wrong that is not.
     */
    String digest() {
        StringBuilder text = new StringBuilder();
        text.append(commands).append('/').append(timeouts).append('/').append(crashes);
        for (int id = 1; id <= limits.voters(); id++) {
            ReplicaStatus status = group.status(id);
            text.append('|')
                    .append(status.role())
                    .append(status.term())
                    .append(' ')
                    .append(status.leaderId())
                    .append(' ')
                    .append(status.last())
                    .append(status.commit())
                    .append('+')
                    .append(group.disk(id).pendingCount())
                    .append(Transcript.entries(group.disk(id).entries()));
        }
        TreeSet<String> messages = new TreeSet<>();
        group.network().forEach(message -> messages.add(Transcript.text(message)));
        return text.append(messages).toString();
    }
}
