package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.Keyspace.Place;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The state machine of a data group (DESIGN §5 to §7): keys, duplicate table, shard ownership.
 *
 * <p>A write is judged in this order: does this group serve the shard (a wrong-group answer
 * consumes no sequence), was it executed before, may it still be. Only then it is executed, and its
 * result is recorded in the same write of the engine as its effects.
 */
public final class KvMachine implements StateMachine {
    /**
     * Of a shard that is copied to another group: a piece takes no more rows past so many bytes; of
     * changes, and of the duplicate table, past four times as many. Who asks for something else
     * meanwhile waits for a lane that reads or applies a piece.
     */
    public static final int PIECE_SIZE = 32 << 10;

    private static final long CHANGES_PIECES_MIN = 2048;

    private static final Outcome.Invalid NO_STAMP =
            new Outcome.Invalid("a write of keys needs a stamp");
    private static final Outcome.Invalid NO_SUCH_SHARD =
            new Outcome.Invalid("the cluster has no such shard");
    static final Outcome.Invalid OF_THE_MASTER =
            new Outcome.Invalid("a command of the shard master");

    private final MachineRows rows;
    private final KeyPlaces places;
    private final ExpiryIndex expiries;
    private final Keyspace keyspace;
    private final ShardMoves moves;
    private final KvReads reads;
    private final ShardDigests digests;
    private final int pieceSize;
    private final boolean readsAwaitTime;

    /** Goes on where the store's rows leave off. */
    public KvMachine(Engine engine, long storeId, Set<Mutation> mutations) {
        this(engine, storeId, PIECE_SIZE, mutations);
    }

    /**
     * One that copies shards in pieces of another size: replicas may differ in that.
     *
     * @param pieceSize in place of {@link #PIECE_SIZE}
     */
    public KvMachine(Engine engine, long storeId, int pieceSize, Set<Mutation> mutations) {
        this.pieceSize = pieceSize;
        this.rows = new MachineRows(engine, storeId, mutations);
        this.places = new KeyPlaces(engine, storeId);
        this.expiries = new ExpiryIndex(engine, storeId, places.shards());
        this.keyspace = new Keyspace(engine, storeId, expiries, mutations);
        this.moves = new ShardMoves(places.shards(), keyspace, rows.duplicates(), mutations);
        ShardPieces pieces = new ShardPieces(engine, storeId, rows.duplicates(), pieceSize);
        this.digests = pieces.digests();
        this.reads = new KvReads(rows, places, expiries, keyspace, pieces);
        this.readsAwaitTime = !mutations.contains(Mutation.IDLE_GROUP_KEEPS_KEYS);
    }

    @Override
    public long appliedIndex() {
        return rows.appliedIndex();
    }

    @Override
    public long appliedLogTime() {
        return rows.appliedLogTime();
    }

    /** What the group knows of shards: those it owns, owned, or promised not to own; ascending. */
    public List<ShardStatus> shards() {
        return places.shards().all();
    }

    /** What the group knows of one. */
    public ShardStatus shard(int shard) {
        return places.shards().get(shard);
    }

    public ShardView shardView() {
        return new ShardView(shards(), outgoing(), incoming());
    }

    /** How many reads and writes of a shard this replica has executed in its life. */
    public long operations(int shard) {
        return places.traffic().of(shard);
    }

    /** Of all shards. */
    public long operations() {
        return places.traffic().total();
    }

    /** What a shard takes on this replica's disk, in bytes, roughly. */
    public long roughSize(int shard) {
        return places.roughSize(shard);
    }

    /**
     * Whether what is noted of a shard's changes for a copy takes more room than its rows, and than
     * some two thousand pieces: 64 MiB.
     */
    public boolean isOutgrown(Outgoing move) {
        return places.isOutgrown(move, CHANGES_PIECES_MIN * pieceSize);
    }

    public boolean serves(int shard) {
        return places.shards().serves(shard);
    }

    /** Shards on their way to other groups, or not yet released after it. */
    public List<Outgoing> outgoing() {
        return places.shards().outgoing().all();
    }

    /** Shards on their way to this group, or not yet released where they come from. */
    public List<Incoming> incoming() {
        return places.shards().incoming().all();
    }

    /**
     * A digest over rows of a shard that is owned, as they came from its source, changed or not
     * since; empty where there is nothing to compare any more, since the shard was cleared.
     */
    public Optional<RangeDigest> digestAsItCame(Incoming move, DigestRange range) {
        return places.shards().holds(move.shard(), move.generation())
                ? Optional.of(digests.asItCame(move, range, appliedLogTime()))
                : Optional.empty();
    }

    /** Of what a command speaks of; empty where it is of no one shard, or none is known yet. */
    public OptionalInt shardOf(Command.Keyed command) {
        return places.refuse(command.keys()).isEmpty()
                ? OptionalInt.of(places.shardOf(command.keys().getFirst()))
                : OptionalInt.empty();
    }

    /** Empty until {@link Command.Configure} was applied. */
    public Optional<GroupSettings> settings() {
        return places.settings();
    }

