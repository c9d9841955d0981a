package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
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

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (SomeKvClient client = store.connect()) {
                Optional<byte[]> value = client.get(key.getBytes(StandardCharsets.UTF_8));
                if (value.isEmpty()) {
                    console.error().println("somekv: there is no key '" + key + "'");
                    return Console.EXIT_MISSING;
                }
                write(value.get());
                return Console.EXIT_OK;
            }
        });
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
