package io.somekv.protocol.resp;

import io.somekv.protocol.resp.NodeFacts.Client;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** The CLIENT family. */
final class ClientCommands {
    static final RespReply NOT_A_NAME =
            new RespReply.Failure(
                    "ERR Client names cannot contain spaces, newlines or special characters.");

    private ClientCommands() {}

    static void addTo(CommandTable table) {
        table.rows(CommandSpec.Group.CONNECTION)
                .add(
                        "client -2",
                        CommandSpec.Keys.NONE,
                        "2.4.0",
                        "Tells of connections, names them and closes them.",
                        ClientCommands::client);
    }

    private static RespAction client(RespCall call) {
        String subcommand = call.upper(1);
        return switch (subcommand) {
            case "ID" -> exactly(call, 2, new RespReply.Int(call.connection().id()));
            case "GETNAME" -> exactly(call, 2, nameOf(call.connection()));
            case "SETNAME" -> call.count() == 3 ? setName(call) : wrongArity(call);
            case "SETINFO" -> call.count() == 4 ? setInfo(call) : wrongArity(call);
            case "INFO" ->
                    call.count() == 2
                            ? new RespAction.AskNode(facts -> info(call.connection(), facts))
                            : wrongArity(call);
            case "LIST" -> list(call);
            case "KILL" -> call.count() >= 3 ? kill(call) : wrongArity(call);
            case "REPLY" -> call.count() == 3 ? replyMode(call) : wrongArity(call);
            case "NO-EVICT", "NO-TOUCH" -> call.count() == 3 ? onOrOff(call) : wrongArity(call);
            default -> call.unknownSubcommand();
        };
    }

