package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which group has which shard, as far as this lane knows: the newest map, configs before it, and
 * what groups have answered. All of it may be stale; answers correct it.
 */
final class ShardOwners {
    /** What came first goes first: the newest stands in the map besides. */
    static final int CONFIGS_MAX = 64;

    /**
     * Of so many turns one goes to a group that is neither likely to have the shard nor to get it.
     * A lane looks at what waits once each 10 ms, so that a request has some 25 turns.
     */
    static final int TURNS_PER_OTHER = 8;

    private final TreeMap<Long, ShardConfig> configs = new TreeMap<>();
    private final ArrayDeque<Long> configsByArrival = new ArrayDeque<>();

    /** Of shards that the newest config gives to another group, who served them when last asked. */
    private final TreeMap<Integer, Long> servingByShard = new TreeMap<>();

    private Optional<ClusterMap> map = Optional.empty();

    Optional<ClusterMap> map() {
        return map;
    }

    /** As {@link Places#learn}. */
    boolean learn(ClusterMap newer) {
        boolean isNewer =
                map.isEmpty()
                        || newer.config().number() > map.get().config().number()
                        || (newer.config().number() == map.get().config().number()
                                && !newer.equals(map.get()));
        if (isNewer) {
            map = Optional.of(newer);
        }
        keep(newer.config());
        return isNewer;
    }

    Optional<ShardConfig> config(long number) {
        return Optional.ofNullable(configs.get(number));
    }

    void learnPast(ShardConfig config) {
        keep(config);
    }

    private void keep(ShardConfig config) {
        if (configs.put(config.number(), config) == null) {
            configsByArrival.addLast(config.number());
        }
        if (configs.size() > CONFIGS_MAX) {
            configs.remove(configsByArrival.removeFirst());
        }
    }

    OptionalInt shardCount() {
        return map.map(m -> OptionalInt.of(m.config().shardCount())).orElse(OptionalInt.empty());
    }

    /**
     * The group to ask. A shard may still be served by an owner before the latest: requests that
     * meet a wrong group take turns among who is likely to serve it and who is to, as a rule the
     * two that it is on its way between, and now and then one of the others that it may have come
     * to. For those need not be there any more, and who is gone says nothing for a second.
     *
     * @param turn how many groups did not serve it, or said nothing after one that did not
     */
    OptionalLong groupFor(Command command, int turn) {
        return switch (command) {
            case Command.Keyed keyed ->
                    map.isEmpty()
                            ? OptionalLong.empty()
                            : groupOfShard(
                                    Slots.shardOf(keyed.keys().get(0), shardCount().getAsInt()),
                                    turn);
            case Command.CountKeys count -> groupOfShard(count.shard(), turn);
            case Command.OfSlot of ->
                    map.isEmpty()
                            ? OptionalLong.empty()
                            : groupOfShard(
                                    Slots.shardOfSlot(of.slot(), shardCount().getAsInt()), turn);
            case Command.Clear clear -> groupOfShard(clear.shard(), turn);
            case Command.IsPristine pristine -> groupOfShard(pristine.shard(), turn);
            case Command.ReadShard read -> groupOfShard(read.shard(), turn);
            case Command.DigestShard digest -> groupOfShard(digest.shard(), turn);
            case Command.MoveStep step -> groupOfShard(step.shard(), turn);
            case Command.Configure _, Command.StateDigest _ -> OptionalLong.empty();
            case Command.MasterWrite _, Command.QueryConfig _, Command.QueryCaretaker _ ->
                    OptionalLong.of(GroupSpec.MASTER);
        };
    }

    /**
     * That group has just served the command's shard, or, not {@code serves}, has refused to, or
     * not answered: a group that is gone would else be asked for ever, since it refuses nothing.
     */
    void learnServing(Command command, long group, boolean serves) {
        OptionalInt shard = shardOf(command);
        if (shard.isPresent() && serves) {
            servingByShard.put(shard.getAsInt(), group);
        } else if (shard.isPresent()) {
            servingByShard.remove(shard.getAsInt(), group);
        }
    }

    /** Of a client's command. */
    OptionalInt shardOf(Command command) {
        return switch (command) {
            case Command.Keyed keyed when map.isPresent() ->
                    OptionalInt.of(Slots.shardOf(keyed.keys().get(0), shardCount().getAsInt()));
            case Command.CountKeys count -> OptionalInt.of(count.shard());
            case Command.Clear clear -> OptionalInt.of(clear.shard());
            default -> OptionalInt.empty();
        };
    }

    /** The group that serves a shard, as far as known: of a shard on its way, the one it leaves. */
    OptionalLong servingGroup(int shard) {
        return groupOfShard(shard, 0);
    }

    private OptionalLong groupOfShard(int shard, int turn) {
        if (turn == 0) {
            long likely = likelyOwner(shard);
            if (likely != ShardConfig.UNASSIGNED) {
                return OptionalLong.of(likely);
            }
        }
        List<Long> owners = owners(shard);
        if (owners.isEmpty()) {
            return OptionalLong.empty();
        }
        int others = owners.size() - 2;
        boolean isOthers = others > 0 && turn % TURNS_PER_OTHER == TURNS_PER_OTHER - 1;
        int place =
                isOthers ? 2 + turn / TURNS_PER_OTHER % others : turn % Math.min(2, owners.size());
        return OptionalLong.of(owners.get(place));
    }

    /** Who served it when last asked; else, by the map. */
    private long likelyOwner(int shard) {
        Long serving = servingByShard.get(shard);
        if (serving != null) {
            return serving;
        }
        if (map.isEmpty()) {
            return ShardConfig.UNASSIGNED;
        }
        ShardConfig config = map.get().config();
        boolean exists = shard >= 0 && shard < config.shardCount();
        long latest = exists ? config.owner(shard) : ShardConfig.UNASSIGNED;
        long served = map.get().served(shard).groupId();
        return served == ShardConfig.UNASSIGNED ? latest : served;
    }

    /**
     * Groups that may have the shard, each once: who is likely to serve it, then those that the map
     * and the known configs give it to, the latest first. Who gave it away before the last group
     * that served it is not among them (docs/decisions/0011).
     */
    private List<Long> owners(int shard) {
        List<Long> owners = new ArrayList<>();
        long likely = likelyOwner(shard);
        if (likely != ShardConfig.UNASSIGNED) {
            owners.add(likely);
        }
        long from = map.isEmpty() ? 0 : map.get().served(shard).config();
        for (ShardConfig config : configs.tailMap(from, true).descendingMap().values()) {
            boolean exists = shard >= 0 && shard < config.shardCount();
            long owner = exists ? config.owner(shard) : ShardConfig.UNASSIGNED;
            if (owner != ShardConfig.UNASSIGNED && !owners.contains(owner)) {
                owners.add(owner);
            }
        }
        return owners;
    }
}
