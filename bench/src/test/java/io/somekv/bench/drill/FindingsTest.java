package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class FindingsTest {
    @Test
    void whatADrillEndsItselfIsNoFinding() {
        Findings findings = new Findings(new Clock());
        findings.add("before");
        findings.close();
        findings.add("after");
        assertEquals(List.of("before"), findings.all());
    }
}
