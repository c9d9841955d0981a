package io.somekv.server.cli;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code somekv cluster caretaker}: what the cluster does about itself, and what it leaves. */
@Command(
        name = "caretaker",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[COMMAND]",
        description = {
            "Show by which rules the shard master keeps the cluster in order by itself. Its duties:",
            "  replace  replicas of a node that is dead come to other nodes",
            "  place    replicas are spread over nodes and zones; a new node gets its share",
            "  lead     leaders are spread over nodes",
            "  move     shards are spread over groups, by requests and bytes",
            "What it decided, and why: 'somekv cluster why'."
        },
        subcommands = {
            CaretakerCommand.On.class,
            CaretakerCommand.Off.class,
            CaretakerCommand.Tune.class
        })
final class CaretakerCommand extends ControlCommand {
    @Option(names = "--json", description = "For programs.")
    private boolean json;

    @Override
    void run(ControlChannel channel) {
        CaretakerState state = channel.caretaker(0);
        out().print(json ? json(state) : text(state));
    }

    private static String text(CaretakerState state) {
        CaretakerSettings settings = state.settings();
        TextTable table = new TextTable("RULE", "IS");
        for (Duty duty : Duty.values()) {
            table.row(name(duty), settings.has(duty) ? "on" : "off");
        }
        table.row("dead-after", TimeSpan.text(settings.deadAfterMillis()));
        table.row("rest", TimeSpan.text(settings.restMillis()));
        table.row(
                "replicas", settings.replicaCount() == 0 ? "as is" : "" + settings.replicaCount());
        table.row("changes", settings.replicaChangesMax() + " at a time");
        table.row("moves", settings.shardMovesMax() + " at a time");
        for (NodeUse use : state.uses()) {
            table.row("node " + use.nodeId(), ClusterPicture.lower(use.kind().name()));
        }
        return table.toString();
    }

    private static String json(CaretakerState state) {
        CaretakerSettings settings = state.settings();
        Json json = new Json().beginObject().name("duties").beginArray();
        settings.duties().forEach(duty -> json.string(name(duty)));
        json.endArray();
        json.name("dead_after_ms").number(settings.deadAfterMillis());
        json.name("rest_ms").number(settings.restMillis());
        json.name("replicas").number(settings.replicaCount());
        json.name("changes").number(settings.replicaChangesMax());
        json.name("moves").number(settings.shardMovesMax());
        json.name("nodes").beginArray();
        for (NodeUse use : state.uses()) {
            json.beginObject().name("node").number(use.nodeId());
            json.name("use").string(ClusterPicture.lower(use.kind().name())).endObject();
        }
        return json.endArray().endObject() + System.lineSeparator();
    }

    private static String name(Duty duty) {
        return duty.name().toLowerCase(Locale.ROOT);
    }

    /** Those of these names; all where none is named. */
    private static List<Duty> named(List<String> names) {
        return names.isEmpty()
                ? Arrays.asList(Duty.values())
                : names.stream().map(CaretakerCommand::named).toList();
    }

    private static Duty named(String name) {
        return Arrays.stream(Duty.values())
                .filter(duty -> name(duty).equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() ->
                        new ControlException(
                                ControlException.Kind.INVALID,
                                "there is no duty '" + name + "': replace, place, lead, move"));
    }

    /** Has some duties switched. */
    abstract static class Switch extends ControlCommand {
        @Parameters(
                arity = "0..*",
                paramLabel = "DUTY",
                description = "Of replace, place, lead, move; all if none is named.")
        private List<String> duties = new ArrayList<>();

        @Override
        final void run(ControlChannel channel) {
            List<Duty> named = named(duties);
            CaretakerSettings settings = channel.caretaker(0).settings();
            List<Duty> next = new ArrayList<>(settings.duties());
            turn(next, named);
            channel.tuneCaretaker(settings.withDuties(next));
            out().print(text(channel.caretaker(0)));
        }

        abstract void turn(List<Duty> current, List<Duty> named);
    }

    /** Leaves duties to the caretaker. */
    @Command(
            name = "on",
            mixinStandardHelpOptions = true,
            description = "Have the caretaker do what is named by itself, or everything.")
    static final class On extends Switch {
        @Override
        void turn(List<Duty> current, List<Duty> named) {
            current.addAll(named);
        }
    }

    /** Takes duties from the caretaker. */
    @Command(
            name = "off",
            mixinStandardHelpOptions = true,
            description = {
                "Have the caretaker leave what is named to people, or everything.",
                "What is under way is finished; a node that is draining is emptied all the same."
            })
    static final class Off extends Switch {
        @Override
        void turn(List<Duty> current, List<Duty> named) {
            current.removeAll(named);
        }
    }

    /** Changes the figures that it goes by. */
    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description = "Change the figures by which the caretaker decides.")
    static final class Tune extends ControlCommand {
        @Option(
                names = "--dead-after",
                paramLabel = "TIME",
                description = "A node that is silent for longer is replaced, as 5m.")
        private @Nullable String deadAfter;

        @Option(
                names = "--rest",
                paramLabel = "TIME",
                description =
                        "How long a leader has led, a node has been there, a shard has been with a"
                                + " group before it is touched for balance's sake, as 1m.")
        private @Nullable String rest;

        @Option(
                names = "--replicas",
                paramLabel = "N",
                description = "How many each data group is to have; 0: as it was made.")
        private @Nullable Integer replicas;

        @Option(
                names = "--changes",
                paramLabel = "N",
                description = "Groups that change their members at a time.")
        private @Nullable Integer changes;

        @Option(names = "--moves", paramLabel = "N", description = "Shards that move at a time.")
        private @Nullable Integer moves;

        @Override
        void run(ControlChannel channel) {
            CaretakerSettings settings = channel.caretaker(0).settings();
            if (deadAfter != null) {
                settings = settings.withDeadAfter(TimeSpan.parse(deadAfter));
            }
            if (rest != null) {
                settings = settings.withRest(TimeSpan.parse(rest));
            }
            if (replicas != null) {
                settings = settings.withReplicaCount(replicas);
            }
            channel.tuneCaretaker(
                    settings.withAtATime(
                            changes == null ? settings.replicaChangesMax() : changes,
                            moves == null ? settings.shardMovesMax() : moves));
            out().print(text(channel.caretaker(0)));
        }
    }
}
