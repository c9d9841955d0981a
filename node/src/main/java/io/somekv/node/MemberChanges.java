package io.somekv.node;

import io.somekv.protocol.command.Outcome;
import io.somekv.raft.EntryId;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Those who have asked for a change of a group's members, and wait for it to be applied. */
final class MemberChanges {
    private final TreeMap<Long, Waiter> asked = new TreeMap<>();
    private final TreeMap<EntryId, Waiter> appended = new TreeMap<>();

    boolean isIdle() {
        return asked.isEmpty() && appended.isEmpty();
    }

    void ask(long token, Waiter waiter) {
        asked.put(token, waiter);
    }

    /** Whether the proposal was one of these. */
    boolean appended(long token, EntryId id) {
        Waiter waiter = asked.remove(token);
        if (waiter != null) {
            appended.put(id, waiter);
        }
        return waiter != null;
    }

    /** Whether the proposal was one of these. */
    boolean refused(Now now, long token, Outcome outcome, long logTime) {
        Waiter waiter = asked.remove(token);
        if (waiter != null) {
            waiter.done(now, outcome, logTime);
        }
        return waiter != null;
    }

    void applied(Now now, EntryId id, long logTime) {
        Waiter waiter = appended.remove(id);
        if (waiter != null) {
            waiter.done(now, new Outcome.Ok(), logTime);
        }
    }

    /** The replica leads no more: what becomes of the entries is for another leader to say. */
    void abandon(Now now) {
        List<Waiter> waiters = new ArrayList<>(appended.values());
        appended.clear();
        Outcome unknown =
                new Outcome.Unknown(
                        "the leader changed meanwhile; the group's members show what came of it");
        waiters.forEach(waiter -> waiter.done(now, unknown, 0));
    }
}
