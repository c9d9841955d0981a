package io.somekv.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.Linearizability.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The checker accepts what is linearizable, and sees each kind of break. */
final class LinearizabilityTest {
    private static final long STEPS_MAX = 1_000_000;

    private static Verdict check(List<Operation> operations, long stepsMax) {
        return Linearizability.check(operations, LogTimeBounds.CLOCKS_RIGHT, stepsMax);
    }

    private static void good(String history) {
        assertEquals(new Verdict.Linearizable(), check(Histories.parse(history), STEPS_MAX));
    }

    private static void broken(String history) {
        assertInstanceOf(Verdict.Violated.class, check(Histories.parse(history), STEPS_MAX));
    }

    /** Good where a slow clock may lead. */
    private static void brokenOnlyWhereClocksAreRight(String history) {
        broken(history);
        assertEquals(
                new Verdict.Linearizable(),
                Linearizability.check(
                        Histories.parse(history), LogTimeBounds.CLOCKS_WRONG, STEPS_MAX));
    }

    @Test
    void oneAfterTheOther() {
        good(
                """
                1 0..1 put a    ok
                2 2..3 append b #2
                1 4..5 get      ab
                2 6..7 delete   #1
                1 8..9 get      nil
                """);
    }

    @Test
    void concurrentWritesMayTakeEitherOrder() {
        good(
                """
                1 0..9   put a ok
                2 1..8   put b ok
                3 10..11 get   a
                """);
        good(
                """
                1 0..9   put a ok
                2 1..8   put b ok
                3 10..11 get   b
                """);
    }

    @Test
    void staleRead() {
        broken(
                """
                1 0..1 put a ok
                1 2..3 put b ok
                2 4..5 get   a
                """);
    }

    @Test
    void readersThatSeeWritesInDifferentOrders() {
        broken(
                """
                1 0..20  put a ok
                2 0..20  put b ok
                3 1..2   get   a
                3 3..4   get   b
                3 5..6   get   a
                """);
    }

    @Test
    void aValueReadIsNotUnreadAgain() {
        broken(
                """
                1 0..20 put a ok
                2 1..2  get   a
                3 3..4  get   nil
                """);
    }

    @Test
    void lostUpdate() {
        broken(
                """
                1 0..5 increment 1 #1
                2 0..5 increment 1 #1
                """);
        good(
                """
                1 0..5 increment 1 #1
                2 0..5 increment 1 #2
                """);
    }

    @Test
    void lostWrite() {
        broken(
                """
                1 0..1 put a ok
                2 2..3 get   nil
                """);
    }

    @Test
    void doubleAppend() {
        broken(
                """
                1 0..1 append x #1
                2 2..3 get      xx
                """);
    }

    @Test
    void aValueThatNobodyWrote() {
        broken("1 0..1 get a");
    }

    @Test
    void twoThatBothCreateTheKey() {
        broken(
                """
                1 0..9 putnew a ok
                2 0..9 putnew b ok
                """);
    }

    @Test
    void anUnknownWriteMayHappenLateOrNever() {
        good(
                """
                1 0..?   put a ?
                2 2..3   get   nil
                2 4..5   get   a
                """);
        good(
                """
                1 0..?   put a ?
                2 2..3   get   nil
                """);
    }

    @Test
    void anUnknownWriteHappensOnceAtMost() {
        broken(
                """
                1 0..?   append a ?
                2 2..3   get      aa
                """);
        broken(
                """
                1 0..?   put a ?
                2 2..3   get   a
                2 4..5   put b ok
                2 6..7   get   a
                """);
    }

    @Test
    void anUnknownWriteDoesNotHappenBeforeItsCall() {
        broken(
                """
                2 2..3   get   a
                1 4..?   put a ?
                """);
    }

