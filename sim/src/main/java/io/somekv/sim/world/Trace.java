package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What happened, as a hash over every event, and as text for people where a reader is given. Text
 * is made only then: the hash is cheap enough for every run, the text is for the run that failed.
 */
public final class Trace {
    /** What kind of event it was. */
    public enum Kind {
        INPUT,
        SEND,
        DELIVER,
        DROP,
        WRITE,
        SYNC,
        APPLY,
        ANSWER,
        CRASH,
        START,
        FAULT,
        CLIENT
    }

    private final Timeline timeline;
    private final Consumer<String> reader;
    private final boolean readable;
    private final Hash64 hash = new Hash64();

    private Trace(Timeline timeline, Consumer<String> reader, boolean readable) {
        this.timeline = timeline;
        this.reader = reader;
        this.readable = readable;
    }

    /** Only the hash. */
    static Trace hashOnly(Timeline timeline) {
        return new Trace(timeline, _ -> {}, false);
    }

    /** Each event as a line, too. */
    static Trace readable(Timeline timeline, Consumer<String> reader) {
        return new Trace(timeline, reader, true);
    }

    /**
     * Takes note of an event.
     *
     * @param who node, client, or 0 for the world
     * @param digest of what it was about
     */
    public void event(Kind kind, long who, long digest, Supplier<String> text) {
        hash.add(timeline.now()).add(((long) kind.name().hashCode() << 16) ^ who).add(digest);
        if (readable) {
            reader.accept(line(kind, who, text.get()));
        }
    }

    /** A line for people that says nothing new: no part of the hash. */
    public void remark(Supplier<String> text) {
        if (readable) {
            reader.accept("             " + text.get());
        }
    }

    /** Hash of all events so far. */
    public long hash() {
        return hash.value();
    }

    static long digest(Bytes bytes) {
        return new Hash64().add(bytes).value();
    }

    private String line(Kind kind, long who, String text) {
        long micros = timeline.now() / 1000;
        return String.format(
                java.util.Locale.ROOT,
                "%4d.%06d %-8s %s%s",
                micros / 1_000_000,
                micros % 1_000_000,
                kind.name().toLowerCase(java.util.Locale.ROOT),
                who == 0 ? "" : (who < CLIENTS_FROM ? "node " + who : "client " + who) + "  ",
                text);
    }

    /** Ids of clients begin here; nodes have smaller ones. */
    static final long CLIENTS_FROM = 100;

    /** Of these, the ones with an address of their own on the network. */
    static final long SESSIONS_FROM = 200;
}
