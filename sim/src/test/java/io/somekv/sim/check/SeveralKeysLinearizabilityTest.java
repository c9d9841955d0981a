package io.somekv.sim.check;

import static io.somekv.sim.check.HistoryAssertions.broken;
import static io.somekv.sim.check.HistoryAssertions.good;

import org.junit.jupiter.api.Test;

/** The checker, on histories of commands that touch several keys at once. */
final class SeveralKeysLinearizabilityTest {
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
}
