package io.somekv.dist;

import io.somekv.bench.drill.DrillCommand;
import io.somekv.server.cli.ServerCommands;
import io.somekv.sim.SimCommand;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program {@code somekv}: gathers the commands of all modules under one name. It stands in a
 * module of its own because {@code server} may not see {@code sim} and {@code bench}
 * (docs/decisions/0001-module-cut.md).
 */
@Command(
        name = "somekv",
        mixinStandardHelpOptions = true,
        versionProvider = Somekv.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "A sharded, fault-tolerant, persistent key/value store.")
public final class Somekv implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    private Somekv() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command line with every command there is. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Somekv());
        commands().forEach(line::addSubcommand);
        ServerCommands.configure(line);
        return line.setParameterExceptionHandler((wrong, _) -> complain(wrong));
    }

    /** What is wrong comes last, where it is seen, and not above a page of help. */
    private static int complain(ParameterException wrong) {
        CommandLine line = wrong.getCommandLine();
        String name = line.getCommandSpec().qualifiedName();
        PrintWriter err = line.getErr();
        String message = wrong.getMessage();
        if (wrong instanceof UnmatchedArgumentException unmatched
                && !line.getSubcommands().isEmpty()) {
            err.println("commands: " + String.join(", ", line.getSubcommands().keySet()));
            message = "there is no command '" + String.join(" ", unmatched.getUnmatched()) + "'";
        } else {
            err.print("usage: " + line.getHelp().synopsis("usage: ".length()));
        }
        UnmatchedArgumentException.printSuggestions(wrong, err);
        err.println("somekv: " + message + " ('" + name + " --help' tells more)");
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    /** The commands of the modules, in the order in which the help lists them. */
    private static List<Object> commands() {
        List<Object> commands = new ArrayList<>(ServerCommands.all());
        commands.add(new SimCommand());
        commands.add(new DrillCommand());
        return commands;
    }

    /** Called where no command was named: that is a question, and the answer is the help. */
    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        spec.commandLine().usage(out);
        out.flush();
    }

    /** Reads the version from the jar, where Maven has written it. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Somekv.class.getPackage().getImplementationVersion();
            return new String[] {"somekv " + (version == null ? "(not packaged)" : version)};
        }
    }
}
