package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.command.RequestStamp.Range;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * DESIGN §6 row by row, seen from outside: every request appends to one key, so that the key's
 * value tells what was executed, how often, in which order.
 */
class DuplicatesTest {
    private static final ClientId CLIENT = new ClientId(4, 2);
    private static final long FIVE_MINUTES = DuplicateTable.DEADLINE_AHEAD_MILLIS_MAX;
    private static final Bytes KEY = Bytes.utf8("k");

    /** Window 8. */
    private Group group = Group.serving();

    private static Request request(
            ClientId client, long sequence, long floor, List<Range> finished, long deadline) {
        return new Request(
                Optional.of(new RequestStamp(client, sequence, floor, finished, deadline)),
                new Command.Append(KEY, Bytes.utf8(Long.toString(sequence))));
    }

    private Outcome send(long sequence, long floor, long deadline) {
        return group.apply(request(CLIENT, sequence, floor, List.of(), deadline)).getFirst();
    }

    private Outcome send(long sequence, long floor) {
        return send(sequence, floor, group.now + 60_000);
    }

    private void assertValue(String text) {
        assertEquals(Group.value(text), group.get("k"));
    }

    private static Outcome size(int size) {
        return new Outcome.Int(size);
    }

    @Test
    @Tag("lab:somekv.require.DuplicatesAtMostOnce")
    @Tag("lab:somekv.endtoend.DuplicatesOnOneLeader")
    void aRecordedResultIsReturnedAgain() {
        assertEquals(size(1), send(1, 1));
        assertEquals(size(2), send(2, 1));
        assertEquals(size(1), send(1, 1));
        assertEquals(size(2), send(2, 1));
        assertValue("12");
    }

    @Test
    void twoCopiesInOneEntryAreExecutedOnce() {
        Request request = request(CLIENT, 1, 1, List.of(), group.now + 1000);
        assertEquals(List.of(size(1), size(1), size(1)), group.apply(request, request, request));
        assertValue("1");
    }

    @Test
    void refusalsAreRecordedToo() {
        group.put("k", "not a number");
        Request increment = group.stamped(CLIENT, 1, 1, new Command.Increment(KEY, 1));
        Outcome first = group.apply(increment).getFirst();
        assertInstanceOf(Outcome.Refused.class, first);
        group.put("k", "1");
        assertEquals(first, group.apply(increment).getFirst());
    }

    @Test
    void belowTheFloorIsRefused() {
        send(1, 1);
        send(3, 3);
        assertEquals(new Outcome.BelowFloor(), send(1, 1));
        assertEquals(new Outcome.BelowFloor(), send(2, 2));
        assertValue("13");
    }

    /** A floor never goes back: an old copy that carries a lower one changes nothing. */
    @Test
    void theHighestFloorCounts() {
        send(5, 5);
        send(6, 2);
        assertEquals(new Outcome.BelowFloor(), send(4, 1));
    }

    @Test
    void anyOrderWithinTheWindowAndBusyAboveIt() {
        assertEquals(size(1), send(8, 1));
        assertInstanceOf(Outcome.Busy.class, send(9, 1));
        assertEquals(size(2), send(1, 1));
        assertEquals(size(3), send(4, 1));
        assertEquals(size(1), send(8, 1));
        assertInstanceOf(Outcome.Busy.class, send(10, 2));
        assertEquals(size(4), send(9, 2));
        assertValue("8149");
    }

    @Test
    void aBusyAnswerConsumesNothing() {
        send(1, 1);
        assertInstanceOf(Outcome.Busy.class, send(9, 1));
        assertEquals(size(2), send(9, 2));
    }

    @Test
    void pastItsDeadlineTheOutcomeIsUnknownAndNothingHappens() {
        assertEquals(size(1), send(1, 1, group.now));
        assertInstanceOf(Outcome.Unknown.class, send(2, 2, group.now - 1));
        assertInstanceOf(Outcome.Unknown.class, send(2, 2, group.now - 1));
        assertValue("1");
    }

    @Test
    void aDeadlineIsNeededAndBounded() {
        assertEquals(new Outcome.DeadlineNeeded(group.now), send(1, 1, 0));
        assertEquals(
                new Outcome.DeadlineNeeded(group.now), send(1, 1, group.now + FIVE_MINUTES + 1));
        assertEquals(size(1), send(1, 1, group.now + FIVE_MINUTES));
    }

