package io.somekv.bench.drill;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code somekv drill}: the drills by name. */
@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description = "Kill real server processes under load, and check what clients were told.",
        subcommands = {
            LoadDrill.class,
            BlackoutDrill.class,
            ChaosDrill.class,
            ReplacementDrill.class,
            MovesDrill.class,
            MoveKillsDrill.class,
            RebalanceDrill.class
        })
public final class DrillCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