    /** What the duplicate table takes in memory. */
    public long duplicateBytesHeld() {
        return rows.duplicates().bytesHeld();
    }

    /**
     * Whether the duplicate table has room for what comes with a shard; if not, it gets some with
     * later entries, as what it remembers grows too old.
     */
    public boolean hasRoomForShard() {
        return rows.duplicates().hasRoomForShard();
    }

    /**
     * What all of it takes that the duplicate table remembers of a shard, on its way with the shard
     * to another group, in bytes, roughly: it is copied under the freeze.
     */
    public long duplicateBytesToMove(int shard) {
        return rows.duplicates().bytesToMove(shard);
    }

    // ---- writes

    @Override
    public List<Outcome> apply(AppliedEntry entry) {
        return rows.apply(
                entry, writes -> expiries.sweep(writes, entry.requests().size()), this::apply);
    }

    @Override
    public Optional<Outcome> wrongGroup(Command.Write command) {
        OptionalInt shard =
                switch (command) {
                    case Command.Keyed keyed -> shardOf(keyed);
                    case Command.Clear clear when places.isShard(clear.shard()) ->
                            OptionalInt.of(clear.shard());
                    case Command.Clear _, Command.Configure _ -> OptionalInt.empty();
                    case Command.MoveStep _, Command.MasterWrite _ -> OptionalInt.empty();
                };
        return shard.isEmpty() || places.writable(shard.getAsInt()).isPresent()
                ? Optional.empty()
                : Optional.of(places.shards().wrongGroup(shard.getAsInt()));
    }

    private Outcome apply(Request request, EntryWrites writes) {
        return switch (request.command()) {
            case Command.Read _ -> new Outcome.Invalid("a read does not go through the log");
            case Command.Put put ->
                    keyed(request, put, writes, place -> keyspace.put(put, place, writes));
            case Command.PutMany put ->
                    keyed(
                            request,
                            put,
                            writes,
                            place -> keyspace.putMany(put.pairs(), place, writes));
            case Command.Append append ->
                    keyed(request, append, writes, place -> keyspace.append(append, place, writes));
            case Command.Delete delete ->
                    keyed(
                            request,
                            delete,
                            writes,
                            place -> keyspace.delete(delete.keys(), place, writes));
            case Command.Increment add ->
                    keyed(request, add, writes, place -> keyspace.increment(add, place, writes));
            case Command.IncrementFloat add ->
                    keyed(
                            request,
                            add,
                            writes,
                            place -> keyspace.incrementFloat(add, place, writes));
            case Command.Expire expire ->
                    keyed(request, expire, writes, place -> keyspace.expire(expire, place, writes));
            case Command.Clear clear -> clear(request, clear.shard(), writes);
            case Command.MoveStep step ->
                    places.isShard(step.shard()) ? moves.execute(step, writes) : NO_SUCH_SHARD;
            case Command.Configure configure -> places.configure(configure.settings(), writes);
            case Command.MasterWrite _ -> OF_THE_MASTER;
        };
    }

    /** What a command does once it is settled that it is to be executed, here and now. */
    private interface Execution {
        Outcome.Result at(Place place);
    }

    private Outcome keyed(
            Request request, Command.Keyed command, EntryWrites writes, Execution execution) {
        List<Bytes> keys = command.keys();
        Optional<Outcome> refusal = places.refuse(keys);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        return executeOnce(request, places.shardOf(keys.getFirst()), writes, execution);
    }

    private Outcome clear(Request request, int shard, EntryWrites writes) {
        if (!places.isShard(shard)) {
            return NO_SUCH_SHARD;
        }
        return executeOnce(
                request,
                shard,
                writes,
                _ -> {
                    moves.onClear(shard, writes);
                    places.shards().clear(shard, writes);
                    return new Outcome.Ok();
                });
    }

    /** Ownership first, then floor and record, then deadline (DESIGN §6). */
    private Outcome executeOnce(
            Request request, int shard, EntryWrites writes, Execution execution) {
        Optional<Place> place = places.writable(shard);
        if (place.isEmpty()) {
            return places.shards().wrongGroup(shard);
        }
        if (request.stamp().isEmpty()) {
            return NO_STAMP;
        }
        places.traffic().count(shard);
        return rows.executeOnce(
                shard,
                request.stamp().get(),
                writes,
                new DuplicateTable.Limits(
                        places.settings().orElseThrow().sequenceWindow(),
                        keepsValue(request.command())),
                () -> {
                    Outcome.Result result = execution.at(place.get());
                    places.shards().markWritten(shard, writes);
                    return result;
                });
    }

    private static boolean keepsValue(Command command) {
        return command instanceof Command.Put put && put.returnOld();
    }

    @Override
    public Outcome read(Command.Read command) {
        return reads.read(command);
    }

    @Override
    public boolean awaitsTime(Command.Read command, long logTime) {
        return readsAwaitTime && reads.awaitTime(command, logTime);
    }
}
