package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReconnectsTest {
    private static List<Long> pauses(Reconnects reconnects, int count) {
        return Stream.generate(() -> reconnects.onLost(false)).limit(count).toList();
    }

    @Test
    void whoWasNamedByTheCallerIsTriedSteadily() {
        Reconnects given = new Reconnects(true);
        assertEquals(List.of(200L), pauses(given, 100).stream().distinct().toList());
        assertEquals(2_000, given.onLost(true), "nobody there speaks as a node does");
        assertFalse(given.isNews(), "the caller is told with each request");
    }

    @Test
    void whereTheMapLedToIsTriedMoreAndMoreSeldomUntilItIsHeard() {
        Reconnects mapped = new Reconnects(false);
        List<Long> pauses = List.of(200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 10_000L, 10_000L);
        assertEquals(pauses, pauses(mapped, 8));
        assertEquals(10_000, pauses(mapped, 100).get(99));
        mapped.onHeard();
        assertEquals(2_000, mapped.onLost(true));
        assertEquals(400, mapped.onLost(false));
    }

    @Test
    void thatItLastsIsSaidOnce() {
        Reconnects mapped = new Reconnects(false);
        int said = 0;
        for (int tries = 1; tries <= 1_000; tries++) {
            mapped.onLost(false);
            said += mapped.isNews() ? 1 : 0;
            assertEquals(tries >= 7 ? 1 : 0, said);
        }
        mapped.onHeard();
        pauses(mapped, 6);
        assertFalse(mapped.isNews());
        pauses(mapped, 1);
        assertTrue(mapped.isNews());
    }
}
