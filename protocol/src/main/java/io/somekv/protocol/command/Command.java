package io.somekv.protocol.command;

import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Everything that can be asked of one replication group. A command speaks of one shard, or of the
 * group as a whole: what spans shards is split before it gets here.
 */
public sealed interface Command {
    /** Answered from applied state; never in the log. */
    sealed interface Read extends Command {}

    /** Goes through the log; executed at most once for each {@link RequestStamp}. */
    sealed interface Write extends Command {}

    /** A step of a shard's way from one group to another; idempotent, and without a stamp. */
    sealed interface MoveStep extends Write {
        int shard();
    }

    /** Changes what the shard master knows. */
    sealed interface MasterWrite extends Write {}

    /** Speaks of keys that all lie in one shard. */
    sealed interface Keyed extends Command {
        /** At least one key; all of one shard. */
        List<Bytes> keys();
    }

    /** Speaks of the keys of one slot, and walks all rows of the shard that has it. */
    sealed interface OfSlot extends Read {
        int slot();
    }

    // ---- reads of keys

    record Get(Bytes key) implements Read, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    /** Answered by {@link Outcome.Values}, in the order of the keys. */
    record GetMany(List<Bytes> keys) implements Read, Keyed {
        public GetMany {
            keys = List.copyOf(keys);
        }
    }

    /** How many of the keys exist, a key named twice counted twice. */
    record Exists(List<Bytes> keys) implements Read, Keyed {
        public Exists {
            keys = List.copyOf(keys);
        }
    }

    /** Size of the value in bytes; 0 for a missing key. */
    record StringLength(Bytes key) implements Read, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    /** Milliseconds until the key expires; -1 if it never does, -2 if there is none. */
    record TimeToLive(Bytes key) implements Read, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    // ---- writes of keys

