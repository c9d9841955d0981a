package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code somekv delete}. */
@Command(
        name = "delete",
        mixinStandardHelpOptions = true,
        description =
                "Delete a key; one that is missing is no error. Prints 1 if it was there, or 0.")
final class DeleteCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (SomeKvClient client = store.connect()) {
                boolean existed = client.delete(key.getBytes(StandardCharsets.UTF_8));
                console.out().println(existed ? 1 : 0);
                return Console.EXIT_OK;
            }
        });
    }
}
