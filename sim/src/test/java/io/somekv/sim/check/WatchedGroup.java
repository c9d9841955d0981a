package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.Incoming;
import io.somekv.kv.KvMachine;
import io.somekv.kv.Outgoing;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.HandOverProof;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSettings;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A group of one replica whose changes a watch is told of, all or but for some: the real state
 * machine, and a history that may be broken.
 */
final class WatchedGroup {
    static final int SHARD = 0;
    private static final int STORE = 9;
    private static final long NOW = 1_700_000_000_000L;
    private static final ClientId CLIENT = new ClientId(3, 4);

    private final long id;
    private final ClusterWatch watch;
    private final MemoryEngine engine = new MemoryEngine();
    private final KvMachine machine = new KvMachine(engine, STORE, EnumSet.noneOf(Mutation.class));

    /** Changes that the watch is not told of. */
    private Predicate<WriteBatch.Change> hidden = _ -> false;

    WatchedGroup(long id, ClusterWatch watch) {
        this.id = id;
        this.watch = watch;
        apply(Optional.empty(), new Command.Configure(new GroupSettings(2, 1 << 20, 64, 1)));
    }

    /** From now on the watch does not hear of rows of this kind that are put. */
    void hide(int kind) {
        hidden =
                change ->
                        change instanceof WriteBatch.Change.Put put
                                && EngineKey.kind(put.key()) == kind;
    }

    private Outcome apply(Optional<RequestStamp> stamp, Command command) {
        return apply(List.of(new Request(stamp, command))).getFirst();
    }

    private List<Outcome> apply(List<Request> requests) {
        MemoryEngine before = new MemoryEngine();
        engine.scan(
                EngineKey.firstOfStore(STORE),
                EngineKey.firstOfStore(STORE + 1),
                (key, value) -> {
                    before.apply(new WriteBatch(STORE, 0).put(key, value));
                    return true;
                });
        long index = machine.appliedIndex() + 1;
        List<Outcome> outcomes = machine.apply(new AppliedEntry(index, NOW, requests));
        tell(difference(before, index));
        return outcomes;
    }

    /** What the entry changed, as the engine has it now. */
    private WriteBatch difference(MemoryEngine before, long index) {
        WriteBatch batch = new WriteBatch(STORE, index);
        Bytes from = EngineKey.firstOfStore(STORE);
        Bytes to = EngineKey.firstOfStore(STORE + 1);
        before.scan(
                from,
                to,
                (key, _) -> {
                    if (engine.get(key).isEmpty()) {
                        batch.delete(key);
                    }
                    return true;
                });
        engine.scan(
                from,
                to,
                (key, value) -> {
                    if (!before.get(key).equals(Optional.of(value))) {
                        batch.put(key, value);
                    }
                    return true;
                });
        return batch;
    }

    private void tell(WriteBatch batch) {
        WriteBatch told = new WriteBatch(STORE, batch.appliedIndex());
        for (WriteBatch.Change change : batch.changes()) {
            if (hidden.test(change)) {
                continue;
            }
            switch (change) {
                case WriteBatch.Change.Put put -> told.put(put.key(), put.value());
                case WriteBatch.Change.Delete delete -> told.delete(delete.key());
                case WriteBatch.Change.DeleteRange range ->
                        told.deleteRange(range.from(), range.to());
            }
        }
        watch.changed(id, told);
    }

    /** The watch hears that the rows of a generation were dropped. */
    void dropsGeneration(long generation) {
        tell(
                new WriteBatch(STORE, machine.appliedIndex() + 1)
                        .deleteRange(
                                EngineKey.firstOfGeneration(STORE, SHARD, generation),
                                EngineKey.firstOfGeneration(STORE, SHARD, generation + 1)));
    }

    long generation() {
        return machine.shards().getFirst().generation();
    }

    Outcome step(Command.MoveStep step) {
        return apply(Optional.empty(), step);
    }

    /** Both in one entry. */
    List<Outcome> stepAndClear(Command.MoveStep step, long sequence) {
        return apply(
                List.of(
                        new Request(Optional.empty(), step),
                        new Request(Optional.of(stamp(sequence)), new Command.Clear(SHARD))));
    }

