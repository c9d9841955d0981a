package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code somekv put}. */
@Command(
        name = "put",
        mixinStandardHelpOptions = true,
        description = "Set the value of a key.",
        footer = ServerCommands.VALUE_FOOTER)
final class PutCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Mixin private KeyAndValue entry = new KeyAndValue();

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            byte[] value = entry.value();
            try (SomeKvClient client = store.connect()) {
                client.put(entry.key(), value);
                return Console.EXIT_OK;
            }
        });
    }
}
