package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Modules point one way, and what is pure stays pure: the compiled classes of all modules against
 * the table in {@link ProjectModule}.
 */
final class ArrowsTest {
    /** Written by protoc, which reads from streams even where nobody calls it. */
    private static final String GENERATED = "io.somekv.protocol.v1";

    /** What of {@code origin} the table does not allow in {@code module}, as "from -> to". */
    private static List<String> violations(ProjectModule module, JavaClass origin) {
        List<String> found = new ArrayList<>();
        for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
            JavaClass target = dependency.getTargetClass().getBaseComponentType();
            if (!target.isPrimitive()
                    && !module.mayDependOn(
                            origin.getName(), target.getName(), target.getPackageName())) {
                found.add(origin.getName() + " -> " + target.getName());
            }
        }
        return found.stream().distinct().sorted().toList();
    }

    private static JavaClasses production() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(ProjectModule.ROOT);
    }

    @Test
    void everyClassKeepsToItsModulesArrows() {
        List<String> found = new ArrayList<>();
        Set<ProjectModule> seen = EnumSet.noneOf(ProjectModule.class);
        for (JavaClass each : production()) {
            ProjectModule module = ProjectModule.of(each.getPackageName());
            seen.add(module);
            if (!each.getPackageName().equals(GENERATED)) {
                found.addAll(violations(module, each));
            }
        }
        assertEquals(List.of(), found);
        // Where a module is missing the import saw too little, and the rule holds for nothing.
        assertTrue(
                seen.contains(ProjectModule.RAFT) && seen.contains(ProjectModule.DIST),
                "seen: " + seen);
    }

    @Test
    void anArrowTheWrongWayIsFound() {
        JavaClass somekv = new ClassFileImporter().importClass(Somekv.class);
        List<String> found = violations(ProjectModule.RAFT, somekv);
        assertTrue(found.stream().anyMatch(line -> line.endsWith("-> picocli.CommandLine")));
        assertFalse(
                ProjectModule.RAFT.mayDependOn(
                        "io.somekv.raft.X", "io.somekv.kv.Y", "io.somekv.kv"));
        assertFalse(
                ProjectModule.SERVER.mayDependOn(
                        "io.somekv.server.X", "io.somekv.sim.Y", "io.somekv.sim"));
        assertFalse(
                ProjectModule.SIM.mayDependOn(
                        "io.somekv.sim.X", "io.somekv.server.Y", "io.somekv.server"));
    }

    @Test
    void threadsLocksFilesAndSocketsAreFoundWhereNothingButValuesIsAllowed() {
        JavaClass impure = new ClassFileImporter().importClass(Impure.class);
        for (ProjectModule module : ProjectModule.pure()) {
            String found = String.join("\n", violations(module, impure));
            for (Class<?> refused : Impure.REFUSED) {
                assertTrue(found.contains("-> " + refused.getName()), module + ": " + refused);
            }
        }
        assertEquals(
                EnumSet.of(
                        ProjectModule.BASE,
                        ProjectModule.RAFT,
                        ProjectModule.PROTOCOL,
                        ProjectModule.KV,
                        ProjectModule.NODE),
                ProjectModule.pure());
    }

    /** Reaches for everything that the pure modules must not touch. */
    private static final class Impure {
        static final List<Class<?>> REFUSED =
                List.of(
                        Thread.class,
                        java.util.concurrent.locks.ReentrantLock.class,
                        java.util.concurrent.ExecutorService.class,
                        java.io.File.class,
                        java.nio.file.Path.class,
                        java.nio.channels.FileChannel.class,
                        java.net.Socket.class,
                        picocli.CommandLine.class);
    }
}
