package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The COMMAND family: the table tells about itself. */
final class CommandIntrospection {
    private CommandIntrospection() {}

    static void addTo(CommandTable table) {
        table.rows(CommandSpec.Group.SERVER)
                .add(
                        "command -1",
                        CommandSpec.Keys.NONE,
                        "2.8.13",
                        "Tells about the commands there are.",
                        CommandIntrospection::command);
    }

    private static RespAction command(RespCall call) {
        if (call.count() == 1) {
            return RespAction.reply(infos(call.table().all()));
        }
        return switch (call.upper(1)) {
            case "COUNT" -> RespAction.reply(new RespReply.Int(call.table().all().size()));
            case "DOCS" -> RespAction.reply(docs(call));
            case "INFO" -> RespAction.reply(info(call));
            case "LIST" -> RespAction.reply(list(call));
            case "GETKEYS" -> call.count() < 3 ? call.wrongArity("command|getkeys") : keys(call);
            default -> call.unknownSubcommand();
        };
    }

    private static RespReply infos(Collection<CommandSpec> specs) {
        List<RespReply> infos = new ArrayList<>();
        for (CommandSpec spec : specs) {
            infos.add(info(spec));
        }
        return new RespReply.Array(infos);
    }

    private static RespReply info(RespCall call) {
        if (call.count() == 2) {
            return infos(call.table().all());
        }
        List<RespReply> infos = new ArrayList<>();
        for (int i = 2; i < call.count(); i++) {
            infos.add(
                    find(call, i)
                            .map(CommandIntrospection::info)
                            .orElseGet(RespReply.NullArray::new));
        }
        return new RespReply.Array(infos);
    }

    /** Name, arity, flags, keys; then categories, tips, key specifications, subcommands: none. */
    private static RespReply info(CommandSpec spec) {
        List<RespReply> flags = new ArrayList<>();
        for (String flag : spec.flags()) {
            flags.add(new RespReply.Simple(flag));
        }
        return new RespReply.Array(
                List.of(
                        RespReply.bulk(spec.name()),
                        new RespReply.Int(spec.arity()),
                        new RespReply.Set(flags),
                        new RespReply.Int(spec.keys().first()),
                        new RespReply.Int(spec.keys().last()),
                        new RespReply.Int(spec.keys().step()),
                        new RespReply.Set(List.of()),
                        RespReply.EMPTY,
                        RespReply.EMPTY,
                        RespReply.EMPTY));
    }

    private static RespReply docs(RespCall call) {
        List<RespReply.Field> docs = new ArrayList<>();
        if (call.count() == 2) {
            for (CommandSpec spec : call.table().all()) {
                docs.add(doc(spec));
            }
        }
        for (int i = 2; i < call.count(); i++) {
            find(call, i).map(CommandIntrospection::doc).ifPresent(docs::add);
        }
        return new RespReply.Map(docs);
    }

    private static RespReply.Field doc(CommandSpec spec) {
        return RespReply.field(
                spec.name(),
                new RespReply.Map(
                        List.of(
                                RespReply.field("summary", RespReply.bulk(spec.summary())),
                                RespReply.field("since", RespReply.bulk(spec.since())),
                                RespReply.field("group", RespReply.bulk(spec.group().text())))));
    }

    private static RespReply list(RespCall call) {
        List<String> names = new ArrayList<>();
        for (CommandSpec spec : call.table().all()) {
            names.add(spec.name());
        }
        return RespReply.bulks(names);
    }

    private static RespAction keys(RespCall call) {
        List<Bytes> arguments = call.arguments().subList(2, call.count());
        Optional<CommandSpec> found = find(call, 2);
        if (found.isEmpty()) {
            return RespAction.error("ERR Invalid command specified");
        } else if (!found.get().accepts(arguments.size())) {
            return RespAction.error("ERR Invalid number of arguments specified for command");
        }
        CommandSpec.Keys where = found.get().keys();
        if (where.first() == 0) {
            return RespAction.error("ERR The command has no key arguments");
        }
        List<RespReply> keys = new ArrayList<>();
        for (Bytes key : where.of(arguments)) {
            keys.add(new RespReply.Bulk(key));
        }
        return RespAction.reply(new RespReply.Array(keys));
    }

    private static Optional<CommandSpec> find(RespCall call, int index) {
        return call.table().find(call.text(index).toLowerCase(Locale.ROOT));
    }
}
