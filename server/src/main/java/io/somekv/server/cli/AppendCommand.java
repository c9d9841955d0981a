package io.somekv.server.cli;

import io.somekv.client.SomeKvClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code somekv append}. */
@Command(
        name = "append",
        mixinStandardHelpOptions = true,
        description =
                "Add to the end of a value; a key that is missing is made. Prints the new size.",
        footer = ServerCommands.VALUE_FOOTER)
final class AppendCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private StoreOptions store = new StoreOptions();

    @Mixin private KeyAndValue entry = new KeyAndValue();

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            byte[] value = entry.value();
            try (SomeKvClient client = store.connect()) {
                long size = client.append(entry.key(), value);
                console.out().println(size);
                return Console.EXIT_OK;
            }
        });
    }
}
