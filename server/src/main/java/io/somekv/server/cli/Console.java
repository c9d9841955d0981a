package io.somekv.server.cli;

import io.somekv.client.SomeKvException;
import io.somekv.server.control.ControlException;
import io.somekv.server.folder.RefusedException;
import io.somekv.storage.wal.OpeningProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How commands talk to people: results to the standard output, what went wrong to the standard
 * error, as a sentence and not as a stack trace. Mixed into every command.
 */
final class Console {
    static final int EXIT_OK = 0;

    private static final long SAY_NANOS = 1_000_000_000L;

    /** Something was refused, or failed. */
    static final int EXIT_FAILED = 1;

    /** A key that was asked for is not there; picocli has 2, for a command line that is wrong. */
    static final int EXIT_MISSING = 3;

    /** It may or may not have been done. */
    static final int EXIT_UNKNOWN = 4;

    /** Held: a logger that nobody holds forgets its level. */
    private static final Logger GRPC_LOG = Logger.getLogger("io.grpc.internal");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--verbose", description = "Show stack traces and more of the log.")
    private boolean verbose;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter error() {
        return spec.commandLine().getErr();
    }

    /** Before the first logger is made. What gRPC would log, commands say as a sentence. */
    void logAt(String level) {
        GRPC_LOG.setLevel(verbose ? Level.INFO : Level.OFF);
        System.setProperty("somekv.log", verbose ? "DEBUG" : level);
    }

    /** Runs a command's work; whatever it throws becomes a sentence and an exit code. */
    int run(Callable<Integer> work) {
        try {
            return work.call();
        } catch (ParameterException e) {
            // The command line is wrong after all: that is answered in one place.
            throw e;
        } catch (ControlException e) {
            boolean unknown = e.kind() == ControlException.Kind.OUTCOME_UNKNOWN;
            return failed(e.getMessage(), e, unknown ? EXIT_UNKNOWN : EXIT_FAILED);
        } catch (SomeKvException.OutcomeUnknown e) {
            return failed(e.getMessage(), e, EXIT_UNKNOWN);
        } catch (SomeKvException | RefusedException e) {
            return failed(e.getMessage(), e, EXIT_FAILED);
        } catch (IOException e) {
            return failed(e.getMessage(), e, EXIT_FAILED);
        } catch (Exception e) {
            return failed("unexpected: " + e + " (--verbose shows more)", e, EXIT_FAILED);
        } finally {
            out().flush();
            error().flush();
        }
    }

    /** Told on the standard error, where it takes long. */
    OpeningProgress readingTheLog() {
        long[] saidNanos = {System.nanoTime()};
        return (read, total) -> {
            if (System.nanoTime() - saidNanos[0] > SAY_NANOS) {
                saidNanos[0] = System.nanoTime();
                error().printf("reading the log: %d of %d MiB%n", read >> 20, total >> 20);
                error().flush();
            }
        };
    }

    private int failed(@Nullable String message, Exception e, int exitCode) {
        error().println("somekv: " + (message == null ? e.toString() : message));
        if (verbose) {
            e.printStackTrace(error());
        }
        return exitCode;
    }
}