    /** Record before deadline: whoever repeats a request too late still hears what became of it. */
    @Test
    void aRecordIsReturnedEvenPastItsDeadlineWhileTheClientIsKnown() {
        long deadline = group.now + 10;
        send(1, 1, deadline);
        send(2, 1, group.now + 60_000);
        group.passTime(1000);
        assertEquals(size(1), send(1, 1, deadline));
        assertValue("12");
    }

    @Test
    @Tag("kb-39")
    void aRecordOutlivesItsRetryWindow() {
        long deadline = group.now + FIVE_MINUTES;
        send(1, 1, deadline);
        for (int i = 0; i < 300; i++) {
            group.passTime(1000);
            assertEquals(size(1), send(1, 1, deadline));
        }
        group.passTime(1);
        assertInstanceOf(Outcome.Unknown.class, send(1, 1, deadline));
        assertValue("1");
    }

    /** Were it the last request's deadline that counts, the first could be executed again. */
    @Test
    @Tag("kb-39")
    void theLatestDeadlineCountsAndNotTheLast() {
        long deadline = group.now + 60_000;
        send(1, 1, deadline);
        send(2, 1, group.now + 1000);
        group.passTime(2000);
        assertEquals(size(1), send(1, 1, deadline));
        group.engine.flush();
        group.restart();
        assertEquals(size(1), send(1, 1, deadline));
        assertValue("12");
    }

    @Test
    void aClientIsForgottenOnceItsLatestDeadlineHasPassed() {
        long deadline = group.now + 1000;
        send(1, 1, deadline);
        send(3, 3, deadline);
        long held = group.machine.duplicateBytesHeld();
        group.passTime(1001);
        assertInstanceOf(Outcome.Unknown.class, send(1, 1, deadline));
        assertInstanceOf(Outcome.Unknown.class, send(3, 3, deadline));
        group.passTime(FIVE_MINUTES);
        assertTrue(group.machine.duplicateBytesHeld() < held);
        assertValue("13");
    }

    /** A client that was silent past its deadlines begins anew, its old records count no more. */
    @Test
    void aForgottenClientBeginsAnew() {
        send(5, 5, group.now + 10);
        group.passTime(11);
        assertEquals(size(2), send(2, 2));
        assertEquals(size(3), send(5, 2));
        assertValue("525");
        long before = group.digest();
        group.restart();
        assertEquals(before, group.digest());
    }

    /**
     * A client that was started again has another id and counts from 1. A late copy from its former
     * life is answered as it was, then refused; neither is taken for the other.
     */
    @Test
    @Tag("kb-40")
    void anOldRetryOfAFormerIdIsNotAppliedAgain() {
        Request former = request(CLIENT, 1, 1, List.of(), group.now + 1000);
        assertEquals(size(1), group.apply(former).getFirst());
        group.engine.flush();
        group.restart();
        ClientId next = new ClientId(CLIENT.high(), CLIENT.low() + 1);
        Request own = request(next, 1, 1, List.of(), group.now + 60_000);
        assertEquals(size(2), group.apply(own).getFirst());
        assertEquals(size(1), group.apply(former).getFirst());
        assertEquals(size(2), group.apply(own).getFirst());
        group.passTime(1001);
        assertInstanceOf(Outcome.Unknown.class, group.apply(former).getFirst());
        assertEquals(size(2), group.apply(own).getFirst());
        assertValue("11");
    }

    private Outcome sendFinished(long sequence, long floor, Range... finished) {
        return group.apply(request(CLIENT, sequence, floor, List.of(finished), group.now + 60_000))
                .getFirst();
    }

    /**
     * KB-47: 1. sequence 2 is executed; its answer is slow, the client sends it again through
     * another node. 2. The answer comes; the next request says so. 3. The second copy arrives.
     */
    private String lateCopyOfAnAcknowledgedRequest() {
        send(1, 1);
        Request copy = request(CLIENT, 2, 1, List.of(), group.now + 60_000);
        group.apply(copy);
        sendFinished(3, 1, new Range(2, 2));
        group.apply(copy);
        return ((Outcome.Value) group.get("k")).value().toUtf8();
    }

    @Test
    @Tag("kb-47")
    @Tag("lab:somekv.require.DuplicateTableFreed")
    void anAcknowledgementFreesTheResultAndNotTheFence() {
        assertEquals("123", lateCopyOfAnAcknowledgedRequest());
        group.restart();
        assertEquals(new Outcome.BelowFloor(), send(2, 1));
        assertEquals(size(1), send(1, 1));
    }

