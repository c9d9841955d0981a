package io.somekv.kv.engine;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.MalformedException;

/**
 * The rows of a store in pieces, for a snapshot (Raft §7; bytes in docs/FORMATS.md). A store that
 * holds the same rows is cut into the same pieces everywhere, so a transfer that broke off goes on
 * with the next piece.
 *
 * <p>Each piece carries a digest over itself and all before it, so that what is put together at the
 * other end is what was read at this one.
 */
public final class StoreReader {
    private static final int VERSION = 1;

    /**
     * Where the next piece begins.
     *
     * @param after key of the last row before, without its store; empty for the first piece
     * @param digest over the pieces before
     */
    public record Cursor(Bytes after, long digest) {
        public static final Cursor START = new Cursor(Bytes.EMPTY, 0);
    }

    /**
     * @param next where the piece behind this one begins
     */
    public record Piece(Bytes rows, Cursor next, boolean isLast) {}

    private StoreReader() {}

    /**
     * Reads the piece at {@code from}: rows until they take {@code sizeMax} bytes, at least one.
     * The applied index is no part of it: that is for whoever installs the snapshot to say.
     */
    public static Piece read(Engine.Pin pin, long storeId, Cursor from, int sizeMax) {
        ByteWriter rows = new ByteWriter(Math.min(sizeMax, 1 << 20));
        rows.u8(VERSION);
        Bytes[] last = {from.after()};
        boolean[] more = {false};
        Bytes applied = EngineKey.applied(storeId);
        pin.scan(
                EngineKey.inStore(storeId, from.after()),
                EngineKey.firstOfStore(storeId + 1),
                (key, value) -> {
                    Bytes rest = EngineKey.withoutStore(key);
                    if (key.equals(applied) || rest.equals(from.after())) {
                        return true;
                    }
                    int size = rows.size() + rest.size() + value.size();
                    if (rows.size() > 1 && size > sizeMax) {
                        more[0] = true;
                        return false;
                    }
                    rows.bytes(rest).bytes(value);
                    last[0] = rest;
                    return true;
                });
        Bytes piece = rows.toBytes();
        return new Piece(piece, new Cursor(last[0], chain(from.digest(), piece)), !more[0]);
    }

    /**
     * Puts the rows of a piece into a store that is being filled.
     *
     * @throws MalformedException when these are no rows
     */
    public static void add(Bytes piece, long storeId, Engine.Staging staging) {
        ByteReader reader = piece.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("rows of version " + version);
        }
        while (reader.remaining() > 0) {
            Bytes rest = reader.bytes(reader.remaining());
            staging.add(EngineKey.inStore(storeId, rest), reader.bytes(reader.remaining()));
        }
    }

    /** The digest over a piece and those before it. */
    public static long chain(long before, Bytes piece) {
        return new Hash64().add(before).add(piece).value();
    }
}
