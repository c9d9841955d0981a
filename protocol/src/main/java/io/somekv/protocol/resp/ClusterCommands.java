package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** The CLUSTER family: shows who serves what. What would change it is refused: that is somekv's. */
final class ClusterCommands {
    /** What would change the cluster, and the command that does. */
    private static final Map<String, String> INSTEAD =
            Map.ofEntries(
                    Map.entry("ADDSLOTS", "cluster join"),
                    Map.entry("ADDSLOTSRANGE", "cluster join"),
                    Map.entry("BUMPEPOCH", "cluster move"),
                    Map.entry("DELSLOTS", "cluster leave"),
                    Map.entry("DELSLOTSRANGE", "cluster leave"),
                    Map.entry("FAILOVER", "group transfer"),
                    Map.entry("FLUSHSLOTS", "cluster leave"),
                    Map.entry("FORGET", "node remove"),
                    Map.entry("MEET", "node join"),
                    Map.entry("REPLICATE", "group members"),
                    Map.entry("RESET", "node remove"),
                    Map.entry("SAVECONFIG", "cluster status"),
                    Map.entry("SET-CONFIG-EPOCH", "cluster move"),
                    Map.entry("SETSLOT", "cluster move"));

    private ClusterCommands() {}

    static void addTo(CommandTable table) {
        table.rows(CommandSpec.Group.CLUSTER)
                .add(
                        "cluster -2",
                        CommandSpec.Keys.NONE,
                        "3.0.0",
                        "Shows who serves what.",
                        ClusterCommands::cluster);
    }

    private static RespAction cluster(RespCall call) {
        return switch (call.upper(1)) {
            case "SLOTS" -> tell(call, ClusterReplies::slots);
            case "SHARDS" -> tell(call, ClusterReplies::shards);
            case "NODES" -> tell(call, ClusterText::nodes);
            case "INFO" -> tell(call, ClusterText::info);
            case "MYID" -> tell(call, facts -> RespReply.bulk(facts.self().id()));
            case "KEYSLOT" ->
                    call.count() == 3
                            ? RespAction.reply(new RespReply.Int(Slots.slotOf(call.at(2))))
                            : wrongArity(call);
            case "COUNTKEYSINSLOT" -> call.count() == 3 ? countKeys(call) : wrongArity(call);
            case "GETKEYSINSLOT" -> call.count() == 4 ? getKeys(call) : wrongArity(call);
            case "REPLICAS", "SLAVES" ->
                    call.count() == 3
                            ? new RespAction.AskNode(
                                    facts -> replicas(facts.cluster(), call.text(2)))
                            : wrongArity(call);
            default ->
                    Optional.ofNullable(INSTEAD.get(call.upper(1)))
                            .map(command -> refuse(call, command))
                            .orElseGet(call::unknownSubcommand);
        };
    }

    private static RespAction tell(RespCall call, Function<ClusterFacts, RespReply> answer) {
        return call.count() == 2
                ? new RespAction.AskNode(facts -> answer.apply(facts.cluster()))
                : wrongArity(call);
    }

    private static RespReply replicas(ClusterFacts facts, String id) {
        for (ClusterFacts.Node node : facts.nodes()) {
            if (node.id().equals(id)) {
                return RespReply.bulks(ClusterText.replicas(facts, node));
            }
        }
        return RespReply.error("ERR Unknown node " + id);
    }

    /** From whoever serves it, whichever node was asked. */
    private static RespAction countKeys(RespCall call) {
        OptionalLong slot = call.number(2);
        if (slot.isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        } else if (slot.getAsLong() < 0 || slot.getAsLong() >= Slots.COUNT) {
            return RespAction.error("ERR Invalid slot");
        }
        return KeyedAsk.ofSlot(
                call, new Command.CountSlot((int) slot.getAsLong()), OutcomeReplies::of);
    }

    private static RespAction getKeys(RespCall call) {
        OptionalLong slot = call.number(2);
        OptionalLong count = call.number(3);
        if (slot.isEmpty() || count.isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        } else if (slot.getAsLong() < 0
                || slot.getAsLong() >= Slots.COUNT
                || count.getAsLong() < 0) {
            return RespAction.error("ERR Invalid slot or number of keys");
        }
        int countMax = (int) Math.min(count.getAsLong(), Integer.MAX_VALUE);
        return KeyedAsk.ofSlot(
                call,
                new Command.SlotKeys((int) slot.getAsLong(), countMax),
                outcome -> {
                    List<RespReply> keys = new ArrayList<>();
                    for (Optional<Bytes> key : ((Outcome.Values) outcome).values()) {
                        keys.add(new RespReply.Bulk(key.orElseThrow()));
                    }
                    return new RespReply.Array(keys);
                });
    }

    private static RespAction refuse(RespCall call, String command) {
        return RespAction.error(
                "ERR CLUSTER "
                        + call.upper(1)
                        + " changes nothing here; what it is for is done with 'somekv "
                        + command
                        + "'");
    }

    private static RespAction wrongArity(RespCall call) {
        return call.wrongArity("cluster|" + call.text(1).toLowerCase(Locale.ROOT));
    }

    /** For tests: what is refused. */
    static List<String> refused() {
        return INSTEAD.keySet().stream().sorted().toList();
    }
}
