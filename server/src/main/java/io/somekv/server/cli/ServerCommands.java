package io.somekv.server.cli;

import java.util.List;

/** The commands of this module, for the program that gathers those of all modules. */
public final class ServerCommands {
    private ServerCommands() {}

    /** One object of each, in the order in which a help should list them. */
    public static List<Object> all() {
        return List.of(
                new DemoCommand(),
                new ServerCommand(),
                new ClusterCommand(),
                new GetCommand(),
                new PutCommand(),
                new AppendCommand(),
                new DeleteCommand());
    }
}
