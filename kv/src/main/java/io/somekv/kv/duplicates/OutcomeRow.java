package io.somekv.kv.duplicates;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.OutcomeCodec;
import io.somekv.protocol.command.RequestStamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The packed row with the outcomes of one entry: what was executed, for whom, with what result, in
 * order. One row and not one a command: that would double the price of a put (DESIGN §6).
 *
 * @param logTime of the entry
 */
record OutcomeRow(long logTime, List<Item> items) {
    private static final int VERSION = 1;
    private static final int ITEMS_MAX = 1 << 24;
    private static final int RESULT_SIZE_MAX = 1 << 30;

    /** Of an item: flags, shard, client. */
    private static final int BYTES_BEFORE_FLOOR = 1 + 2 + 16;

    private static final int BEGINS_ANEW = 1;
    private static final int FREED = 2;

    /**
     * One executed request.
     *
     * @param floor the client's, as in force once this was executed
     * @param latestDeadline the client's, likewise
     * @param beginsAnew what was known of the client had run out: nothing of before counts
     * @param finished ranges whose results are freed
     * @param isFreed it came with its shard, and the client had seen the result before
     * @param result encoded by {@link OutcomeCodec}; empty where it is freed
     */
    record Item(
            int shard,
            ClientId client,
            long sequence,
            long floor,
            long latestDeadline,
            boolean beginsAnew,
            List<RequestStamp.Range> finished,
            boolean isFreed,
            Bytes result) {
        Outcome outcome() {
            return OutcomeCodec.read(result.reader());
        }
    }

    Bytes encode() {
        ByteWriter writer = new ByteWriter(16 + items.size() * 48);
        writer.u8(VERSION).i64(logTime).varInt(items.size());
        for (Item item : items) {
            writer.u8((item.beginsAnew ? BEGINS_ANEW : 0) | (item.isFreed ? FREED : 0))
                    .u16(item.shard)
                    .i64(item.client.high())
                    .i64(item.client.low())
                    .varLong(item.floor)
                    .varLong(item.sequence - item.floor)
                    .signedVarLong(item.latestDeadline - logTime)
                    .varInt(item.finished.size());
            for (RequestStamp.Range range : item.finished) {
                writer.varLong(range.from()).varLong(range.to() - range.from());
            }
            writer.bytes(item.result);
        }
        return writer.toBytes();
    }

    static OutcomeRow decode(Bytes row) {
        ByteReader reader = open(row);
        long logTime = reader.i64();
        int count = reader.varInt(ITEMS_MAX);
        List<Item> items = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            items.add(item(reader, logTime));
        }
        reader.end();
        return new OutcomeRow(logTime, items);
    }

    /**
     * The results of some of a row's items, copied; nothing is made of the others. A row may have
     * thousands.
     *
     * @param ordinals of items that are not freed, ascending
     */
    static List<Bytes> results(Bytes row, Collection<Integer> ordinals) {
        ByteReader reader = open(row);
        reader.i64();
        int count = reader.varInt(ITEMS_MAX);
        List<Bytes> results = new ArrayList<>(ordinals.size());
        int next = 0;
        for (int ordinal : ordinals) {
            Invariant.check(
                    ordinal >= next && ordinal < count, "the row has that item", ordinal, count);
            for (; next < ordinal; next++) {
                skipToResult(reader);
                reader.skip(reader.varInt(RESULT_SIZE_MAX));
            }
            skipToResult(reader);
            results.add(reader.bytes(RESULT_SIZE_MAX).compact());
            next++;
        }
        return results;
    }

    private static void skipToResult(ByteReader reader) {
        reader.skip(BYTES_BEFORE_FLOOR);
        reader.varLong();
        reader.varLong();
        reader.signedVarLong();
        int rangeCount = reader.varInt(RequestStamp.FINISHED_MAX);
        for (int i = 0; i < rangeCount; i++) {
            reader.varLong();
            reader.varLong();
        }
    }

    private static ByteReader open(Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("outcomes of a version not known here: " + version);
        }
        return reader;
    }

    private static Item item(ByteReader reader, long logTime) {
        int flags = reader.u8();
        if ((flags & ~(BEGINS_ANEW | FREED)) != 0) {
            throw new MalformedException("an outcome with flags not known here: " + flags);
        }
        int shard = reader.u16();
        ClientId client = new ClientId(reader.i64(), reader.i64());
        long floor = reader.varLong();
        long sequence = floor + reader.varLong();
        long latestDeadline = logTime + reader.signedVarLong();
        int rangeCount = reader.varInt(RequestStamp.FINISHED_MAX);
        List<RequestStamp.Range> finished = new ArrayList<>(rangeCount);
        for (int i = 0; i < rangeCount; i++) {
            long from = reader.varLong();
            finished.add(new RequestStamp.Range(from, from + reader.varLong()));
        }
        return new Item(
                shard,
                client,
                sequence,
                floor,
                latestDeadline,
                (flags & BEGINS_ANEW) != 0,
                finished,
                (flags & FREED) != 0,
                reader.bytes(RESULT_SIZE_MAX));
    }
}
