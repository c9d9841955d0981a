package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The page of the labs' checks is as the tests' tags say. {@code -Dcases.rewrite=true} writes it
 * anew.
 */
final class ConformanceTest {
    /** Rows without a test or a reason; it only ever goes down. */
    private static final int OPEN_MAX = 0;

    private final Conformance conformance =
            new Conformance(House.read(Conformance.ROWS), House.javaSources());

    @Test
    void everyTagIsOfARow() {
        assertEquals(List.of(), conformance.faults());
    }

    @Test
    void thePageIsAsTheTagsSay() throws IOException {
        Path page = House.root().resolve("docs/CONFORMANCE.md");
        if (Boolean.getBoolean("cases.rewrite")) {
            Files.writeString(page, conformance.page());
        }
        assertEquals(
                Files.readString(page),
                conformance.page(),
                "write it anew: mvn verify -pl dist -am -Dtest=ConformanceTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dcases.rewrite=true");
        System.out.println("conformance: " + conformance.summary());
    }

    @Test
    void noMoreRowsAreOpenThanThereWere() {
        assertEquals(OPEN_MAX, conformance.open().size(), conformance.open().toString());
    }

    @Test
    void aTagOfNoRowAndARowWithoutATestAreFound() {
        String rows =
                "# head\na.b.Shown\na.b.Open\na.b.Later planned: soon\na.b.Odd perhaps\n"
                        + "a.b.Less less: four of five\n";
        String text =
                "@Test\n@Tag(\"la"
                        + "b:a.b.Shown\")\n@Tag(\"la"
                        + "b:a.b.None\")\nvoid t() {"
                        + "@Tag(\"la"
                        + "b:a.b.Less\")\nvoid u() {";
        House.Source source = new House.Source("x/src/test/java/x/XTest.java", text);
        Conformance found = new Conformance(rows, List.of(source));
        assertEquals(
                List.of(
                        "a.b.Odd: none of 'planned: …', 'n/a: …', 'less: …' but 'perhaps'",
                        "x/src/test/java/x/XTest.java: there is no row a.b.None"),
                found.faults());
        assertEquals(List.of("a.b.Open"), found.open());
        assertTrue(found.page().contains("| Shown | `XTest.t` |"), found.page());
        assertTrue(
                found.page().contains("| Less | `XTest.u`; less than the lab: four of five |"),
                found.page());
    }
}
