package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rules of CONTRIBUTING that a text search can hold, and a breach of each that it finds. */
final class HouseRulesTest {
    /** Breaches, cut in two so that the search over this file does not find them. */
    private static final Map<SourceRules, String> BREACHES =
            Map.of(
                    SourceRules.NO_DISABLED_TEST, "    @Dis" + "abled",
                    SourceRules.NO_SLEEP, "        Thread.sl" + "eep(10);",
                    SourceRules.NO_NOTE_TO_SELF, "    // TO" + "DO later",
                    SourceRules.NO_EMPTY_NAME, "final class Lease" + "Manager {",
                    SourceRules.NO_LOCK_WORD, "    private synch" + "ronized void a() {}");

    @ParameterizedTest
    @EnumSource
    void theTreeKeepsTheRule(SourceRules rule) {
        assertEquals(List.of(), rule.breaches(House.javaSources()));
    }

    @ParameterizedTest
    @EnumSource
    void aBreachIsFound(SourceRules rule) {
        String folder = rule == SourceRules.NO_LOCK_WORD ? "main" : "test";
        String path = "raft/src/" + folder + "/java/io/somekv/raft/A.java";
        String text = "package io.somekv.raft;\n" + BREACHES.get(rule) + "\n";
        List<String> found = rule.breaches(List.of(new House.Source(path, text)));
        assertEquals(1, found.size());
        assertTrue(found.getFirst().startsWith(path + ":2 "), found.getFirst());
    }

    @Test
    void everyPackageIsNullMarked() {
        assertEquals(List.of(), SourceRules.packagesNotNullMarked(House.javaSources()));
    }

    @Test
    void aPackageThatIsNotNullMarkedIsFound() {
        House.Source bare = new House.Source("raft/src/main/java/a/A.java", "package a;");
        House.Source info =
                new House.Source("raft/src/main/java/a/package-info.java", "package a;");
        House.Source marked =
                new House.Source(
                        "raft/src/main/java/a/package-info.java", "@NullMarked package a;");
        List<String> folder = List.of("raft/src/main/java/a");
        assertEquals(folder, SourceRules.packagesNotNullMarked(List.of(bare)));
        assertEquals(folder, SourceRules.packagesNotNullMarked(List.of(bare, info)));
        assertEquals(List.of(), SourceRules.packagesNotNullMarked(List.of(bare, marked)));
    }

    @ParameterizedTest
    @EnumSource(
            value = ProjectModule.class,
            names = {"RAFT", "KV", "NODE"})
    void forbiddenCallsAreCheckedInTheDeterministicModules(ProjectModule module) {
        String folder = module.name().toLowerCase(java.util.Locale.ROOT);
        assertTrue(isWired(House.read(folder + "/pom.xml")), folder);
    }

    @Test
    void theListOfForbiddenCallsHoldsWhatMattersMost() {
        String list = House.read(".build/deterministic.txt");
        for (String call :
                List.of("System#nanoTime", "java.util.HashMap", "UUID#randomUUID", "Set#of(**)")) {
            assertTrue(list.contains(call), call);
        }
    }

    @Test
    void aPomWithoutTheCheckIsFound() {
        assertFalse(isWired(House.read("base/pom.xml")));
    }

    private static boolean isWired(String pom) {
        return pom.contains("<artifactId>forbiddenapis</artifactId>")
                && pom.contains("/.build/deterministic.txt</signaturesFile>")
                && pom.contains("<goal>check</goal>");
    }
}
