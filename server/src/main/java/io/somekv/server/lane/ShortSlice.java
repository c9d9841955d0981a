package io.somekv.server.lane;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * A wish to the kernel: threads that requests wait for ask for short slices of time, so that they
 * run soon after they wake.
 *
 * <p>A request needs four to six wake-ups on its way. Where all cores are busy, a thread that wakes
 * waits until the one that runs has used up its slice, some milliseconds, though it needs a tenth
 * of one itself. Linux (EEVDF, 6.12 and later) lets the one with the shorter slice run first.
 * Nobody gets less of a core for that, and no privilege is needed: it is a matter of order, not of
 * priority. Threads that such a thread starts have common slices.
 *
 * <p>Nothing depends on it: another system, or an older kernel, has no such slices.
 *
 * <p>Source: sched_setattr(2); "Completing the EEVDF scheduler", Corbet 2024 (LWN 969062).
 */
public final class ShortSlice {
    /** The shortest that the kernel gives. */
    static final long NANOS = 100_000;

    // struct sched_attr of linux/sched/types.h, in its first version.
    private static final long ATTR_SIZE = 48;
    private static final long ATTR_ALIGNMENT = 8;
    private static final long POLICY_OFFSET = 4;
    private static final long FLAGS_OFFSET = 8;
    private static final long RUNTIME_OFFSET = 24;
    private static final int SCHED_OTHER = 0;
    private static final long SCHED_FLAG_RESET_ON_FORK = 1;

    private static final long THIS_THREAD = 0;
    private static final @Nullable Kernel KERNEL = Kernel.ofThisMachine();

    private ShortSlice() {}

    /** A factory of the same threads, of which each begins with this wish. */
    public static ThreadFactory of(ThreadFactory threads) {
        return work ->
                threads.newThread(() -> {
                    request();
                    work.run();
                });
    }

    /** Asks for short slices for the thread that calls; how nice it is stays as it is. */
    static void request() {
        if (KERNEL == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attr = arena.allocate(ATTR_SIZE, ATTR_ALIGNMENT);
            // Whoever gave the process a class of its own (chrt) knows better.
            if (KERNEL.get(attr) && attr.get(JAVA_INT, POLICY_OFFSET) == SCHED_OTHER) {
                long flags = attr.get(JAVA_LONG, FLAGS_OFFSET);
                attr.set(JAVA_LONG, FLAGS_OFFSET, flags | SCHED_FLAG_RESET_ON_FORK);
                attr.set(JAVA_LONG, RUNTIME_OFFSET, NANOS);
                KERNEL.set(attr);
            }
        }
    }

    /** The two calls, which the C library has no functions for yet, by their numbers. */
    private record Kernel(MethodHandle call, long setNumber, long getNumber) {
        static @Nullable Kernel ofThisMachine() {
            if (!System.getProperty("os.name").equals("Linux")) {
                return null;
            }
            return switch (System.getProperty("os.arch")) {
                case "amd64" -> of(314, 315);
                case "aarch64" -> of(274, 275);
                default -> null;
            };
        }

        @SuppressWarnings("restricted") // the command's jar has leave to (Enable-Native-Access)
        private static @Nullable Kernel of(long setNumber, long getNumber) {
            try {
                Linker linker = Linker.nativeLinker();
                MethodHandle call =
                        linker.downcallHandle(
                                linker.defaultLookup().findOrThrow("syscall"),
                                FunctionDescriptor.of(
                                        JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG,
                                        JAVA_LONG),
                                Linker.Option.firstVariadicArg(1));
                return new Kernel(call, setNumber, getNumber);
            } catch (IllegalCallerException
                    | NoSuchElementException
                    | UnsupportedOperationException e) {
                return null; // this JVM was told to call nothing outside of it, or cannot
            }
        }

        boolean get(MemorySegment attr) {
            return invoke(getNumber, attr, ATTR_SIZE);
        }

        boolean set(MemorySegment attr) {
            return invoke(setNumber, attr, 0);
        }

        /** Whether it was done. Whatever goes wrong, the thread has work to do. */
        private boolean invoke(long number, MemorySegment attr, long sizeOrFlags) {
            try {
                return (long) call.invokeExact(number, THIS_THREAD, attr, sizeOrFlags, 0L) == 0;
            } catch (Throwable e) {
                return false;
            }
        }
    }
}
