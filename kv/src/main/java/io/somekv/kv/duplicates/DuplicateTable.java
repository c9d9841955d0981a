package io.somekv.kv.duplicates;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.OutcomeCodec;
import io.somekv.protocol.command.RequestStamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a request from being executed twice (DESIGN §6; Raft §8, thesis §6.3). For each client and
 * shard it knows a floor, and what was executed from there up to the window's end.
 *
 * <p>Results stand in one packed row per entry; memory holds where. The table is a function of
 * those rows and nothing else: a replica that restarts plays the rows it finds through {@link
 * #absorb}, the way every replica does when it executes. That makes a restarted replica and one
 * that ran on judge alike, as long as three things hold:
 *
 * <ul>
 *   <li>an item carries the floor and latest deadline <em>in force</em>, not those of its stamp:
 *       the rows that raised them may be gone by the time it is read;
 *   <li>rows go in order, by {@link #sweep} alone, which is part of applying an entry: so rows and
 *       memory are the same at every applied index;
 *   <li>only an execution changes anything. A repeated request whose floor has grown does not raise
 *       the floor here; the client's next new one does.
 * </ul>
 *
 * <p>A row goes once its log time is {@link #DEADLINE_AHEAD_MILLIS_MAX} past: no request in it had
 * a deadline beyond that, so a copy that comes later is answered by its deadline.
 */
public final class DuplicateTable {
    /** How far ahead of log time a deadline may lie. */
    public static final long DEADLINE_AHEAD_MILLIS_MAX = 5 * 60 * 1000;

    /** Results not yet acknowledged that may pile up; past it what returns old values waits. */
    public static final long RESULT_BYTES_MAX = 64L << 20;

    /** What the table itself may take in memory; past it every write waits. */
    private static final long TABLE_BYTES_MAX = 256L << 20;

    /**
     * Of both bounds so much is to be free for a shard to be frozen on its way here. Less might be
     * used up before all that is remembered of its clients is here, and the freeze be in vain.
     */
    private static final int FREE_FOR_SHARD = 8;

    /**
     * Results of one entry past which what returns old values waits for the next. They stand in one
     * row, and no row is cut: with one more value of the largest size it still fits a frame, as it
     * must when a snapshot takes it to another replica.
     */
    private static final long ENTRY_RESULT_BYTES_MAX = 4L << 20;

    /** Rows that one entry sweeps at most. In the steady state one comes and one goes. */
    private static final int SWEEP_ROWS_MAX = 8;

    private static final int RETRY_AFTER_MILLIS = 50;

    /** Of {@link Mutation#RECORD_EXPIRES_EARLY}. */
    private static final long TOO_EARLY_MILLIS = 1_000;

    /** Object headers, the map's node, the client's id. */
    private static final int CLIENT_BYTES = 144;

    static final int RECORD_BYTES = 24;
    private static final int ROW_BYTES = 32;

    private final Engine engine;
    private final long storeId;
    private final boolean acknowledgementFreesFence;
    private final long keptMillis;
    private final long bytesMax;
    private final Map<Integer, ShardClients> shards = new TreeMap<>();
    private final Held held = new Held();
    private final RowQueue rows = new RowQueue();
    private final OldestRows oldestRows;

    /** What the entry that is being applied has executed so far. */
    private final List<OutcomeRow.Item> executed = new ArrayList<>();

    private long executedBytes;

    private long currentEntry;

    /**
     * What a request is judged by besides.
     *
     * @param window how far above its floor a client's sequences may run
     * @param keepsValue the result would hold a value of any size
     */
    public record Limits(int window, boolean keepsValue) {}

    /** Reads back what the rows of the store hold. */
    public DuplicateTable(Engine engine, long storeId, Set<Mutation> mutations) {
        this(engine, storeId, TABLE_BYTES_MAX, mutations);
    }

    /**
     * A smaller one: replicas may not differ in that.
     *
     * @param bytesMax in place of {@link #TABLE_BYTES_MAX}
     */
    DuplicateTable(Engine engine, long storeId, long bytesMax, Set<Mutation> mutations) {
        this.engine = engine;
        this.bytesMax = bytesMax;
        this.storeId = storeId;
        this.oldestRows = new OldestRows(engine, storeId);
        this.acknowledgementFreesFence = mutations.contains(Mutation.ACKNOWLEDGEMENT_FREES_FENCE);
        this.keptMillis =
                mutations.contains(Mutation.RECORD_EXPIRES_EARLY)
                        ? TOO_EARLY_MILLIS
                        : DEADLINE_AHEAD_MILLIS_MAX;
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.OUTCOMES),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.OUTCOMES + 1),
                (key, value) -> {
                    load(EngineKey.number(key), OutcomeRow.decode(value));
                    return true;
                });
    }

    private void load(long entry, OutcomeRow row) {
        rows.add(entry, row.logTime());
        for (int i = 0; i < row.items().size(); i++) {
            absorb(row.items().get(i), entry, i);
        }
    }

    /** First thing in an entry: drops rows whose deadlines have all passed, a bounded number. */
    public void begin(EntryWrites writes) {
        Invariant.check(executed.isEmpty(), "the entry before was finished");
        currentEntry = writes.index();
        sweep(writes);
    }

    /**
     * Whether a request is to be executed. To be asked once ownership is settled: a wrong-group
     * answer consumes no sequence.
     *
     * @return the answer if it is not to be executed; empty if it is
     */
    public Optional<Outcome> judge(int shard, RequestStamp stamp, long logTime, Limits limits) {
        ClientRecords client = find(shard, stamp.client());
        if (client != null && client.latestDeadline < logTime) {
            client = null;
        }
        long floor = client == null ? 0 : client.floor;
        if (stamp.sequence() < floor) {
            return Optional.of(new Outcome.BelowFloor());
        }
        if (stamp.sequence() - Math.max(floor, stamp.floor()) >= limits.window) {
            return Optional.of(new Outcome.Busy(RETRY_AFTER_MILLIS));
        }
        if (client != null) {
            int position = client.find(stamp.sequence());
            if (position >= 0) {
                return Optional.of(recorded(client, position));
            }
        }
        if (stamp.deadlineMillis() == 0
                || stamp.deadlineMillis() > logTime + DEADLINE_AHEAD_MILLIS_MAX) {
            return Optional.of(new Outcome.DeadlineNeeded(logTime));
        }
        if (logTime > stamp.deadlineMillis()) {
            return Optional.of(new Outcome.Unknown("its deadline has passed"));
        }
        if (bytesHeld() >= bytesMax || (limits.keepsValue && isFullOfResults())) {
            return Optional.of(new Outcome.Busy(RETRY_AFTER_MILLIS));
        }
        return Optional.empty();
    }

    private boolean isFullOfResults() {
        return held.resultBytes() >= RESULT_BYTES_MAX || executedBytes >= ENTRY_RESULT_BYTES_MAX;
    }

    private Outcome recorded(ClientRecords client, int position) {
        if (client.freedAt(position)) {
            return new Outcome.BelowFloor();
        }
        long entry = client.entryAt(position);
        int ordinal = client.ordinalAt(position);
        if (entry == currentEntry) {
            return executed.get(ordinal).outcome();
        }
        Bytes result = OutcomeRow.results(row(entry), List.of(ordinal)).getFirst();
        return OutcomeCodec.read(result.reader());
    }

    private Bytes row(long entry) {
        return engine.get(rowKey(entry))
                .orElseThrow(() -> Invariant.unreachable("a record's row is there"));
    }

    /** Remembers what came of a request that {@link #judge} let through. */
    public void record(int shard, RequestStamp stamp, long logTime, Outcome.Result result) {
        ClientRecords client = find(shard, stamp.client());
        boolean beginsAnew = client != null && client.latestDeadline < logTime;
        long floor = stamp.floor();
        long latestDeadline = stamp.deadlineMillis();
        if (client != null && !beginsAnew) {
            floor = Math.max(floor, client.floor);
            latestDeadline = Math.max(latestDeadline, client.latestDeadline);
        }
        ByteWriter encoded = new ByteWriter();
        OutcomeCodec.write(encoded, result);
        OutcomeRow.Item item =
                new OutcomeRow.Item(
                        shard,
                        stamp.client(),
                        stamp.sequence(),
                        floor,
                        latestDeadline,
                        beginsAnew,
                        stamp.finished(),
                        false,
                        encoded.toBytes());
        absorb(item, currentEntry, executed.size());
        executed.add(item);
        executedBytes += item.result().size();
    }

    // ---- a shard on its way

    /** What is remembered of a shard behind a {@link MovedRecord#position}, up to some size. */
    public MovedRecords recordsAfter(int shard, Bytes position, int sizeMax) {
        return new MovedRecordReader(this::row)
                .after(clientsOf(shard).from(position), position, sizeMax);
    }

    /** What all of it takes that is remembered of a shard, on its way to another group. */
    public long bytesToMove(int shard) {
        Held ofShard = clientsOf(shard).held();
        return ofShard.records() * MovedRecord.SIZE_BESIDES_RESULT + ofShard.resultBytes();
    }

    /**
     * Whether the entry that is applied may take in more of what another group remembers: what came
     * with shards would else take any amount of memory, and leave no room for a single write.
     */
    public boolean hasRoomToTake() {
        return bytesHeld() < bytesMax && !isFullOfResults();
    }

    /** Whether there is room for what is remembered of a whole shard's clients, as a rule. */
    public boolean hasRoomForShard() {
        return bytesHeld() < bytesMax - bytesMax / FREE_FOR_SHARD
                && held.resultBytes() < RESULT_BYTES_MAX - RESULT_BYTES_MAX / FREE_FOR_SHARD;
    }

    /**
     * Takes over what another group remembers of a shard that this one does not serve yet. Each
     * client begins anew with its first record: a shard that comes back would else meet its own.
     * Log time must not be behind that of the other group, for rows go by it.
     *
     * @param records in the order of their positions
     * @param position of the last record that was taken before these; empty for none
     */
    public void take(int shard, List<MovedRecord> records, Bytes position) {
        Optional<ClientId> last =
                position.isEmpty() ? Optional.empty() : Optional.of(MovedRecord.clientAt(position));
        for (MovedRecord record : records) {
            Optional<ClientId> client = Optional.of(record.client());
            OutcomeRow.Item item =
                    new OutcomeRow.Item(
                            shard,
                            record.client(),
                            record.sequence(),
                            record.floor(),
                            record.latestDeadline(),
                            !client.equals(last),
                            List.of(),
                            record.isFreed(),
                            record.result());
            absorb(item, currentEntry, executed.size());
            executed.add(item);
            executedBytes += record.result().size();
            last = client;
        }
    }

    /** The one way in which the table learns, live and when it is read back. */
    private void absorb(OutcomeRow.Item item, long entry, int ordinal) {
        shards.computeIfAbsent(item.shard(), _ -> noClients()).absorb(item, entry, ordinal);
    }

    private ShardClients clientsOf(int shard) {
        ShardClients clients = shards.get(shard);
        return clients != null ? clients : noClients();
    }

    private ShardClients noClients() {
        return new ShardClients(held, acknowledgementFreesFence);
    }

    /** Last thing in an entry: writes its row, if it executed anything. */
    public void finish(EntryWrites writes) {
        if (!executed.isEmpty()) {
            writes.put(rowKey(currentEntry), new OutcomeRow(writes.logTime(), executed).encode());
            rows.add(currentEntry, writes.logTime());
            executed.clear();
            executedBytes = 0;
        }
    }

    private void sweep(EntryWrites writes) {
        for (int i = 0; i < SWEEP_ROWS_MAX && !rows.isEmpty(); i++) {
            if (writes.logTime() - rows.firstLogTime() <= keptMillis) {
                return;
            }
            long entry = rows.firstEntry();
            rows.removeFirst();
            for (OutcomeRow.Item item : oldestRows.take(entry).items()) {
                forget(item.shard(), item.client(), entry);
            }
            writes.delete(rowKey(entry));
        }
    }

    private void forget(int shard, ClientId id, long entry) {
        ShardClients clients = shards.get(shard);
        if (clients == null) {
            return;
        }
        clients.forget(id, entry);
        if (clients.isEmpty()) {
            shards.remove(shard);
        }
    }

    private @Nullable ClientRecords find(int shard, ClientId id) {
        return clientsOf(shard).find(id);
    }

    /**
     * What the table takes in memory. Counted, not measured, so that it is the same on every
     * replica: apply judges by it.
     */
    public long bytesHeld() {
        return held.clients() * CLIENT_BYTES
                + held.records() * RECORD_BYTES
                + (long) rows.count() * ROW_BYTES;
    }

    /** Bytes of results that no client has acknowledged yet; they stand in the engine. */
    public long resultBytes() {
        return held.resultBytes();
    }

    /** Over the table as memory has it; the order in which clients came does not count. */
    public long digest() {
        long sum = 0;
        for (Map.Entry<Integer, ShardClients> shard : shards.entrySet()) {
            sum += shard.getValue().digest(shard.getKey());
        }
        return new Hash64()
                .add(sum)
                .add(held.clients())
                .add(held.records())
                .add(held.resultBytes())
                .add(rows.count())
                .value();
    }

    private Bytes rowKey(long entry) {
        return EngineKey.numbered(storeId, RowKind.OUTCOMES, entry);
    }
}
