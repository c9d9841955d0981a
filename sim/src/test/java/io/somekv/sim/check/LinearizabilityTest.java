package io.somekv.sim.check;

import static io.somekv.sim.check.HistoryAssertions.STEPS_MAX;
import static io.somekv.sim.check.HistoryAssertions.broken;
import static io.somekv.sim.check.HistoryAssertions.check;
import static io.somekv.sim.check.HistoryAssertions.good;
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
import org.junit.jupiter.api.Test;

/** The checker accepts what is linearizable, and sees each kind of break: one key. */
final class LinearizabilityTest {
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

    /** As clients make of one key in a minute or so; the search is as deep. */
    @Test
    void aLongHistoryIsDecided() {
        StringBuilder history = new StringBuilder("1 0..1 put a ok\n");
        for (int i = 1; i < 10_000; i++) {
            history.append("2 %d..%d get a%n".formatted(2 * i, 2 * i + 1));
        }
        good(history.toString());
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
