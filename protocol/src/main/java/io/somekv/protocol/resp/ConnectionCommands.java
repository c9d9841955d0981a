package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ReadMode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Commands that speak of the connection: its protocol version, its user, whether it is alive. */
final class ConnectionCommands {
    private ConnectionCommands() {}

    static void addTo(CommandTable table) {
        table.rows(CommandSpec.Group.CONNECTION)
                .add(
                        "ping -1 fast",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Returns PONG, or what it was given.",
                        ConnectionCommands::ping)
                .add(
                        "echo 2 fast",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Returns what it was given.",
                        call -> RespAction.reply(new RespReply.Bulk(call.at(1))))
                .add(
                        "quit -1 fast no_auth",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Closes the connection.",
                        call -> new RespAction.Close(RespReply.OK))
                .add(
                        "hello -1 fast no_auth",
                        CommandSpec.Keys.NONE,
                        "6.0.0",
                        "Chooses RESP2 or RESP3, and introduces the client.",
                        ConnectionCommands::hello)
                .add(
                        "auth -2 fast no_auth",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Shows the client's credentials.",
                        ConnectionCommands::authenticate)
                .add(
                        "select 2 fast",
                        CommandSpec.Keys.NONE,
                        "1.0.0",
                        "Chooses the database; there is one, number 0.",
                        ConnectionCommands::select)
                .add(
                        "reset 1 fast no_auth",
                        CommandSpec.Keys.NONE,
                        "6.2.0",
                        "Makes the connection as it was when it was new.",
                        call -> {
                            call.connection().reset();
                            return RespAction.reply(new RespReply.Simple("RESET"));
                        });
        addModes(table);
    }

    /** Who answers what comes next. */
    private static void addModes(CommandTable table) {
        table.rows(CommandSpec.Group.CONNECTION)
                .add(
                        "readonly -1 fast",
                        CommandSpec.Keys.NONE,
                        "3.0.0",
                        "Lets the node's own replica answer reads: READONLY [STALE"
                                + " milliseconds|ANY].",
                        ConnectionCommands::readOnly)
                .add(
                        "readwrite 1 fast",
                        CommandSpec.Keys.NONE,
                        "3.0.0",
                        "Has leaders answer reads again.",
                        call -> {
                            call.connection().setReadMode(ReadMode.LEADER);
                            return RespAction.reply(RespReply.OK);
                        })
                .add(
                        "asking 1 fast",
                        CommandSpec.Keys.NONE,
                        "3.0.0",
                        "Has the next command served here, wherever its key is.",
                        call -> {
                            call.connection().askNext();
                            return RespAction.reply(RespReply.OK);
                        });
    }

    private static RespAction ping(RespCall call) {
        if (call.count() > 2) {
            return call.wrongArity("ping");
        }
        return RespAction.reply(
                call.count() == 2 ? new RespReply.Bulk(call.at(1)) : new RespReply.Simple("PONG"));
    }

    private static RespAction select(RespCall call) {
        OptionalLong number = call.number(1);
        if (number.isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        }
        return number.getAsLong() == 0
                ? RespAction.reply(RespReply.OK)
                : RespAction.error("ERR DB index is out of range");
    }

    /** READONLY [STALE milliseconds|ANY]: linearizable unless it is said how old reads may be. */
    private static RespAction readOnly(RespCall call) {
        ReadMode mode = ReadMode.LOCAL;
        if (call.count() > 1) {
            if (call.count() != 3 || !call.upper(1).equals("STALE")) {
                return RespAction.reply(Replies.SYNTAX_ERROR);
            }
            OptionalLong age =
                    call.upper(2).equals("ANY")
                            ? OptionalLong.of(ReadMode.ANY_AGE)
                            : call.number(2);
            if (age.isEmpty() || age.getAsLong() < 1) {
                return RespAction.error(
                        "ERR STALE takes how old a read may be, in milliseconds from 1, or ANY");
            }
            mode = ReadMode.stale(age.getAsLong());
        }
        call.connection().setReadMode(mode);
        return RespAction.reply(RespReply.OK);
    }

    private static RespAction authenticate(RespCall call) {
        if (call.count() > 3) {
            return RespAction.reply(Replies.SYNTAX_ERROR);
        }
        return new RespAction.Authenticate(
                call.count() == 3 ? call.text(1) : "default",
                call.at(call.count() - 1),
                () -> RespAction.reply(RespReply.OK));
    }

    /** HELLO [version [AUTH user password] [SETNAME name]]: all of it takes effect, or nothing. */
    private static RespAction hello(RespCall call) {
        RespConnection connection = call.connection();
        int protocol = connection.protocol();
        if (call.count() > 1) {
            OptionalLong version = call.number(1);
            if (version.isEmpty()) {
                return RespAction.error("ERR Protocol version is not an integer or out of range");
            } else if (version.getAsLong() != 2 && version.getAsLong() != 3) {
                return RespAction.error("NOPROTO unsupported protocol version");
            }
            protocol = (int) version.getAsLong();
        }
        Optional<Integer> credentialsAt = Optional.empty();
        Optional<String> name = Optional.empty();
        for (int i = 2; i < call.count(); i++) {
            if (call.upper(i).equals("AUTH") && i + 2 < call.count()) {
                credentialsAt = Optional.of(i + 1);
                i += 2;
            } else if (call.upper(i).equals("SETNAME") && i + 1 < call.count()) {
                name = Optional.of(call.text(++i));
            } else {
                return RespAction.error("ERR Syntax error in HELLO option '" + call.text(i) + "'");
            }
        }
        if (name.isPresent() && !ClientCommands.isName(name.get())) {
            return RespAction.reply(ClientCommands.NOT_A_NAME);
        }
        return introduce(call, protocol, name, credentialsAt);
    }

    private static RespAction introduce(
            RespCall call, int protocol, Optional<String> name, Optional<Integer> credentialsAt) {
        RespConnection connection = call.connection();
        if (credentialsAt.isEmpty()) {
            return connection.isAuthenticated()
                    ? welcome(connection, protocol, name)
                    : RespAction.error(
                            "NOAUTH HELLO must be called with the client already authenticated,"
                                    + " otherwise the HELLO <proto> AUTH <user> <pass> option can"
                                    + " be used to authenticate the client and select the RESP"
                                    + " protocol version at the same time");
        }
        String user = call.text(credentialsAt.get());
        Bytes password = call.at(credentialsAt.get() + 1);
        return new RespAction.Authenticate(
                user, password, () -> welcome(connection, protocol, name));
    }

    private static RespAction welcome(
            RespConnection connection, int protocol, Optional<String> name) {
        connection.speak(protocol);
        name.ifPresent(connection::rename);
        return RespAction.reply(
                new RespReply.Map(
                        List.of(
                                RespReply.field("server", RespReply.bulk("redis")),
                                RespReply.field(
                                        "version", RespReply.bulk(RespCommands.REDIS_VERSION)),
                                RespReply.field("proto", new RespReply.Int(protocol)),
                                RespReply.field("id", new RespReply.Int(connection.id())),
                                RespReply.field(
                                        "mode",
                                        RespReply.bulk(
                                                connection.isClusterAware()
                                                        ? "cluster"
                                                        : "standalone")),
                                RespReply.field("role", RespReply.bulk("master")),
                                RespReply.field("modules", RespReply.EMPTY))));
    }
}
