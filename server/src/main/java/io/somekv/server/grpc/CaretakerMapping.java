package io.somekv.server.grpc;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoggedDecision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.v1.GetCaretakerResponse;
import io.somekv.protocol.v1.ReplicaChange;
import io.somekv.protocol.v1.ShardChange;
import io.somekv.server.control.ControlException;

/** Between what control is told of the caretaker and the records that it stands for. */
final class CaretakerMapping {
    private CaretakerMapping() {}

    static GetCaretakerResponse.Builder of(CaretakerState state) {
        GetCaretakerResponse.Builder response =
                GetCaretakerResponse.newBuilder().setSettings(of(state.settings()));
        state.uses().forEach(use -> response.addUses(of(use)));
        state.decisions().forEach(decision -> response.addDecisions(of(decision)));
        return response;
    }

    static CaretakerState from(GetCaretakerResponse response) {
        return new CaretakerState(
                from(response.getSettings()),
                response.getUsesList().stream().map(CaretakerMapping::from).toList(),
                response.getDecisionsList().stream().map(CaretakerMapping::from).toList());
    }

    static io.somekv.protocol.v1.CaretakerSettings of(CaretakerSettings settings) {
        return io.somekv.protocol.v1.CaretakerSettings.newBuilder()
                .addAllDuties(settings.duties().stream().map(Enum::name).toList())
                .setDeadAfterMillis(settings.deadAfterMillis())
                .setRestMillis(settings.restMillis())
                .setReplicaCount(settings.replicaCount())
                .setReplicaChangesMax(settings.replicaChangesMax())
                .setShardMovesMax(settings.shardMovesMax())
                .build();
    }

    static CaretakerSettings from(io.somekv.protocol.v1.CaretakerSettings settings) {
        return new CaretakerSettings(
                settings.getDutiesList().stream()
                        .map(name -> constant(CaretakerSettings.Duty.class, name))
                        .toList(),
                settings.getDeadAfterMillis(),
                settings.getRestMillis(),
                settings.getReplicaCount(),
                settings.getReplicaChangesMax(),
                settings.getShardMovesMax());
    }

    static io.somekv.protocol.v1.NodeUse of(NodeUse use) {
        return io.somekv.protocol.v1.NodeUse.newBuilder()
                .setNodeId(use.nodeId())
                .setKind(use.kind().name())
                .build();
    }

    static NodeUse from(io.somekv.protocol.v1.NodeUse use) {
        return new NodeUse(use.getNodeId(), constant(NodeUse.Kind.class, use.getKind()));
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name) {
        try {
            return Enum.valueOf(type, name);
        } catch (IllegalArgumentException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "there is nothing called '" + name + "'");
        }
    }

    private static io.somekv.protocol.v1.Decision of(LoggedDecision logged) {
        io.somekv.protocol.v1.Decision.Builder message =
                io.somekv.protocol.v1.Decision.newBuilder()
                        .setNumber(logged.number())
                        .setLogTime(logged.logTime())
                        .setWhy(logged.decision().why());
        switch (logged.decision()) {
            case Decision.ReplaceReplica replace ->
                    message.setReplaceReplica(
                            change(replace.groupId(), replace.fromNode(), replace.toNode()));
            case Decision.AddReplica add ->
                    message.setAddReplica(change(add.groupId(), 0, add.toNode()));
            case Decision.RemoveReplica remove ->
                    message.setRemoveReplica(change(remove.groupId(), remove.fromNode(), 0));
            case Decision.HandOver over ->
                    message.setHandOver(change(over.groupId(), over.fromNode(), over.toNode()));
            case Decision.MoveShard move ->
                    message.setMoveShard(
                            ShardChange.newBuilder()
                                    .setShard(move.shard())
                                    .setFromGroup(move.fromGroup())
                                    .setToGroup(move.toGroup()));
        }
        return message.build();
    }

    private static ReplicaChange change(long groupId, long fromNode, long toNode) {
        return ReplicaChange.newBuilder()
                .setGroupId(groupId)
                .setFromNode(fromNode)
                .setToNode(toNode)
                .build();
    }

    private static LoggedDecision from(io.somekv.protocol.v1.Decision message) {
        return new LoggedDecision(message.getNumber(), message.getLogTime(), decision(message));
    }

    private static Decision decision(io.somekv.protocol.v1.Decision message) {
        String why = message.getWhy();
        return switch (message.getWhatCase()) {
            case REPLACE_REPLICA -> {
                ReplicaChange change = message.getReplaceReplica();
                yield new Decision.ReplaceReplica(
                        change.getGroupId(), change.getFromNode(), change.getToNode(), why);
            }
            case ADD_REPLICA -> {
                ReplicaChange change = message.getAddReplica();
                yield new Decision.AddReplica(change.getGroupId(), change.getToNode(), why);
            }
            case REMOVE_REPLICA -> {
                ReplicaChange change = message.getRemoveReplica();
                yield new Decision.RemoveReplica(change.getGroupId(), change.getFromNode(), why);
            }
            case HAND_OVER -> {
                ReplicaChange change = message.getHandOver();
                yield new Decision.HandOver(
                        change.getGroupId(), change.getFromNode(), change.getToNode(), why);
            }
            case MOVE_SHARD -> {
                ShardChange change = message.getMoveShard();
                yield new Decision.MoveShard(
                        change.getShard(), change.getFromGroup(), change.getToGroup(), why);
            }
            case WHAT_NOT_SET ->
                    throw new ControlException(
                            ControlException.Kind.INVALID,
                            "a decision that this program does not know: it is older than the node");
        };
    }
}
