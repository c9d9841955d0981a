package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code somekv append}. */
@Command(
        name = "append",
        mixinStandardHelpOptions = true,
        description =
                "Add to the end of a value; a key that is missing is made. Prints the new size.")
final class AppendCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Parameters(index = "0", description = "The key.")
    private String key = "";

    @Parameters(index = "1", description = "What to add.")
    private String value = "";

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (SomeKvClient client = store.connect()) {
                long size =
                        client.append(
                                key.getBytes(StandardCharsets.UTF_8),
                                value.getBytes(StandardCharsets.UTF_8));
                console.out().println(size);
                return Console.EXIT_OK;
            }
        });
    }
}
