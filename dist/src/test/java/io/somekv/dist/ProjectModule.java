package io.somekv.dist;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The modules and their arrows (docs/ARCHITECTURE.md): which other modules each may use, and which
 * packages from outside the project. Listed is what is allowed, so that a new library is a change
 * here that somebody reads.
 */
@SuppressWarnings("ImmutableEnumChecker") // its lists are unmodifiable
enum ProjectModule {
    BASE(List.of(), Outside.PURE),
    RAFT(List.of(BASE), Outside.PURE),
    PROTOCOL(List.of(BASE), Outside.PURE, "com.google.protobuf", "io.grpc"),
    KV(List.of(BASE, PROTOCOL), Outside.PURE),
    NODE(List.of(BASE, RAFT, PROTOCOL, KV), Outside.PURE),
    STORAGE(List.of(BASE, RAFT, PROTOCOL, KV, NODE), Outside.DISK, "org.rocksdb", "org.slf4j"),
    CLIENT(List.of(BASE, PROTOCOL), Outside.ANY),
    SERVER(List.of(BASE, RAFT, PROTOCOL, KV, NODE, STORAGE, CLIENT), Outside.ANY),
    SIM(List.of(BASE, RAFT, PROTOCOL, KV, NODE, STORAGE, CLIENT), Outside.DISK, "picocli"),
    BENCH(List.of(BASE, RAFT, PROTOCOL, KV, NODE, STORAGE, CLIENT, SERVER, SIM), Outside.ANY),
    DIST(List.of(BASE, RAFT, PROTOCOL, KV, NODE, STORAGE, CLIENT, SERVER, SIM, BENCH), Outside.ANY);

    /** Where every package of the project stands. */
    static final String ROOT = "io.somekv";

    /** How far into the JDK and its libraries a module may reach. */
    enum Outside {
        /** Values, collections and charsets: nothing that has a state outside the program. */
        PURE,
        /** That, files, and what is shared between threads; but no thread of its own. */
        DISK,
        /** Whatever its pom names. */
        ANY
    }

    private static final List<String> PURE_PACKAGES =
            List.of(
                    "java.lang",
                    "java.lang.annotation",
                    "java.lang.invoke",
                    "java.lang.runtime",
                    "java.math",
                    "java.nio",
                    "java.nio.charset",
                    "java.time",
                    "java.util",
                    "java.util.function",
                    "java.util.random",
                    "java.util.regex",
                    "java.util.stream",
                    "java.util.zip",
                    "org.jspecify.annotations");
    private static final List<String> DISK_PACKAGES =
            List.of("java.io", "java.nio.channels", "java.nio.file", "java.util.concurrent");

    /** Exceptions as part of a port's contract are no input or output. */
    private static final Set<String> PURE_CLASSES =
            Set.of("java.io.IOException", "java.io.UncheckedIOException", "java.io.Serializable");

    /** What starts threads, or belongs to one. */
    private static final Set<String> THREADS =
            Set.of(
                    "java.lang.Thread",
                    "java.lang.ThreadLocal",
                    "java.util.Timer",
                    "java.util.concurrent.CompletableFuture",
                    "java.util.concurrent.ExecutorService",
                    "java.util.concurrent.Executors",
                    "java.util.concurrent.ForkJoinPool",
                    "java.util.concurrent.ThreadPoolExecutor");

    /**
     * Where threads live: the server; the client's transport; the load generator; and the command
     * that runs many simulations side by side, each of them in one thread.
     */
    private static final List<String> THREADED =
            List.of(
                    "io.somekv.server",
                    "io.somekv.client",
                    "io.somekv.bench",
                    "io.somekv.sim.Campaign");

    private final List<ProjectModule> mayUse;
    private final Outside outside;
    private final List<String> libraries;

    ProjectModule(List<ProjectModule> mayUse, Outside outside, String... libraries) {
        this.mayUse = mayUse;
        this.outside = outside;
        this.libraries = List.of(libraries);
    }

    String packageRoot() {
        return ROOT + "." + name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The module that a package belongs to. */
    static ProjectModule of(String packageName) {
        for (ProjectModule module : values()) {
            if (isIn(packageName, module.packageRoot())) {
                return module;
            }
        }
        throw new IllegalStateException(packageName + " belongs to no module");
    }

    /** Whether the class {@code origin} of this module may depend on {@code target}. */
    boolean mayDependOn(String origin, String target, String targetPackage) {
        if (isIn(targetPackage, ROOT)) {
            ProjectModule other = of(targetPackage);
            return other == this || mayUse.contains(other);
        }
        if (THREADS.contains(target)) {
            return THREADED.stream().anyMatch(origin::startsWith);
        }
        return outside == Outside.ANY
                || PURE_PACKAGES.contains(targetPackage)
                || PURE_CLASSES.contains(target)
                || (outside == Outside.DISK && isOnDisk(targetPackage))
                || libraries.stream().anyMatch(library -> isIn(targetPackage, library));
    }

    private static boolean isOnDisk(String packageName) {
        return DISK_PACKAGES.stream().anyMatch(each -> isIn(packageName, each));
    }

    /** Modules without a thread, a lock, or the world outside. */
    static Set<ProjectModule> pure() {
        Set<ProjectModule> pure = EnumSet.noneOf(ProjectModule.class);
        for (ProjectModule module : values()) {
            if (module.outside == Outside.PURE) {
                pure.add(module);
            }
        }
        return pure;
    }

    private static boolean isIn(String packageName, String root) {
        return packageName.equals(root) || packageName.startsWith(root + ".");
    }
}
