package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * One request on its way to a reply.
 *
 * @param arguments the command's name first; its arity was checked
 * @param shardCount of the cluster; 0 until the node has joined one
 */
record RespCall(
        CommandTable table, List<Bytes> arguments, RespConnection connection, int shardCount) {
    int count() {
        return arguments.size();
    }

    Bytes at(int index) {
        return arguments.get(index);
    }

    String text(int index) {
        return arguments.get(index).toUtf8();
    }

    /** For option names, which Redis compares without regard to case. */
    String upper(int index) {
        return text(index).toUpperCase(Locale.ROOT);
    }

    OptionalLong number(int index) {
        return Decimals.parse(arguments.get(index));
    }

    /** The command's name, for errors that mention it. */
    String name() {
        return text(0).toLowerCase(Locale.ROOT);
    }

    RespAction wrongArity(String of) {
        return RespAction.error("ERR wrong number of arguments for '" + of + "' command");
    }

    /** For commands that are a family: {@code CLIENT LIST}, {@code CONFIG GET}. */
    RespAction unknownSubcommand() {
        return RespAction.error(
                "ERR unknown subcommand '"
                        + text(1)
                        + "'. Try "
                        + text(0).toUpperCase(Locale.ROOT)
                        + " HELP.");
    }
}
