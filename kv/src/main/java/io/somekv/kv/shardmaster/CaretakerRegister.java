package io.somekv.kv.shardmaster;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.caretaker.CaretakerCodec;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoggedDecision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What the shard master keeps for its caretaker: by which rules it decides, which nodes are not
 * used as usual, which shards somebody has put where they are, and what was decided lately, and
 * why.
 */
public final class CaretakerRegister {
    /** Older decisions are forgotten. */
    static final int DECISIONS_MAX = 1_000;

    private static final int VERSION = 1;

    private final long storeId;
    private final TreeMap<Long, NodeUse> uses = new TreeMap<>();
    private final TreeSet<Long> pinned = new TreeSet<>();

    /** The newest last; at most {@link #DECISIONS_MAX}. */
    private final ArrayDeque<LoggedDecision> decisions = new ArrayDeque<>();

    private CaretakerSettings settings;

    CaretakerRegister(Engine engine, long storeId) {
        this.storeId = storeId;
        this.settings =
                engine.get(settingsKey())
                        .map(row -> CaretakerCodec.readSettings(versioned(row)))
                        .orElse(CaretakerSettings.DEFAULTS);
        scan(
                engine,
                RowKind.NODE_USE,
                row -> {
                    NodeUse use = CaretakerCodec.readUse(row);
                    uses.put(use.nodeId(), use);
                });
        scan(engine, RowKind.PINNED, row -> pinned.add(row.i64()));
        scan(engine, RowKind.DECISION, row -> decisions.add(CaretakerCodec.readLogged(row)));
    }

    private void scan(Engine engine, int kind, Consumer<ByteReader> visitor) {
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, kind),
                EngineKey.first(storeId, EngineKey.GROUP, 0, kind + 1),
                (_, row) -> {
                    visitor.accept(versioned(row));
                    return true;
                });
    }

    public CaretakerSettings settings() {
        return settings;
    }

    public NodeUse.Kind useOf(long nodeId) {
        NodeUse use = uses.get(nodeId);
        return use == null ? NodeUse.Kind.OPEN : use.kind();
    }

    /** Whether somebody has put it where it is, and no group came or went since. */
    public boolean isPinned(int shard) {
        return pinned.contains((long) shard);
    }

    /** Of the next decision; they count from 1. */
    public long nextNumber() {
        return decisions.isEmpty() ? 1 : decisions.getLast().number() + 1;
    }

    /** With so many decisions, the newest first. */
    CaretakerState state(int decisionsMax) {
        List<LoggedDecision> newest = new ArrayList<>();
        Iterator<LoggedDecision> backwards = decisions.descendingIterator();
        while (newest.size() < decisionsMax && backwards.hasNext()) {
            newest.add(backwards.next());
        }
        return new CaretakerState(settings, new ArrayList<>(uses.values()), newest);
    }

    Outcome tune(CaretakerSettings wanted, EntryWrites writes) {
        Optional<String> fault = fault(wanted);
        if (fault.isPresent()) {
            return new Outcome.Invalid(fault.get());
        }
        settings = wanted;
        ByteWriter row = new ByteWriter().u8(VERSION);
        CaretakerCodec.write(row, wanted);
        writes.put(settingsKey(), row.toBytes());
        return new Outcome.Ok();
    }

    private static Optional<String> fault(CaretakerSettings wanted) {
        if (wanted.deadAfterMillis() < CaretakerSettings.DEAD_AFTER_MILLIS_MIN) {
            return Optional.of(
                    "a node is dead after "
                            + CaretakerSettings.DEAD_AFTER_MILLIS_MIN
                            + " ms at the earliest");
        } else if (wanted.restMillis() < 0) {
            return Optional.of("a rest is no negative time");
        } else if (wanted.replicaCount() < 0
                || wanted.replicaCount() > CaretakerSettings.REPLICAS_MAX) {
            return Optional.of(
                    "a group has at most " + CaretakerSettings.REPLICAS_MAX + " replicas");
        } else if (!isAtATime(wanted.replicaChangesMax()) || !isAtATime(wanted.shardMovesMax())) {
            return Optional.of(
                    "from 0 to " + CaretakerSettings.AT_A_TIME_MAX + " changes at a time");
        }
        return Optional.empty();
    }

    private static boolean isAtATime(int count) {
        return count >= 0 && count <= CaretakerSettings.AT_A_TIME_MAX;
    }

    void use(NodeUse use, EntryWrites writes) {
        Bytes key = key(RowKind.NODE_USE, use.nodeId());
        if (use.kind() != NodeUse.Kind.OPEN) {
            uses.put(use.nodeId(), use);
            ByteWriter row = new ByteWriter().u8(VERSION);
            CaretakerCodec.write(row, use);
            writes.put(key, row.toBytes());
        } else if (uses.remove(use.nodeId()) != null) {
            writes.delete(key);
        }
    }

    void pin(int shard, EntryWrites writes) {
        if (pinned.add((long) shard)) {
            writes.put(key(RowKind.PINNED, shard), numberRow(shard));
        }
    }

    void unpinAll(EntryWrites writes) {
        pinned.forEach(shard -> writes.delete(key(RowKind.PINNED, shard)));
        pinned.clear();
    }

    void note(Decision decision, EntryWrites writes) {
        LoggedDecision logged = new LoggedDecision(nextNumber(), writes.logTime(), decision);
        ByteWriter row = new ByteWriter().u8(VERSION);
        CaretakerCodec.write(row, logged);
        writes.put(key(RowKind.DECISION, logged.number()), row.toBytes());
        decisions.addLast(logged);
        if (decisions.size() > DECISIONS_MAX) {
            writes.delete(key(RowKind.DECISION, decisions.removeFirst().number()));
        }
    }

    private static Bytes numberRow(long number) {
        return new ByteWriter(9).u8(VERSION).i64(number).toBytes();
    }

    private static ByteReader versioned(Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("a row of a version not known here: " + version);
        }
        return reader;
    }

    private Bytes key(int kind, long number) {
        return EngineKey.numbered(storeId, kind, number);
    }

    private Bytes settingsKey() {
        return EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.CARETAKER);
    }
}
