package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.bench.drill.Fault.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FaultScheduleTest {
    private static final int DRAWS = 1_000;

    private static List<Fault> draw(long seed, int nodes) {
        FaultSchedule schedule = new FaultSchedule(seed, nodes, Kind.usual());
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < DRAWS; i++) {
            faults.add(schedule.next().fault());
        }
        return faults;
    }

    @Test
    void aSeedDrawsTheSameFaults() {
        assertEquals(draw(7, 3), draw(7, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void everyUsualKindComesAndOnlyAMinorityIsEverAlone(int nodes) {
        Set<Kind> seen = EnumSet.noneOf(Kind.class);
        for (Fault fault : draw(1, nodes)) {
            seen.add(fault.kind());
            if (fault instanceof Fault.Kill kill && kill.kind() == Kind.KILL) {
                assertTrue(2 * kill.nodes().size() < nodes, fault.toString());
            }
        }
        assertEquals(EnumSet.copyOf(Kind.usual()), seen);
    }

    /** All but one node are in two halves, and the one speaks to both. */
    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void aBridgeReachesEverybody(int nodes) {
        for (Fault fault : draw(2, nodes)) {
            if (fault instanceof Fault.Cut cut && cut.kind() == Kind.BRIDGE) {
                long uncut = nodes - cut.links().stream().map(Fault.Link::from).distinct().count();
                assertEquals(1, uncut, cut.toString());
            }
        }
    }
}
