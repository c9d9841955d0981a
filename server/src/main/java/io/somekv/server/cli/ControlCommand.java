package io.somekv.server.cli;

import io.somekv.server.grpc.ControlChannel;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that asks a cluster for something, by the control port of one of its nodes. */
abstract class ControlCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();
    @Mixin private NodeOption node = new NodeOption();

    @Override
    public final Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (ControlChannel channel = node.open()) {
                run(channel);
                return Console.EXIT_OK;
            }
        });
    }

    /** Returns once it is done; whatever it throws becomes a sentence and an exit code. */
    abstract void run(ControlChannel channel) throws InterruptedException;

    final PrintWriter out() {
        return console.out();
    }
}
