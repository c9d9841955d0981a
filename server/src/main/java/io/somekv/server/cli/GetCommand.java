package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import io.somekv.protocol.command.ReadMode;
import io.somekv.server.folder.RefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code somekv get}. */
@Command(
        name = "get",
        mixinStandardHelpOptions = true,
        description = "Print the value of a key; exit code 3 if there is none.")
final class GetCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description =
                    "Write the value to a file, byte for byte; for '-' to the standard output,"
                            + " without the end of line that is added otherwise.")
    private @Nullable String file;

    @Option(
            names = "--local",
            description =
                    "Let the node that is asked answer from its own replica. As new as ever, unless"
                            + " --stale is given.")
    private boolean local;

    @Option(
            names = "--stale",
            paramLabel = "MILLIS|any",
            description =
                    "With --local: the value may have been replaced as long ago as this; 'any' for"
                            + " whatever the node has, also while no majority can be reached.")
    private @Nullable String stale;

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            ReadMode mode = mode();
            try (SomeKvClient client = store.connect(mode.isLocal())) {
                Optional<byte[]> value = client.get(key.getBytes(StandardCharsets.UTF_8), mode);
                if (value.isEmpty()) {
                    console.error().println("somekv: there is no key '" + key + "'");
                    return Console.EXIT_MISSING;
                }
                write(value.get());
                return Console.EXIT_OK;
            }
        });
    }

    private ReadMode mode() {
        String age = stale;
        if (age == null) {
            return local ? ReadMode.LOCAL : ReadMode.LEADER;
        }
        if (!local) {
            throw new RefusedException("--stale needs --local: a leader's answer is never old");
        }
        if (age.equals("any")) {
            return ReadMode.stale(ReadMode.ANY_AGE);
        }
        if (!age.matches("[1-9][0-9]{0,17}")) {
            throw new RefusedException(
                    "--stale takes milliseconds from 1, or 'any', and not '" + age + "'");
        }
        return ReadMode.stale(Long.parseLong(age));
    }

    /** Bytes as they are, whatever the terminal thinks of them. */
    private void write(byte[] value) throws IOException {
        String name = file;
        if (name != null && !name.equals(KeyAndValue.STANDARD)) {
            Files.write(Path.of(name), value);
            return;
        }
        System.out.write(value);
        if (name == null) {
            System.out.println();
        }
        System.out.flush();
    }
}
