package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconnectsTest {
    private long now = 1_000_000;

    /** How long it waits after each of so many tries in vain. */
    private List<Long> pauses(Reconnects reconnects, int count, boolean isAnyReached) {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            reconnects.onLost(now, false);
            pauses.add(pause(reconnects, isAnyReached));
        }
        return pauses;
    }

    private long pause(Reconnects reconnects, boolean isAnyReached) {
        long lost = now;
        while (!reconnects.mayTry(now, isAnyReached)) {
            now++;
        }
        return now - lost;
    }

    @Test
    void whoWasNamedByTheCallerIsTriedSteadily() {
        Reconnects given = new Reconnects(true);
        assertTrue(given.mayTry(0, false), "at once");
        assertEquals(List.of(200L), pauses(given, 100, true).stream().distinct().toList());
        given.onLost(now, true);
        assertEquals(2_000, pause(given, true), "nobody there speaks as a node does");
        assertFalse(given.isNews(), "the caller is told with each request");
    }

    @Test
    void whereTheMapLedToIsTriedMoreAndMoreSeldomUntilItIsHeard() {
        Reconnects mapped = new Reconnects(false);
        List<Long> pauses = List.of(200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 10_000L, 10_000L);
        assertEquals(pauses, pauses(mapped, 8, true));
        mapped.onHeard();
        mapped.onLost(now, true);
        assertEquals(2_000, pause(mapped, true));
        mapped.onLost(now, false);
        assertEquals(400, pause(mapped, true));
    }

    /** It may be the only one that is left. */
    @Test
    void withNobodyElseInReachAllAreTriedSteadily() {
        Reconnects mapped = new Reconnects(false);
        assertEquals(10_000, pauses(mapped, 100, true).get(99));
        assertEquals(List.of(200L), pauses(mapped, 100, false).stream().distinct().toList());
        mapped.onLost(now, true);
        assertEquals(2_000, pause(mapped, false));
    }

    @Test
    void thatItLastsIsSaidOnce() {
        Reconnects mapped = new Reconnects(false);
        int said = 0;
        for (int tries = 1; tries <= 1_000; tries++) {
            mapped.onLost(now, false);
            said += mapped.isNews() ? 1 : 0;
            assertEquals(tries >= 7 ? 1 : 0, said);
        }
        mapped.onHeard();
        pauses(mapped, 6, true);
        assertFalse(mapped.isNews());
        pauses(mapped, 1, true);
        assertTrue(mapped.isNews());
    }
}