    @Test
    @Tag("kb-47")
    void withTheBugPutBackTheLateCopyIsAppliedAgain() {
        group = Group.serving(Mutation.ACKNOWLEDGEMENT_FREES_FENCE);
        assertEquals("1232", lateCopyOfAnAcknowledgedRequest());
    }

    @Test
    void everyShardHasATableOfItsOwn() {
        List<Bytes> keys = new ArrayList<>();
        for (int i = 0; keys.size() < 2; i++) {
            Bytes key = Bytes.utf8("key" + i);
            if (Slots.shardOf(key, 4) == keys.size()) {
                keys.add(key);
            }
        }
        for (Bytes key : keys) {
            Request append = group.stamped(CLIENT, 1, 1, new Command.Append(key, key));
            assertEquals(size(key.size()), group.apply(append).getFirst());
        }
    }

    @Test
    void theTableSurvivesClearAndRestart() {
        send(1, 1);
        group.run(new Command.Clear(Slots.shardOf(KEY, 4)));
        assertEquals(size(1), send(1, 1));
        group.restart();
        group.engine.flush();
        group.restart();
        assertEquals(size(1), send(1, 1));
        assertEquals(new Outcome.Nil(), group.get("k"));
    }

    /** What returns old values waits once too many of them are unacknowledged; all else goes on. */
    @Test
    void unacknowledgedResultsAreBoundedInBytes() {
        int mebibyte = 1 << 20;
        group = Group.serving(new GroupSettings(1, 16 * mebibyte, 1 << 10, 1));
        Bytes large = Bytes.wrap(new byte[mebibyte]);
        Command.Put swap = new Command.Put(KEY, large, Condition.ALWAYS, Expiry.NONE, true);
        int executed = 0;
        Outcome last = new Outcome.Nil();
        while (!(last instanceof Outcome.Busy)) {
            executed++;
            last = group.apply(group.stamped(CLIENT, executed, 1, swap)).getFirst();
        }
        assertEquals(DuplicateTable.RESULT_BYTES_MAX / mebibyte + 2, executed);
        Request plain = group.stamped(CLIENT, executed, 1, Command.Put.of(KEY, large));
        assertEquals(new Outcome.Ok(), group.apply(plain).getFirst());
        int next = executed + 1;
        Request acknowledging = group.stamped(CLIENT, next, next, Command.Put.of(KEY, large));
        group.apply(acknowledging);
        Request again = group.stamped(CLIENT, next + 1, next, swap);
        assertInstanceOf(Outcome.Value.class, group.apply(again).getFirst());
    }

    /** KB-39: what is forgotten before the deadline of its last copy is executed again by that. */
    @Test
    @Tag("kb-39")
    void aRecordThatExpiresEarlyIsFound() {
        for (boolean isEarly : List.of(true, false)) {
            group = isEarly ? Group.serving(Mutation.RECORD_EXPIRES_EARLY) : Group.serving();
            send(1, 1);
            group.passTime(2_000);
            assertEquals(size(isEarly ? 2 : 1), send(1, 1));
        }
    }

    /** They stand in one row, which must fit a frame when a snapshot takes it along. */
    @Test
    void theResultsOfOneEntryAreBoundedInBytes() {
        int mebibyte = 1 << 20;
        group = Group.serving(new GroupSettings(1, 16 * mebibyte, 1 << 10, 1));
        group.apply(
                group.stamped(CLIENT, 1, 1, Command.Put.of(KEY, Bytes.wrap(new byte[mebibyte]))));
        Command.Put swap =
                new Command.Put(
                        KEY, Bytes.wrap(new byte[mebibyte]), Condition.ALWAYS, Expiry.NONE, true);
        List<Request> requests = new ArrayList<>();
        for (int sequence = 2; sequence < 12; sequence++) {
            requests.add(group.stamped(CLIENT, sequence, 1, swap));
        }
        requests.add(group.stamped(CLIENT, 12, 1, Command.Put.of(KEY, KEY)));
        List<Outcome> outcomes = group.apply(requests.toArray(Request[]::new));
        List<Outcome> values = outcomes.stream().filter(o -> o instanceof Outcome.Value).toList();
        assertEquals(4, values.size());
        assertInstanceOf(Outcome.Busy.class, outcomes.get(4));
        assertEquals(new Outcome.Ok(), outcomes.getLast(), "all else goes on");
        assertInstanceOf(Outcome.Value.class, group.apply(requests.get(4)).getFirst());
    }
}
