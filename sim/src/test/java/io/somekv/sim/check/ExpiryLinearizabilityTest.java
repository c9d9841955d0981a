package io.somekv.sim.check;

import static io.somekv.sim.check.HistoryAssertions.STEPS_MAX;
import static io.somekv.sim.check.HistoryAssertions.broken;
import static io.somekv.sim.check.HistoryAssertions.brokenOnlyWhereClocksAreRight;
import static io.somekv.sim.check.HistoryAssertions.good;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.sim.check.Linearizability.Verdict;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The checker, on histories of keys that expire. */
final class ExpiryLinearizabilityTest {
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
}
