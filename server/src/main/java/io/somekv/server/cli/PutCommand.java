package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code somekv put}. */
@Command(name = "put", mixinStandardHelpOptions = true, description = "Set the value of a key.")
final class PutCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Parameters(index = "0", description = "The key.")
    private String key = "";

    @Parameters(index = "1", description = "Its new value.")
    private String value = "";

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (SomeKvClient client = store.connect()) {
                client.put(
                        key.getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8));
                return Console.EXIT_OK;
            }
        });
    }
}
