package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Builds the {@link RespAction.Ask} of a command: one part a shard, in the order of shards. */
final class KeyedAsk {
    private KeyedAsk() {}

    /** A command of one key, answered by the plain translation of its outcome. */
    static RespAction one(RespCall call, Bytes key, Command command) {
        return one(call, key, command, OutcomeReplies::of);
    }

    /** A command of one key; {@code translate} sees good outcomes only. */
    static RespAction one(
            RespCall call, Bytes key, Command command, Function<Outcome, RespReply> translate) {
        if (call.shardCount() == 0) {
            return RespAction.reply(Replies.NOT_SERVED);
        }
        return ofShard(Slots.shardOf(key, call.shardCount()), command, translate);
    }

    /** {@code translate} sees good outcomes only. */
    static RespAction ofSlot(
            RespCall call, Command.OfSlot command, Function<Outcome, RespReply> translate) {
        return call.shardCount() == 0
                ? RespAction.reply(Replies.NOT_SERVED)
                : ofShard(Slots.shardOfSlot(command.slot(), call.shardCount()), command, translate);
    }

    private static RespAction ofShard(
            int shard, Command command, Function<Outcome, RespReply> translate) {
        return new RespAction.Ask(
                List.of(new RespAction.Part(shard, command)),
                outcomes ->
                        OutcomeReplies.isGood(outcomes.get(0))
                                ? translate.apply(outcomes.get(0))
                                : OutcomeReplies.of(outcomes));
    }

    /** The keys of each shard go into one command; the numbers that come back are added up. */
    static RespAction sum(RespCall call, List<Bytes> keys, Function<List<Bytes>, Command> command) {
        Map<Integer, List<Integer>> positions = byShard(call, keys);
        return ask(
                call,
                positions.keySet(),
                shard -> command.apply(pick(keys, positions, shard)),
                KeyedAsk::add);
    }

    /** A command to every shard of the cluster, or of the node: {@link RespAction.AskEach}. */
    static RespAction everywhere(
            RespCall call, IntFunction<Command> command, RespAction.Merge merge) {
        List<Integer> shards = new ArrayList<>();
        for (int shard = 0; shard < call.shardCount(); shard++) {
            shards.add(shard);
        }
        RespAction action = ask(call, shards, command::apply, merge);
        return action instanceof RespAction.Ask ask ? new RespAction.AskEach(ask) : action;
    }

    /** MGET: values in the order of the keys, whatever shards they came from. */
    static RespAction values(RespCall call, List<Bytes> keys) {
        Map<Integer, List<Integer>> positions = byShard(call, keys);
        return ask(
                call,
                positions.keySet(),
                shard -> new Command.GetMany(pick(keys, positions, shard)),
                outcomes -> interleave(keys.size(), positions, outcomes));
    }

    /** MSET: pairs in their order within each shard, so that the last one of a key wins. */
    static RespAction puts(RespCall call, List<Command.KeyValue> pairs) {
        List<Bytes> keys = new ArrayList<>(pairs.size());
        for (Command.KeyValue pair : pairs) {
            keys.add(pair.key());
        }
        Map<Integer, List<Integer>> positions = byShard(call, keys);
        return ask(
                call,
                positions.keySet(),
                shard -> new Command.PutMany(pick(pairs, positions, shard)),
                outcomes -> RespReply.OK);
    }

    static RespReply add(List<Outcome> outcomes) {
        long sum = 0;
        for (Outcome outcome : outcomes) {
            sum += ((Outcome.Int) outcome).value();
        }
        return new RespReply.Int(sum);
    }

    /** {@code merge} sees good outcomes only. */
    private static RespAction ask(
            RespCall call,
            Iterable<Integer> shards,
            Function<Integer, Command> command,
            RespAction.Merge merge) {
        if (call.shardCount() == 0) {
            return RespAction.reply(Replies.NOT_SERVED);
        }
        List<RespAction.Part> parts = new ArrayList<>();
        for (int shard : shards) {
            parts.add(new RespAction.Part(shard, command.apply(shard)));
        }
        return new RespAction.Ask(
                parts,
                outcomes ->
                        outcomes.stream().allMatch(OutcomeReplies::isGood)
                                ? merge.merge(outcomes)
                                : OutcomeReplies.errorOf(outcomes));
    }

    /** Positions of the keys, by their shard, ascending. */
    private static Map<Integer, List<Integer>> byShard(RespCall call, List<Bytes> keys) {
        Map<Integer, List<Integer>> positions = new TreeMap<>();
        for (int i = 0; i < keys.size(); i++) {
            int shard = Slots.shardOf(keys.get(i), call.shardCount());
            positions.computeIfAbsent(shard, none -> new ArrayList<>()).add(i);
        }
        return positions;
    }

    private static <T> List<T> pick(
            List<T> all, Map<Integer, List<Integer>> positions, Integer shard) {
        List<T> picked = new ArrayList<>();
        for (int position : positions.getOrDefault(shard, List.of())) {
            picked.add(all.get(position));
        }
        return picked;
    }

    private static RespReply interleave(
            int count, Map<Integer, List<Integer>> positions, List<Outcome> outcomes) {
        RespReply[] replies = new RespReply[count];
        int part = 0;
        for (List<Integer> ofShard : positions.values()) {
            List<Optional<Bytes>> values = ((Outcome.Values) outcomes.get(part++)).values();
            for (int i = 0; i < ofShard.size(); i++) {
                replies[ofShard.get(i)] =
                        values.get(i).<RespReply>map(RespReply.Bulk::new).orElse(RespReply.NULL);
            }
        }
        return new RespReply.Array(List.of(replies));
    }
}