    static boolean isName(String name) {
        return name.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    private static RespAction exactly(RespCall call, int count, RespReply reply) {
        return call.count() == count ? RespAction.reply(reply) : wrongArity(call);
    }

    private static RespAction wrongArity(RespCall call) {
        return call.wrongArity("client|" + call.text(1).toLowerCase(Locale.ROOT));
    }

    private static RespReply nameOf(RespConnection connection) {
        return connection.name().isEmpty() ? RespReply.NULL : RespReply.bulk(connection.name());
    }

    private static RespAction setName(RespCall call) {
        if (!isName(call.text(2))) {
            return RespAction.reply(NOT_A_NAME);
        }
        call.connection().rename(call.text(2));
        return RespAction.reply(RespReply.OK);
    }

    private static RespAction setInfo(RespCall call) {
        String value = call.text(3);
        if (!isName(value)) {
            return RespAction.error(
                    "ERR "
                            + call.text(2)
                            + " cannot contain spaces, newlines or special characters.");
        }
        switch (call.upper(2)) {
            case "LIB-NAME" -> call.connection().setLibraryName(value);
            case "LIB-VER" -> call.connection().setLibraryVersion(value);
            default -> {
                return RespAction.error("ERR Unrecognized option '" + call.text(2) + "'");
            }
        }
        return RespAction.reply(RespReply.OK);
    }

    private static RespAction onOrOff(RespCall call) {
        String value = call.upper(2);
        return RespAction.reply(
                value.equals("ON") || value.equals("OFF") ? RespReply.OK : Replies.SYNTAX_ERROR);
    }

    private static RespAction replyMode(RespCall call) {
        RespConnection connection = call.connection();
        switch (call.upper(2)) {
            case "ON" -> {
                connection.setReplyMode(RespConnection.ReplyMode.ON);
                return RespAction.reply(RespReply.OK);
            }
            case "OFF" -> connection.setReplyMode(RespConnection.ReplyMode.OFF);
            case "SKIP" -> {
                if (connection.replyMode() == RespConnection.ReplyMode.ON) {
                    connection.setReplyMode(RespConnection.ReplyMode.SKIP_NEXT);
                }
            }
            default -> {
                return RespAction.reply(Replies.SYNTAX_ERROR);
            }
        }
        return new RespAction.Silent(RespAction.reply(RespReply.OK));
    }

    private static RespReply info(RespConnection connection, NodeFacts facts) {
        for (Client client : facts.clients()) {
            if (client.connection().id() == connection.id()) {
                return text(line(client));
            }
        }
        return text("id=" + connection.id() + "\n");
    }

    /** CLIENT LIST [TYPE type] [ID id …]. */
    private static RespAction list(RespCall call) {
        Predicate<Client> wanted = client -> true;
        if (call.count() == 4 && call.upper(2).equals("TYPE")) {
            boolean normal = call.upper(3).equals("NORMAL");
            wanted = client -> normal;
        } else if (call.count() > 3 && call.upper(2).equals("ID")) {
            for (int i = 3; i < call.count(); i++) {
                if (call.number(i).isEmpty()) {
                    return RespAction.error("ERR Invalid client ID");
                }
            }
            wanted =
                    client ->
                            call.arguments().stream()
                                    .skip(3)
                                    .map(Decimals::parse)
                                    .anyMatch(id -> id.getAsLong() == client.connection().id());
        } else if (call.count() != 2) {
            return RespAction.reply(Replies.SYNTAX_ERROR);
        }
        Predicate<Client> chosen = wanted;
        return new RespAction.AskNode(facts -> {
            StringBuilder lines = new StringBuilder();
            facts.clients().stream()
                    .filter(chosen)
                    .map(ClientCommands::line)
                    .forEach(lines::append);
            return text(lines.toString());
        });
    }

    /** The old form names an address; the new one filters, and answers with a number. */
    private static RespAction kill(RespCall call) {
        if (call.count() == 3) {
            String address = call.text(2);
            return new RespAction.KillClients(
                    client -> client.address().equals(address),
                    killed ->
                            killed > 0
                                    ? RespReply.OK
                                    : new RespReply.Failure("ERR No such client"));
        } else if (call.count() % 2 != 0) {
            return RespAction.reply(Replies.SYNTAX_ERROR);
        }
        Predicate<Client> victims = client -> true;
        boolean skipMe = true;
        for (int i = 2; i < call.count(); i += 2) {
            String value = call.text(i + 1);
            OptionalLong number = call.number(i + 1);
            Predicate<Client> filter;
            switch (call.upper(i)) {
                case "ID" -> {
                    if (number.isEmpty()) {
                        return RespAction.error("ERR client-id should be greater than 0");
                    }
                    filter = client -> client.connection().id() == number.getAsLong();
                }
                case "ADDR" -> filter = client -> client.address().equals(value);
                case "LADDR" -> filter = client -> client.localAddress().equals(value);
                case "USER" -> filter = client -> client.connection().user().equals(value);
                case "TYPE" -> filter = client -> value.equalsIgnoreCase("normal");
                case "SKIPME" -> {
                    skipMe = !value.equalsIgnoreCase("no");
                    filter = client -> true;
                }
                default -> {
                    return RespAction.reply(Replies.SYNTAX_ERROR);
                }
            }
            victims = victims.and(filter);
        }
        if (skipMe) {
            long self = call.connection().id();
            victims = victims.and(client -> client.connection().id() != self);
        }
        return new RespAction.KillClients(victims, RespReply.Int::new);
    }

    private static RespReply text(String lines) {
        return new RespReply.Verbatim("txt", lines);
    }

    private static String line(Client client) {
        RespConnection connection = client.connection();
        return "id="
                + connection.id()
                + " addr="
                + client.address()
                + " laddr="
                + client.localAddress()
                + " name="
                + connection.name()
                + " age="
                + client.ageSeconds()
                + " idle="
                + client.idleSeconds()
                + " flags=N db=0 sub=0 psub=0 multi=-1"
                + " cmd="
                + client.lastCommand()
                + " user="
                + connection.user()
                + " resp="
                + connection.protocol()
                + " lib-name="
                + connection.libraryName()
                + " lib-ver="
                + connection.libraryVersion()
                + "\n";
    }
}
