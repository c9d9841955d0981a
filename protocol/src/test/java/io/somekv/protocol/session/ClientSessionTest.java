package io.somekv.protocol.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.command.RequestStamp.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ClientSessionTest {
    private static final ClientId CLIENT = new ClientId(7, 9);

    /** Against a set of outstanding sequences, which is what the session is in compact form. */
    @Test
    void stampsTellWhatIsFinishedAndNothingElse() {
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            int window = 1 + random.nextInt(100);
            ClientSession session = new ClientSession(CLIENT, window);
            List<RequestStamp> outstanding = new ArrayList<>();
            long last = 0;
            for (int step = 0; step < 500; step++) {
                if (random.nextBoolean()) {
                    boolean room = session.hasRoom();
                    Optional<RequestStamp> begun = session.begin(1000 + step);
                    assertEquals(room, begun.isPresent());
                    if (begun.isPresent()) {
                        assertEquals(++last, begun.get().sequence());
                        outstanding.add(begun.get());
                    }
                } else if (!outstanding.isEmpty()) {
                    RequestStamp done = outstanding.remove(random.nextInt(outstanding.size()));
                    session.finish(done.sequence());
                    assertFalse(session.isOutstanding(done.sequence()));
                }
                checkStamps(session, outstanding, last, window);
            }
        }
    }

    private static void checkStamps(
            ClientSession session, List<RequestStamp> outstanding, long last, int window) {
        TreeSet<Long> open = new TreeSet<>();
        outstanding.forEach(stamp -> open.add(stamp.sequence()));
        long floor = open.isEmpty() ? last + 1 : open.first();
        assertEquals(floor, session.floor(), "floor is the lowest that is not finished");
        assertTrue(last < floor + window, "sequences stay in the window");
        for (RequestStamp before : outstanding) {
            assertTrue(session.isOutstanding(before.sequence()));
            RequestStamp again = session.restamp(before);
            assertEquals(before.sequence(), again.sequence());
            assertEquals(before.deadlineMillis(), again.deadlineMillis());
            assertEquals(floor, again.floor());
            for (Range range : again.finished()) {
                assertEquals(List.of(), List.copyOf(open.subSet(range.from(), range.to() + 1)));
                assertTrue(range.to() <= last);
            }
            if (again.finished().size() < RequestStamp.FINISHED_MAX) {
                long told = 0;
                for (Range range : again.finished()) {
                    told += range.to() - range.from() + 1;
                }
                assertEquals(last + 1 - floor - open.size(), told, "nothing is left out");
            }
        }
    }

    @Test
    void anUnansweredRequestHoldsTheFloorAndFillsTheWindow() {
        ClientSession session = new ClientSession(CLIENT, 3);
        session.begin(1);
        for (int i = 0; i < 2; i++) {
            session.finish(session.begin(1).orElseThrow().sequence());
        }
        assertEquals(1, session.floor());
        assertEquals(Optional.empty(), session.begin(1));
        session.finish(1);
        assertEquals(4, session.floor());
        assertEquals(List.of(), session.begin(1).orElseThrow().finished());
    }

    @Test
    void aDeadlineIsFixedOnce() {
        ClientSession session = new ClientSession(CLIENT, 10);
        RequestStamp without = session.begin(0).orElseThrow();
        RequestStamp with = session.withDeadline(without, 500);
        assertEquals(500, with.deadlineMillis());
        assertEquals(without.sequence(), with.sequence());
        assertThrows(Invariant.Violation.class, () -> session.withDeadline(with, 600));
    }

    @Test
    void aRequestIsFinishedOnce() {
        ClientSession session = new ClientSession(CLIENT, 10);
        session.begin(1);
        session.finish(1);
        assertThrows(Invariant.Violation.class, () -> session.finish(1));
        assertThrows(Invariant.Violation.class, () -> session.finish(2));
    }

    @Test
    void deadlinesFollowTheLatestLogTime() {
        Deadlines deadlines = new Deadlines(60_000);
        assertEquals(0, deadlines.next(5), "no log time is known");
        deadlines.observe(0, 5);
        assertEquals(0, deadlines.next(5), "no group was reached");
        deadlines.observe(1_000_000, 10);
        assertEquals(1_060_000, deadlines.next(10));
        assertEquals(1_060_500, deadlines.next(510), "time goes on");
        deadlines.observe(3, 600);
        assertEquals(1_060_600, deadlines.next(610), "an idle group shows an old log time");
        deadlines.observe(2_000_000, 700);
        assertEquals(2_060_000, deadlines.next(700));
        assertEquals(0, deadlines.next(700 + 10 * 60_000 + 1), "too old to build on");
        deadlines.observe(1_500_000, 800_000);
        assertEquals(1_560_000, deadlines.next(800_000), "anything is better than too old");
    }
}
