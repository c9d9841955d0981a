package io.somekv.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what the steps since the last {@link Ready} call for. */
final class Effects {
    private final List<Message> messages = new ArrayList<>();
    private final List<Entry> committed = new ArrayList<>();
    private final List<Ready.Fetch> fetches = new ArrayList<>();
    private final List<ProposalResult> proposals = new ArrayList<>();
    private final List<ReadResult> reads = new ArrayList<>();
    private final List<Message.InstallSnapshot> pieces = new ArrayList<>();

    void send(Message message) {
        messages.add(message);
    }

    void commit(Entry entry) {
        committed.add(entry);
    }

    /** What was to be applied is in a snapshot that has been taken in. */
    void dropCommitted() {
        committed.clear();
    }

    void fetch(Ready.Fetch fetch) {
        fetches.add(fetch);
    }

    void takeIn(Message.InstallSnapshot piece) {
        pieces.add(piece);
    }

    void answer(ProposalResult result) {
        proposals.add(result);
    }

    void answer(ReadResult result) {
        reads.add(result);
    }

    /** Hands everything over and begins anew. */
    Ready take(Ready.@Nullable Persist persist) {
        Ready ready = new Ready(persist, messages, committed, fetches, proposals, reads, pieces);
        messages.clear();
        committed.clear();
        fetches.clear();
        proposals.clear();
        reads.clear();
        pieces.clear();
        return ready;
    }
}
