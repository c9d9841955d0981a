package io.somekv.server.cli;

import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoggedDecision;
import io.somekv.server.grpc.ControlChannel;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code somekv cluster why}: what the caretaker has decided, and what it saw. */
@Command(
        name = "why",
        mixinStandardHelpOptions = true,
        description = {
            "Show what the cluster has decided about itself and why, the newest first.",
            "The shard master keeps the last 1000 decisions; their times are those of its log."
        })
final class WhyCommand extends ControlCommand {
    private static final int ALL = 1_000;

    @Option(names = "--group", paramLabel = "N", description = "Only of that group.")
    private @Nullable Long group;

    @Option(names = "--of-node", paramLabel = "N", description = "Only of that node.")
    private @Nullable Long node;

    @Option(names = "--shard", paramLabel = "N", description = "Only of that shard.")
    private @Nullable Integer shard;

    @Option(
            names = "--last",
            paramLabel = "N",
            description = "So many at most (default: ${DEFAULT-VALUE}).")
    private int last = 20;

    @Option(names = "--json", description = "For programs.")
    private boolean json;

    @Override
    void run(ControlChannel channel) {
        boolean isAnyWanted = group == null && node == null && shard == null;
        List<LoggedDecision> decisions =
                channel.caretaker(isAnyWanted ? last : ALL).decisions().stream()
                        .filter(logged -> isWanted(logged.decision()))
                        .limit(last)
                        .toList();
        out().print(json ? json(decisions) : text(decisions));
    }

    private boolean isWanted(Decision decision) {
        Told told = Told.of(decision);
        return (group == null || told.groups.contains(group))
                && (node == null || told.nodes.contains(node))
                && (shard == null || told.shard == shard);
    }

    /**
     * What a decision is about.
     *
     * @param shard -1 for none
     */
    private record Told(String kind, List<Long> groups, List<Long> nodes, int shard, String what) {
        static Told of(Decision decision) {
            return switch (decision) {
                case Decision.ReplaceReplica d ->
                        new Told(
                                "replace_replica",
                                List.of(d.groupId()),
                                List.of(d.fromNode(), d.toNode()),
                                -1,
                                "group %d: replica from node %d to node %d"
                                        .formatted(d.groupId(), d.fromNode(), d.toNode()));
                case Decision.AddReplica d ->
                        new Told(
                                "add_replica",
                                List.of(d.groupId()),
                                List.of(d.toNode()),
                                -1,
                                "group %d: one more replica, on node %d"
                                        .formatted(d.groupId(), d.toNode()));
                case Decision.RemoveReplica d ->
                        new Told(
                                "remove_replica",
                                List.of(d.groupId()),
                                List.of(d.fromNode()),
                                -1,
                                "group %d: no replica on node %d any more"
                                        .formatted(d.groupId(), d.fromNode()));
                case Decision.HandOver d ->
                        new Told(
                                "hand_over",
                                List.of(d.groupId()),
                                List.of(d.fromNode(), d.toNode()),
                                -1,
                                "group %d: leader from node %d to node %d"
                                        .formatted(d.groupId(), d.fromNode(), d.toNode()));
                case Decision.MoveShard d ->
                        new Told(
                                "move_shard",
                                List.of(d.fromGroup(), d.toGroup()),
                                List.of(),
                                d.shard(),
                                "shard %d: from group %d to group %d"
                                        .formatted(d.shard(), d.fromGroup(), d.toGroup()));
            };
        }
    }

    private static String text(List<LoggedDecision> decisions) {
        if (decisions.isEmpty()) {
            return "nothing was decided" + System.lineSeparator();
        }
        TextTable table = new TextTable("TIME", "DECISION", "BECAUSE");
        for (LoggedDecision logged : decisions) {
            table.row(
                    Instant.ofEpochMilli(logged.logTime()).toString(),
                    Told.of(logged.decision()).what,
                    logged.decision().why());
        }
        return table.toString();
    }

    private static String json(List<LoggedDecision> decisions) {
        Json json = new Json().beginObject().name("decisions").beginArray();
        for (LoggedDecision logged : decisions) {
            Told told = Told.of(logged.decision());
            json.beginObject().name("number").number(logged.number());
            json.name("time").string(Instant.ofEpochMilli(logged.logTime()).toString());
            json.name("kind").string(told.kind).name("groups").beginArray();
            told.groups.forEach(json::number);
            json.endArray().name("nodes").beginArray();
            told.nodes.forEach(json::number);
            json.endArray().name("shard").number(told.shard);
            json.name("decision").string(told.what);
            json.name("why").string(logged.decision().why()).endObject();
        }
        return json.endArray().endObject() + System.lineSeparator();
    }
}
