package io.somekv.server.cli;

import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The commands of this module, for the program that gathers those of all modules. */
public final class ServerCommands {
    static final String VALUE_FOOTER =
            "A value that reads like one of these options goes behind '--': somekv put KEY -- -h";

    private ServerCommands() {}

    /** What picocli has no annotation for: a value may begin with a dash, as -1 does. */
    public static void configure(CommandLine line) {
        line.registerConverter(long.class, text -> number(text, Long::valueOf));
        line.registerConverter(Long.class, text -> number(text, Long::valueOf));
        line.registerConverter(int.class, text -> number(text, Integer::valueOf));
        line.registerConverter(Integer.class, text -> number(text, Integer::valueOf));
        line.getSubcommands()
                .forEach((name, command) -> {
                    boolean takesValue = name.equals("put") || name.equals("append");
                    command.setUnmatchedOptionsArePositionalParams(takesValue);
                });
    }

    private static <T> T number(String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is no number that fits here");
        }
    }

    /** One object of each, in the order in which a help should list them. */
    public static List<Object> all() {
        return List.of(
                new DemoCommand(),
                new ServerCommand(),
                new ClusterCommand(),
                new NodeCommand(),
                new GroupCommand(),
                new VerifyCommand(),
                new GetCommand(),
                new PutCommand(),
                new AppendCommand(),
                new DeleteCommand());
    }
}
