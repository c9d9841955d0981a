package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every queue has a bound; at rest nothing is left in it. */
final class BoundsTest {
    /** KB-37: whatever happened to proposals, at rest the quota of the next leader is all there. */
    @Test
    @Tag("kb-37")
    void uncommittedBytesAreZeroAtRest() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        for (int i = 0; i < 50; i++) {
            int leader = group.leader();
            group.propose(leader, "x".repeat(i * 10));
            if (i % 10 == 9) {
                group.crash(leader);
                group.run(1000, m -> true);
                group.start(leader);
            }
            group.run(20, m -> true);
        }
        group.run(1000, m -> true);
        assertEquals(0, group.status(group.leader()).uncommittedBytes());
    }

    /** Entries are handed to the state machine 4 MiB at a time, at most one entry more. */
    @Test
    void unappliedBytesAreBounded() {
        RaftConfig wide =
                new RaftConfig(
                        100_000_000,
                        10_000_000,
                        1 << 20,
                        8 << 20,
                        64 << 20,
                        32 << 20,
                        500_000_000,
                        0,
                        500,
                        0,
                        0,
                        java.util.Collections.emptySet());
        Group group = Group.led(wide, 1, 1);
        for (int i = 0; i < 10; i++) {
            group.step(1, new Input.Propose(i, EntryKind.COMMANDS, Bytes.wrap(new byte[1 << 20])));
        }
        group.syncAll(1);
        assertEquals(11, group.status(1).commit());
        assertEquals(5, group.committed(1).size(), "the first entry and four of a MiB");
        group.apply(1);
        assertEquals(9, group.committed(1).size());
        group.apply(1);
        assertEquals(11, group.committed(1).size());
    }

    /**
     * One loss makes a follower refuse a whole window; the window is sent once more, not each time.
     */
    @Test
    void oneLossResendsTheWindowOnce() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        for (int i = 0; i < 20; i++) {
            group.propose(1, "x");
        }
        Message first = group.network().stream().filter(m -> m.to() == 2).findFirst().orElseThrow();
        group.network().remove(first);
        group.deliver(m -> m.to() == 2);
        group.dropTo(3);
        assertEquals(19, group.network().size(), "all behind the loss are refused");
        group.deliver(m -> m.to() == 1);
        int resent = 0;
        for (Message message : group.network()) {
            resent += ((Message.AppendEntries) message).entries().size();
        }
        assertEquals(20, resent);
    }

    /**
     * A replica that is ticked only when its deadline has come does what one ticked always does.
     */
    @Test
    void tickingAtTheDeadlineIsEnough() {
        List<String> always = new ArrayList<>();
        List<String> atDeadline = new ArrayList<>();
        for (boolean eager : new boolean[] {true, false}) {
            Group group = Group.of(3);
            int ticks = 0;
            for (int i = 0; i < 1000; i++) {
                group.wait(1);
                for (int id = 1; id <= 3; id++) {
                    boolean isDue = group.now(id).nanos() >= group.replica(id).nextDeadlineNanos();
                    if (eager || isDue) {
                        group.step(id, new Input.Tick());
                        ticks++;
                    }
                }
                group.settle();
            }
            (eager ? always : atDeadline).addAll(group.transcript().take());
            assertTrue(eager || ticks < 400, "few ticks: " + ticks);
        }
        assertEquals(always, atDeadline);
    }

    /**
     * A follower that was away keeps the log, and not the memory: what the state machine has kept
     * for good is fetched for it.
     */
    @Test
    void whatIsKeptForGoodNeedNotBeInMemory() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        for (int i = 0; i < 5; i++) {
            group.propose(1, "x");
        }
        group.settleWithout(3);
        long before = group.status(1).applied();
        group.propose(1, "y");
        group.step(1, new Input.Evict(before));
        group.settleWithout(3);
        assertEquals(EntryId.ZERO, group.replica(1).base(), "the log is all there");
        group.tick(1, 10);
        group.deliver(m -> m.to() == 3);
        group.deliver(m -> m.from() == 3);
        Ready.Fetch fetch = group.fetches(1).getFirst();
        assertEquals(before, fetch.to(), "what follows is in memory");
        group.settle();
        assertEquals(group.status(1).last(), group.status(3).last());
    }

    /** What is not durable cannot be fetched, what is not applied is still to be handed out. */
    @Test
    void whatIsNotDurableAndAppliedStaysInMemory() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        for (int i = 0; i < 5; i++) {
            group.propose(1, "x");
        }
        group.step(1, new Input.Evict(Long.MAX_VALUE));
        group.syncAll(1);
        group.step(1, new Input.Evict(Long.MAX_VALUE));
        group.settle(m -> {
            assertEquals(List.of(), group.fetches(1));
            return true;
        });
        assertEquals(0, group.status(1).uncommittedBytes());
        assertEquals(group.status(1).last(), group.status(3).last());
        assertEquals(group.status(1).last().index(), group.status(1).applied());
    }

    /** Nor in the list that was sent last: in a group that rests, it would stay for good. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestForgetMem")
    void nothingOfWhatWasDroppedIsHeldInMemory() {
        EntryCache cache = new EntryCache(1);
        List<WeakReference<Bytes>> held = new ArrayList<>();
        for (int i = 1; i <= 10; i++) {
            Bytes payload = Bytes.wrap(new byte[100_000]);
            held.add(new WeakReference<>(payload));
            cache.append(new Entry(new EntryId(1, i), EntryKind.COMMANDS, 0, payload));
        }
        assertEquals(10, cache.slice(1, Long.MAX_VALUE).size(), "sent to followers");
        cache.dropThrough(10);
        assertEquals(0, cache.bytes());
        System.gc();
        held.removeIf(reference -> reference.get() == null);
        assertEquals(List.of(), held);
        assertEquals(11, cache.firstIndex());
    }
}