    /**
     * @param condition refused with {@link Outcome.Nil} when it does not hold
     * @param returnOld answer with the old value (or Nil) instead of Ok, whether it was set or not
     */
    record Put(Bytes key, Bytes value, Condition condition, Expiry expiry, boolean returnOld)
            implements Write, Keyed {
        /** A plain put. */
        public static Put of(Bytes key, Bytes value) {
            return new Put(key, value, Condition.ALWAYS, Expiry.NONE, false);
        }

        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    /** Puts all of them or none; they lie in one shard. */
    record PutMany(List<KeyValue> pairs) implements Write, Keyed {
        public PutMany {
            pairs = List.copyOf(pairs);
        }

        @Override
        public List<Bytes> keys() {
            return pairs.stream().map(KeyValue::key).toList();
        }
    }

    /** To the end of the value; a missing key is put. Answered by the new size. Expiry stays. */
    record Append(Bytes key, Bytes suffix) implements Write, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    /** Answered by the number of keys that were there. */
    record Delete(List<Bytes> keys) implements Write, Keyed {
        public Delete {
            keys = List.copyOf(keys);
        }
    }

    /** Adds to a decimal 64-bit number; a missing key counts as 0. Expiry stays. */
    record Increment(Bytes key, long delta) implements Write, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    /** Adds a decimal fraction, computed exactly (BigDecimal), so that replicas agree. */
    record IncrementFloat(Bytes key, String delta) implements Write, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    /** Changes when a key expires. Answered by 1, or 0 for a missing key. */
    record Expire(Bytes key, Expiry expiry) implements Write, Keyed {
        @Override
        public List<Bytes> keys() {
            return List.of(key);
        }
    }

    // ---- shards

    /** How many keys a shard holds. */
    record CountKeys(int shard) implements Read {}

    /** How many keys a slot holds. */
    record CountSlot(int slot) implements OfSlot {}

    /** Some keys of a slot, {@code countMax} at most; answered by {@link Outcome.Values}. */
    record SlotKeys(int slot, int countMax) implements OfSlot {}

    /** Drops every key of a shard, at the cost of one row: the shard begins a new generation. */
    record Clear(int shard) implements Write {}

    /**
     * Promise never to own {@code shard} for a config below or at {@code config}, and hand over
     * what is owned if it was never written to; answered by {@link Outcome.GivenUp}. Idempotent.
     */
    record GiveUp(int shard, long config) implements MoveStep {}

    /**
     * Own {@code shard} from config {@code config} on. Sent only once every earlier owner has given
     * it up at that config. Idempotent.
     *
     * @param proof where the shard holds data: that it is all here, and that its owner of before
     *     has handed it over
     */
    record Own(int shard, long config, Optional<HandOverProof> proof) implements MoveStep {
        /** Of a shard without data. */
        public static Own empty(int shard, long config) {
            return new Own(shard, config, Optional.empty());
        }
    }

    /**
     * Keep track, from now on, of which keys of {@code shard} change, so that it can be copied to
     * the group that is to own it from {@code config} on. Answered by {@link Outcome.Copying}.
     */
    record StartCopy(int shard, long config, long targetGroup) implements MoveStep {}

    /** The piece of a shard at {@code cursor}; answered by {@link Outcome.ShardPiece}. */
    record ReadShard(int shard, long copyId, CopyCursor cursor) implements Read {}

    /** Refuse writes of {@code shard}, so that the last of it can be copied. */
    record Freeze(int shard, long copyId) implements MoveStep {}

    /** Take writes again: the freeze is void, and with it whatever was prepared under it. */
    record Unfreeze(int shard, long freezeId) implements MoveStep {}

    /** The copy has no use any more: nobody keeps track of its keys. Not where it is frozen. */
    record EndCopy(int shard, long copyId) implements MoveStep {}

    /**
     * The target has all of {@code shard}, durably: from here on it is the target's, and there is
     * no way back. Answered by {@link Outcome.HandedOver}; again by the same.
     */
    record HandOver(int shard, long copyId, long freezeId) implements MoveStep {}

    /**
     * Keep a piece of a shard that is to be owned here from {@code config} on.
     *
     * @param number of the piece, from 0; only the next one is taken
     */
    record Stage(int shard, long config, long sourceGroup, long number, Outcome.ShardPiece piece)
            implements MoveStep {}

    /**
     * Drop what was staged of a shard for {@code config}, unless it is all there.
     *
     * @param voidFreezeId dropped even where all is there under this freeze: the source has refused
     *     to hand over under it, and so never will; 0 for none
     */
    record Unstage(int shard, long config, long voidFreezeId) implements MoveStep {}

    /**
     * A digest over some rows of a shard that was handed over and not yet released; answered by
     * {@link Outcome.ShardDigest}.
     */
    record DigestShard(int shard, long copyId, DigestRange range) implements Read {}

    /** What came of {@code shard} for {@code config} is not what its source has of it. */
    record Differ(int shard, long config) implements MoveStep {}

    /** The target serves {@code shard}: what the source still has of that copy goes. */
    record Release(int shard, long copyId) implements MoveStep {}

    /** The source has released: the target need not ask it any more. */
    record Released(int shard, long config) implements MoveStep {}

    /**
     * No group is to have {@code shard} by {@code config}: serve it to nobody, and keep it until a
     * later config gives it to some group. It is served again once its way there begins.
     */
    record Suspend(int shard, long config) implements MoveStep {}

    /** Whether a shard was never written to here; an error where it is not served. */
    record IsPristine(int shard) implements Read {}

    /** First command of a group: what its apply judges by. Idempotent. */
    record Configure(GroupSettings settings) implements Write {}

    /** A digest over the applied state, equal on all replicas at the same applied index. */
    record StateDigest() implements Read {}

    // ---- the shard master

    /** First command of the shard master. Idempotent for the same cluster id. */
    record StartCluster(
            UUID clusterId, int shardCount, GroupSettings settings, List<NodeInfo> nodes)
            implements MasterWrite {
        public StartCluster {
            nodes = List.copyOf(nodes);
        }
    }

    /** Makes a node, or a node's new addresses, known. */
    record RegisterNode(NodeInfo node) implements MasterWrite {}

    /** A node that has no replica any more is forgotten. One that is not known is no error. */
    record ForgetNode(long nodeId) implements MasterWrite {}

    /**
     * Who the members of a group are, as its leader says, with a number that grows by each change:
     * a group changes its members by itself, and the map follows. An older report changes nothing.
     */
    record ReportMembers(GroupSpec group, long version) implements MasterWrite {}

    /**
     * A group serves these shards, each from some config on; what is older than what is known
     * already changes nothing.
     */
    record ReportServed(long groupId, List<Since> shards) implements MasterWrite {
        /** A shard, and the config from which on it is owned. */
        public record Since(int shard, long config) {}

        public ReportServed {
            shards = List.copyOf(shards);
        }
    }

    /** How shards may move from now on. Idempotent. */
    record TuneMoves(MoveTuning tuning) implements MasterWrite {}

    /** Gives out a client id; the same one for the same nonce. */
    record RegisterClient(UUID nonce) implements MasterWrite {}

    /** New groups take a fair share of the shards. */
    record Join(List<GroupSpec> groups) implements MasterWrite {
        public Join {
            groups = List.copyOf(groups);
        }
    }

    /** The groups' shards go to those that stay. */
    record Leave(List<Long> groupIds) implements MasterWrite {
        public Leave {
            groupIds = List.copyOf(groupIds);
        }
    }

    /** One shard to one group, and nothing else. */
    record Move(int shard, long groupId) implements MasterWrite {}

    /** The config of that number; the latest for -1 or a number too large. */
    record QueryConfig(long number) implements Read {}

    // ---- the shard master's caretaker

    /**
     * Decisions of the caretaker: kept, with their reasons, and carried out as far as they are
     * shards that move. Refused as a whole where the map or the decisions before are others than it
     * knew of.
     *
     * @param config number of the latest
     * @param number of the first decision
     */
    record Decide(long config, long number, List<Decision> decisions) implements MasterWrite {
        public Decide {
            decisions = List.copyOf(decisions);
        }
    }

    /** By which rules the caretaker decides from now on. Idempotent. */
    record TuneCaretaker(CaretakerSettings settings) implements MasterWrite {}

    /** How a node is to be used from now on. Idempotent. */
    record UseNode(NodeUse use) implements MasterWrite {}

    /**
     * Answered by {@link Outcome.Caretaker}.
     *
     * @param decisionsMax how many decisions are wanted, of the newest
     */
    record QueryCaretaker(int decisionsMax) implements Read {}

    // ---- parts of commands

    record KeyValue(Bytes key, Bytes value) {}

    /** When a {@link Put} takes place. */
    enum Condition {
        ALWAYS,
        IF_ABSENT,
        IF_PRESENT
    }

    /**
     * What becomes of a key's expiry.
     *
     * @param millis log time in milliseconds since 1970 (AT) or a duration (AFTER); else 0
     */
    record Expiry(Kind kind, long millis) {
        public static final Expiry NONE = new Expiry(Kind.NONE, 0);
        public static final Expiry KEEP = new Expiry(Kind.KEEP, 0);

        /** NONE: never expires; KEEP: as before; AT: a moment; AFTER: from the entry's log time. */
        public enum Kind {
            NONE,
            KEEP,
            AT,
            AFTER
        }
    }
}
