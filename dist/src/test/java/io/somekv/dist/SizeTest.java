package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files and methods stay small enough to be read; {@code .build/ratchet.txt} only shrinks. */
final class SizeTest {
    @Test
    void filesAndMethodsAreWithinBounds() {
        Map<String, Integer> measured = Sizes.measure(House.javaSources());
        assertEquals(
                List.of(),
                Ratchet.breaches(measured, Ratchet.parse(House.read(".build/ratchet.txt"))));
        String own = "dist/src/test/java/io/somekv/dist/SizeTest.java";
        assertTrue(measured.containsKey(own + "#filesAndMethodsAreWithinBounds"));
    }

    @Test
    void aLongFileAndALongMethodAreFound() {
        String body = "        int x;\n".repeat(Ratchet.METHOD_LINES_MAX);
        String text = "class Long {\n    void big() {\n" + body + "    }\n    void small() {}\n}\n";
        assertEquals(
                List.of("a/Long.java#big has 72 lines, allowed are 70"), breaches(text, Map.of()));
        assertEquals(
                List.of("a/Long.java has 575 lines, allowed are 500"),
                breaches("\n".repeat(500) + text, Map.of("a/Long.java#big", 72)));
    }

    @Test
    void anExemptionThatIsExceededTooLargeOrUnneededIsFound() {
        String name = "a/Long.java";
        assertEquals(
                List.of(name + " grew from 600 to 601 lines"),
                Ratchet.breaches(Map.of(name, 601), Map.of(name, 600)));
        assertEquals(
                List.of(name + " shrank: write 599 in .build/ratchet.txt"),
                Ratchet.breaches(Map.of(name, 599), Map.of(name, 600)));
        String unneeded = name + " needs no exemption: remove it from .build/ratchet.txt";
        assertEquals(List.of(unneeded), Ratchet.breaches(Map.of(name, 400), Map.of(name, 600)));
        assertEquals(List.of(unneeded), Ratchet.breaches(Map.of(), Map.of(name, 600)));
    }

    @Test
    void exemptionsAreReadFromText() {
        assertEquals(
                Map.of("a/B.java", 600, "a/B.java#c", 71),
                Ratchet.parse("# why\n\na/B.java 600\na/B.java#c 71\n"));
    }

    private static List<String> breaches(String text, Map<String, Integer> exempt) {
        return Ratchet.breaches(
                Sizes.measure(List.of(new House.Source("a/Long.java", text))), exempt);
    }
}
