package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One data group of one replica, its log, and a client that never repeats itself. */
final class Group {
    static final long START = 1_700_000_000_000L;
    static final int STORE = 7;

    final MemoryEngine engine = new MemoryEngine();
    final List<AppliedEntry> log = new ArrayList<>();
    private final Set<Mutation> mutations;
    KvMachine machine;
    long now = START;

    /** Who never repeats itself: another one in each of several groups. */
    ClientId client = new ClientId(1, 1);

    private long sequence;

    Group(Mutation... mutations) {
        this.mutations = EnumSet.noneOf(Mutation.class);
        this.mutations.addAll(List.of(mutations));
        this.machine = open();
    }

    /** One that serves all of its four shards. */
    static Group serving(Mutation... mutations) {
        return serving(new GroupSettings(4, 1000, 8, 1), mutations);
    }

    static Group serving(GroupSettings settings, Mutation... mutations) {
        Group group = new Group(mutations);
        group.apply(bare(new Command.Configure(settings)));
        for (int shard = 0; shard < settings.shardCount(); shard++) {
            group.apply(bare(Command.Own.empty(shard, 1)));
        }
        return group;
    }

    KvMachine open() {
        return new KvMachine(engine, STORE, mutations);
    }

    static Request bare(Command command) {
        return new Request(Optional.empty(), command);
    }

    Request stamped(Command command) {
        sequence++;
        return stamped(client, sequence, sequence, command);
    }

    Request stamped(ClientId client, long at, long floor, Command command) {
        return new Request(
                Optional.of(new RequestStamp(client, at, floor, List.of(), now + 60_000)), command);
    }

    /** In one entry. */
    List<Outcome> apply(Request... requests) {
        AppliedEntry entry = new AppliedEntry(machine.appliedIndex() + 1, now, List.of(requests));
        log.add(entry);
        return machine.apply(entry);
    }

    /** In an entry of its own, under a fresh stamp. */
    Outcome run(Command command) {
        return apply(stamped(command)).getFirst();
    }

    /** A time-only entry. */
    void passTime(long millis) {
        now += millis;
        apply();
    }

    Outcome get(String key) {
        return machine.read(new Command.Get(Bytes.utf8(key)));
    }

    Outcome put(String key, String value) {
        return run(Command.Put.of(Bytes.utf8(key), Bytes.utf8(value)));
    }

    /** Loses what the engine has not flushed, and replays the log from there. */
    List<Outcome> restart() {
        engine.crash();
        machine = open();
        List<Outcome> outcomes = new ArrayList<>();
        while (machine.appliedIndex() < log.size()) {
            outcomes.addAll(machine.apply(log.get((int) machine.appliedIndex())));
        }
        return outcomes;
    }

    long digest() {
        return ((Outcome.Int) machine.read(new Command.StateDigest())).value();
    }

    static Outcome value(String text) {
        return new Outcome.Value(Bytes.utf8(text));
    }

    /** A key of one of the four shards. */
    static Bytes keyOf(int shard) {
        for (int i = 0; ; i++) {
            Bytes key = Bytes.utf8("key" + i);
            if (Slots.shardOf(key, 4) == shard) {
                return key;
            }
        }
    }

    /** How many rows of a kind the engine has. */
    int rowCount(int kind) {
        int[] count = new int[1];
        engine.scan(
                EngineKey.firstOfStore(STORE),
                EngineKey.firstOfStore(STORE + 1),
                (key, _) -> {
                    count[0] += key.at(14) == kind ? 1 : 0;
                    return true;
                });
        return count[0];
    }
}
