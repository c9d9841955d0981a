package io.somekv.protocol.resp;

import io.somekv.base.Invariant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** All commands by name. Built once; the families of commands add their rows. */
final class CommandTable {
    private final Map<String, CommandSpec> byName = new TreeMap<>();

    Optional<CommandSpec> find(String lowerCaseName) {
        return Optional.ofNullable(byName.get(lowerCaseName));
    }

    Collection<CommandSpec> all() {
        return byName.values();
    }

    /** Rows of one group of commands, which say no more than what differs between them. */
    Rows rows(CommandSpec.Group group) {
        return new Rows(group);
    }

    final class Rows {
        private final CommandSpec.Group group;

        private Rows(CommandSpec.Group group) {
            this.group = group;
        }

        /**
         * Adds a row.
         *
         * @param shape name, arity, flags: {@code "get 2 readonly fast"}
         */
        Rows add(
                String shape,
                CommandSpec.Keys keys,
                String since,
                String summary,
                CommandSpec.Handler handler) {
            List<String> words = List.of(shape.split(" ", -1));
            CommandSpec spec =
                    new CommandSpec(
                            words.get(0),
                            Integer.parseInt(words.get(1)),
                            words.subList(2, words.size()),
                            keys,
                            since,
                            group,
                            summary,
                            handler);
            Invariant.check(byName.put(spec.name(), spec) == null, "a command has one row");
            return this;
        }
    }
}
