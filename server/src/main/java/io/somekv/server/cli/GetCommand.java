package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code somekv get}. */
@Command(
        name = "get",
        mixinStandardHelpOptions = true,
        description = "Print the value of a key; exit code 3 if there is none.")
final class GetCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Parameters(index = "0", description = "The key.")
    private String key = "";

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
                // Bytes as they are, whatever the terminal thinks of them.
                System.out.write(value.get());
                System.out.println();
                System.out.flush();
                return Console.EXIT_OK;
            }
        });
    }
}
