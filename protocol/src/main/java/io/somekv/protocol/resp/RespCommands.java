package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a Redis request means here: from its arguments and the connection's state to a {@link
 * RespAction}. Pure, and nothing but a table: its rows stand in {@link StringCommands}, {@link
 * KeyCommands}, {@link ConnectionCommands}, {@link ClientCommands}, {@link ServerCommands} and
 * {@link ClusterCommands}.
 *
 * <p>A command of several keys is split by shard, each part under a sequence of its own: every part
 * happens exactly once, but they do not happen together. A connection that knows of the cluster is
 * refused such a command unless its keys are all of one slot, as with Redis Cluster.
 */
public final class RespCommands {
    /** The Redis whose behaviour and texts are followed; clients choose features by it. */
    public static final String REDIS_VERSION = "7.2.0";

    private static final int NAME_SHOWN_MAX = 128;

    private final CommandTable table = new CommandTable();

    public RespCommands() {
        StringCommands.addTo(table);
        KeyCommands.addTo(table);
        ConnectionCommands.addTo(table);
        ClientCommands.addTo(table);
        ServerCommands.addTo(table);
        ClusterCommands.addTo(table);
        CommandIntrospection.addTo(table);
    }

    /**
     * Interprets one request; the connection's state moves on at once.
     *
     * @param arguments at least one, as {@link RespRequestParser} gives them
     * @param shardCount of the cluster; 0 until the node has joined one
     */
    public RespAction interpret(List<Bytes> arguments, RespConnection connection, int shardCount) {
        connection.beginCommand();
        RespConnection.ReplyMode mode = connection.replyMode();
        RespAction action = dispatch(new RespCall(table, arguments, connection, shardCount));
        if (mode == RespConnection.ReplyMode.SKIP_NEXT) {
            connection.setReplyMode(RespConnection.ReplyMode.ON);
        }
        boolean wanted =
                mode == RespConnection.ReplyMode.ON
                        || (mode == RespConnection.ReplyMode.OFF
                                && connection.replyMode() == RespConnection.ReplyMode.ON);
        return wanted || action instanceof RespAction.Silent
                ? action
                : new RespAction.Silent(action);
    }

    private RespAction dispatch(RespCall call) {
        Optional<CommandSpec> found = table.find(call.name());
        if (found.isEmpty()) {
            return RespAction.error(unknown(call));
        }
        CommandSpec spec = found.get();
        if (!spec.accepts(call.count())) {
            return call.wrongArity(spec.name());
        } else if (!call.connection().isAuthenticated() && !spec.has("no_auth")) {
            return RespAction.error("NOAUTH Authentication required.");
        }
        if (call.connection().isClusterAware() && spec.keys().crossSlots(call.arguments())) {
            return RespAction.reply(Replies.CROSS_SLOT);
        }
        return spec.handler().handle(call);
    }

    /** As Redis words it, the space at the end included. */
    private static String unknown(RespCall call) {
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < call.count() && shown.length() < NAME_SHOWN_MAX; i++) {
            shown.append('\'').append(cut(call.text(i), NAME_SHOWN_MAX - shown.length()));
            shown.append("' ");
        }
        return "ERR unknown command '"
                + cut(call.text(0), NAME_SHOWN_MAX)
                + "', with args beginning with: "
                + shown;
    }

    private static String cut(String text, int lengthMax) {
        return text.length() <= lengthMax ? text : text.substring(0, lengthMax);
    }

    /** For tests and documentation: the names of all commands, sorted. */
    public List<String> names() {
        return table.all().stream()
                .map(CommandSpec::name)
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList();
    }
}