    @Test
    void whatCannotBeDecidedIsNoSuccess() {
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            operations.addAll(Histories.parse("1 0..? append v" + i + " ?"));
        }
        operations.addAll(Histories.parse("2 1..2 get nobodysvalue"));
        assertInstanceOf(Verdict.Undecided.class, check(operations, 100_000));
    }

    /**
     * Histories made by running operations one by one at a random moment within their span are
     * linearizable; with the last read falsified they are not, or it cannot be told in time.
     */
    @Test
    void randomHistories() {
        for (long seed = 0; seed < 300; seed++) {
            List<Operation> operations = madeInOrder(new SplittableRandom(seed), 60);
            assertEquals(new Verdict.Linearizable(), check(operations, STEPS_MAX));
            Operation last = operations.getLast();
            operations.set(
                    operations.size() - 1,
                    new Operation(
                            last.client(),
                            last.object(),
                            last.command(),
                            last.called(),
                            last.calledMillis(),
                            last.returned(),
                            last.returnedMillis(),
                            Optional.of(new Outcome.Value(Bytes.utf8("never written")))));
            assertNotEquals(new Verdict.Linearizable(), check(operations, 20_000));
        }
    }

    private static List<Operation> madeInOrder(SplittableRandom random, int count) {
        KeyModel model = new KeyModel(LogTimeBounds.CLOCKS_RIGHT);
        List<Operation> operations = new ArrayList<>();
        NavigableMap<Bytes, Cell> state = new TreeMap<>();
        for (int i = 1; i <= count; i++) {
            boolean last = i == count;
            Command command =
                    switch (last ? 0 : random.nextInt(3)) {
                        case 0 -> new Command.Get(Histories.KEY);
                        case 1 -> Command.Put.of(Histories.KEY, Bytes.utf8("v" + i));
                        default -> new Command.Append(Histories.KEY, Bytes.utf8("+" + i));
                    };
            long called = last ? i * 100L : i * 100L - random.nextInt(400);
            boolean known = last || random.nextInt(10) > 0;
            long returned = known ? i * 100L + 1 + random.nextInt(400) : Operation.NEVER;
            Operation asked =
                    new Operation(
                            i,
                            Histories.KEY,
                            command,
                            called,
                            called,
                            returned,
                            returned,
                            Optional.empty());
            KeyModel.Step step = model.step(state, asked);
            state = step.state();
            operations.add(
                    new Operation(
                            i,
                            Histories.KEY,
                            command,
                            called,
                            called,
                            returned,
                            returned,
                            known ? Optional.of(step.answer()) : Optional.empty()));
        }
        return operations;
    }

    // ---- keys that expire

    /** KB-51: gone for one client, back for the next. */
    @Test
    @Tag("kb-51")
    void whatExpiredDoesNotComeBack() {
        good(
                """
                1 0..1   puttimed a@10 ok
                2 9..10  get           a
                2 11..12 get           nil
                3 13..14 get           nil
                """);
        String back =
                """
                1 0..1   puttimed a@10 ok
                2 10..11 get           nil
                3 12..13 get           a
                """;
        broken(back);
        assertInstanceOf(
                Verdict.Violated.class,
                Linearizability.check(
                        Histories.parse(back), LogTimeBounds.CLOCKS_WRONG, STEPS_MAX));
    }

    /** KB-50: a clock far ahead has stamped. */
    @Test
    @Tag("kb-50")
    void noKeyExpiresBeforeItsTime() {
        broken(
                """
                1 0..1 puttimed a@10 ok
                2 2..3 get           nil
                """);
        brokenOnlyWhereClocksAreRight(
                """
                1 0..1 puttimed a+10 ok
                2 2..3 get           nil
                """);
        broken(
                """
                1 0..1 puttimed a@10 ok
                2 2..3 persist       #0
                """);
    }

    @Test
    @Tag("kb-51")
    void aKeyExpiresInTime() {
        brokenOnlyWhereClocksAreRight(
                """
                1 0..1   puttimed a@10 ok
                2 12..13 get           a
                """);
        brokenOnlyWhereClocksAreRight(
                """
                1 0..1   puttimed a+5 ok
                2 12..13 append b     #2
                """);
        good(
                """
                1 0..1   puttimed a+5 ok
                2 12..13 append b     #1
                3 20..21 get          b
                """);
    }

    @Test
    void whatChangesAnExpiry() {
        good(
                """
                1 0..1   puttimed a@10 ok
                1 2..3   persist       #1
                1 20..21 get           a
                1 22..23 expire @30    #1
                1 40..41 persist       #0
                """);
        broken(
                """
                1 0..1   put a      ok
                1 22..23 expire @30 #1
                1 40..41 persist    #1
                """);
        broken(
                """
                1 0..1   puttimed a@10 ok
                1 2..3   put b         ok
                1 20..21 get           nil
                """);
    }

    @Test
    void timesToLive() {
        good(
                """
                1 0..1   ttl           #-2
                1 2..3   put a         ok
                1 4..5   ttl           #-1
                1 6..7   puttimed a@20 ok
                1 10..11 ttl           #9500
                1 30..31 ttl           #-2
                """);
        broken(
                """
                1 6..7   puttimed a@20 ok
                1 10..11 ttl           #5000
                """);
        brokenOnlyWhereClocksAreRight(
                """
                1 6..7   puttimed a@20 ok
                1 10..11 ttl           #15000
                """);
    }

    /** An expiry that nobody knows to have been set may end the key or not. */
    @Test
    void anUnknownExpiry() {
        good(
                """
                1 0..1   put a     ok
                1 2..?   expire +5 ?
                2 20..21 get       a
                2 30..31 get       nil
                """);
        broken(
                """
                1 0..1   put a     ok
                1 2..?   expire +5 ?
                2 4..5   get       nil
                """);
    }

    // ---- several keys

    @Test
    void severalKeysChangeAtOnce() {
        good(
                """
                1 0..1 putboth a  ok
                1 2..3 putother b ok
                2 4..5 getboth    a,b
                2 6..7 deleteboth #2
                2 8..9 count      #0
                """);
        broken(
                """
                1 0..1 putboth a ok
                1 2..9 putboth b ok
                2 3..4 getboth   a,b
                """);
        broken(
                """
                1 0..1 put a      ok
                1 2..3 putother b ok
                1 4..9 deleteboth #1
                """);
    }

    @Test
    void aClearLeavesNothing() {
        good(
                """
                1 0..1 putboth a ok
                1 2..3 clear     ok
                1 4..5 count     #0
                """);
        broken(
                """
                1 0..1 putboth a  ok
                1 2..3 clear      ok
                1 4..5 getboth    nil,a
                """);
        broken(
                """
                1 0..1 putboth a  ok
                1 2..9 clear      ok
                2 3..4 getboth    nil,nil
                2 5..6 count      #2
                """);
    }

    /** Sets that only use up more unknown writes are not searched again. */
    @Test
    void manyUnknownWritesAreJudgedInTime() {
        StringBuilder history = new StringBuilder();
        for (int i = 0; i < 18; i++) {
            history.append("1 0..? delete ?\n");
        }
        for (int i = 1; i < 40; i++) {
            history.append("2 " + 4 * i + ".." + (4 * i + 1) + " put v" + i + " ok\n");
            history.append("2 " + (4 * i + 2) + ".." + (4 * i + 3) + " get v" + i + "\n");
        }
        history.append("3 200..201 get v38\n");
        broken(history.toString());
    }
}