    /** The shard is copied, and frozen. */
    Outgoing freezeFor(WatchedGroup target, long config) {
        Outcome.Copying copying =
                (Outcome.Copying) step(new Command.StartCopy(SHARD, config, target.id));
        step(new Command.Freeze(SHARD, copying.copyId()));
        return machine.outgoing().getFirst();
    }

    /** The freeze ends, the shard is written to, and a step follows: all in one entry. */
    List<Outcome> unfreezePutAnd(Command.MoveStep step, long sequence, String key) {
        long freezeId = machine.outgoing().getFirst().freezeId();
        Command put = Command.Put.of(Bytes.utf8(key), Bytes.EMPTY);
        return apply(
                List.of(
                        new Request(Optional.empty(), new Command.Unfreeze(SHARD, freezeId)),
                        new Request(Optional.of(stamp(sequence)), put),
                        new Request(Optional.empty(), step)));
    }

    private static RequestStamp stamp(long sequence) {
        return new RequestStamp(CLIENT, sequence, 1, List.of(), NOW + 60_000);
    }

    Outcome put(long sequence, String key, String value) {
        return apply(
                Optional.of(stamp(sequence)), Command.Put.of(Bytes.utf8(key), Bytes.utf8(value)));
    }

    /** Everything up to what the target may show to own the shard. */
    Command.Own moveTo(WatchedGroup target, long config) {
        Outcome.Copying copying =
                (Outcome.Copying) step(new Command.StartCopy(SHARD, config, target.id));
        pull(target, config, copying.copyId());
        step(new Command.Freeze(SHARD, copying.copyId()));
        while (!target.staged(config).map(Incoming::isPrepared).orElse(false)) {
            pull(target, config, copying.copyId());
        }
        Incoming staged = target.staged(config).orElseThrow();
        long freezeId = staged.cursor().freezeId();
        step(new Command.HandOver(SHARD, copying.copyId(), freezeId));
        return new Command.Own(
                SHARD,
                config,
                Optional.of(new HandOverProof(copying.copyId(), freezeId, staged.digest(), NOW)));
    }

    private Optional<Incoming> staged(long config) {
        return machine.incoming().stream()
                .filter(move -> move.config() == config && !move.isOwned())
                .findFirst();
    }

    private void pull(WatchedGroup target, long config, long copyId) {
        target.step(nextPiece(target, config, copyId));
    }

    private Command.Stage nextPiece(WatchedGroup target, long config, long copyId) {
        CopyCursor cursor = target.staged(config).map(Incoming::cursor).orElse(CopyCursor.START);
        long number = target.staged(config).map(Incoming::pieces).orElse(0L);
        Outcome.ShardPiece piece =
                (Outcome.ShardPiece) machine.read(new Command.ReadShard(SHARD, copyId, cursor));
        return new Command.Stage(SHARD, config, id, number, piece);
    }

    /** The last piece comes, with records, and what was staged is dropped: both in one entry. */
    List<Outcome> prepareAndDrop(WatchedGroup target, long config) {
        Outcome.Copying copying =
                (Outcome.Copying) step(new Command.StartCopy(SHARD, config, target.id));
        pull(target, config, copying.copyId());
        step(new Command.Freeze(SHARD, copying.copyId()));
        long freezeId = machine.outgoing().getFirst().freezeId();
        return target.apply(
                List.of(
                        new Request(Optional.empty(), nextPiece(target, config, copying.copyId())),
                        new Request(
                                Optional.empty(), new Command.Unstage(SHARD, config, freezeId))));
    }

    /** A copy that was begun is dropped, by an entry that holds a write to another shard, too. */
    List<Outcome> dropHalfCopiedAndPut(
            WatchedGroup target, long config, long sequence, String key) {
        Outcome.Copying copying =
                (Outcome.Copying) step(new Command.StartCopy(SHARD, config, target.id));
        pull(target, config, copying.copyId());
        Command put = Command.Put.of(Bytes.utf8(key), Bytes.EMPTY);
        return target.apply(
                List.of(
                        new Request(Optional.empty(), new Command.Unstage(SHARD, config, 0)),
                        new Request(Optional.of(stamp(sequence)), put)));
    }

    void release(WatchedGroup target, long config) {
        long copyId = machine.outgoing().getFirst().copyId();
        step(new Command.Release(SHARD, copyId));
        target.step(new Command.Released(SHARD, config));
    }
}
