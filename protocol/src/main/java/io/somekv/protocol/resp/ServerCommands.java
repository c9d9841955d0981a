package io.somekv.protocol.resp;

import io.somekv.protocol.command.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Commands that speak of the node, or of all keys. */
final class ServerCommands {
    private ServerCommands() {}

    static void addTo(CommandTable table) {
        CommandTable.Rows rows = table.rows(CommandSpec.Group.SERVER);
        rows.add(
                        "info -1",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Tells about the node, in sections.",
                        call -> new RespAction.AskNode(facts -> InfoText.reply(call, facts)))
                .add(
                        "config -2 admin",
                        CommandSpec.Keys.NONE,
                        "2.0.0",
                        "Tells settings by their Redis names.",
                        ServerCommands::config)
                .add(
                        "time 1 fast",
                        CommandSpec.Keys.NONE,
                        "2.6.0",
                        "Returns the node's wall clock.",
                        call -> new RespAction.AskNode(ServerCommands::time))
                .add(
                        "role 1 fast",
                        CommandSpec.Keys.NONE,
                        "2.8.12",
                        "Returns master: any node serves any key.",
                        call ->
                                new RespAction.AskNode(facts ->
                                        new RespReply.Array(
                                                List.of(
                                                        RespReply.bulk("master"),
                                                        new RespReply.Int(facts.appliedIndex()),
                                                        RespReply.EMPTY))))
                .add(
                        "memory -2 readonly",
                        new CommandSpec.Keys(2, 2, 1),
                        "4.0.0",
                        "MEMORY USAGE: about how many bytes a key takes.",
                        ServerCommands::memory)
                .add(
                        "function -2 write",
                        CommandSpec.Keys.NONE,
                        "7.0.0",
                        "FUNCTION FLUSH: there are none, so nothing happens.",
                        call ->
                                call.upper(1).equals("FLUSH")
                                        ? RespAction.reply(RespReply.OK)
                                        : call.unknownSubcommand());
        addAllKeys(rows);
    }

    private static void addAllKeys(CommandTable.Rows rows) {
        rows.add(
                        "dbsize 1 readonly fast",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Counts the keys, shard by shard.",
                        call -> KeyedAsk.everywhere(call, Command.CountKeys::new, KeyedAsk::add))
                .add(
                        "flushall -1 write",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Drops all keys, shard by shard.",
                        ServerCommands::flush)
                .add(
                        "flushdb -1 write",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Drops all keys, shard by shard.",
                        ServerCommands::flush);
    }

    private static RespAction flush(RespCall call) {
        boolean known =
                call.count() == 1
                        || (call.count() == 2
                                && (call.upper(1).equals("SYNC") || call.upper(1).equals("ASYNC")));
        return known
                ? KeyedAsk.everywhere(call, Command.Clear::new, outcomes -> RespReply.OK)
                : RespAction.reply(Replies.SYNTAX_ERROR);
    }

    private static RespReply time(NodeFacts facts) {
        return RespReply.bulks(
                List.of(
                        Long.toString(facts.wallMicros() / 1_000_000),
                        Long.toString(facts.wallMicros() % 1_000_000)));
    }

    /** MEMORY USAGE key [SAMPLES count]. */
    private static RespAction memory(RespCall call) {
        if (!call.upper(1).equals("USAGE")) {
            return call.unknownSubcommand();
        } else if (call.count() == 3) {
            return KeyCommands.memoryUsage(call);
        } else if (call.count() == 5 && call.upper(3).equals("SAMPLES")) {
            return call.number(4).isPresent()
                    ? KeyCommands.memoryUsage(call)
                    : RespAction.reply(Replies.NOT_AN_INTEGER);
        }
        return call.count() < 3
                ? call.wrongArity("memory|usage")
                : RespAction.reply(Replies.SYNTAX_ERROR);
    }

    private static RespAction config(RespCall call) {
        return switch (call.upper(1)) {
            case "GET" ->
                    call.count() < 3
                            ? call.wrongArity("config|get")
                            : new RespAction.AskNode(facts -> matching(call, settings(facts)));
            case "SET" ->
                    call.count() < 4 || call.count() % 2 != 0
                            ? call.wrongArity("config|set")
                            : new RespAction.AskNode(facts -> unchanged(call, settings(facts)));
            case "RESETSTAT" ->
                    call.count() == 2
                            ? RespAction.reply(RespReply.OK)
                            : call.wrongArity("config|resetstat");
            default -> call.unknownSubcommand();
        };
    }

    private static RespReply matching(RespCall call, Map<String, String> settings) {
        List<RespReply.Field> fields = new ArrayList<>();
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            for (int i = 2; i < call.count(); i++) {
                if (new GlobPattern(call.text(i).toLowerCase(Locale.ROOT))
                        .matches(setting.getKey())) {
                    fields.add(
                            RespReply.field(setting.getKey(), RespReply.bulk(setting.getValue())));
                    break;
                }
            }
        }
        return new RespReply.Map(fields);
    }

    /** Settings are the server's own; a client may set one to what it is, and nothing else. */
    private static RespReply unchanged(RespCall call, Map<String, String> settings) {
        for (int i = 2; i < call.count(); i += 2) {
            String name = call.text(i).toLowerCase(Locale.ROOT);
            String value = settings.get(name);
            if (value == null) {
                return new RespReply.Failure(
                        "ERR Unknown option or number of arguments for CONFIG SET - '"
                                + call.text(i)
                                + "'");
            } else if (!value.equals(call.text(i + 1))) {
                return new RespReply.Failure(
                        "ERR CONFIG SET failed (possibly related to argument '"
                                + call.text(i)
                                + "') - can't set immutable config");
            }
        }
        return RespReply.OK;
    }

    /** What Redis would have to be set to in order to behave as this store does. */
    private static Map<String, String> settings(NodeFacts facts) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("appendfsync", "always");
        settings.put("appendonly", "yes");
        settings.put("cluster-enabled", "no");
        settings.put("databases", "1");
        settings.put("maxclients", Long.toString(facts.connectionsMax()));
        settings.put("maxmemory", Long.toString(facts.maxMemory()));
        settings.put("maxmemory-policy", "noeviction");
        settings.put("notify-keyspace-events", "");
        settings.put("port", Integer.toString(facts.respPort()));
        settings.put("save", "");
        settings.put("timeout", "0");
        return settings;
    }
}
