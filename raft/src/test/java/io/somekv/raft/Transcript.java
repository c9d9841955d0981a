package io.somekv.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Writes down what replicas asked for, one effect a line, as text cases expect it. */
final class Transcript {
    private final List<String> lines = new ArrayList<>();
    private final TreeMap<Integer, EntryId> bases = new TreeMap<>();

    void note(int id, Ready ready) {
        Ready.Persist persist = ready.persist();
        if (persist != null) {
            HardState state = persist.hardState();
            lines.add(
                    "%d persists #%d term %d vote %d commit %d%s%s%s"
                            .formatted(
                                    id,
                                    persist.mark().number(),
                                    state.term(),
                                    state.votedFor(),
                                    state.commit(),
                                    persist.truncateFrom() == 0
                                            ? ""
                                            : ", cuts from " + persist.truncateFrom(),
                                    persist.base().equals(bases.put(id, persist.base()))
                                                    || persist.base().equals(EntryId.ZERO)
                                            ? ""
                                            : ", begins behind " + at(persist.base()),
                                    persist.entries().isEmpty()
                                            ? ""
                                            : ", appends " + entries(persist.entries())));
        }
        for (Message message : ready.messages()) {
            lines.add(text(message));
        }
        if (!ready.committed().isEmpty()) {
            lines.add(id + " hands out " + entries(ready.committed()));
        }
        for (Ready.Fetch fetch : ready.fetches()) {
            lines.add(
                    "%d fetches %d..%d for %d"
                            .formatted(id, fetch.from(), fetch.to(), fetch.replicaId()));
        }
        for (ProposalResult result : ready.proposals()) {
            lines.add(
                    switch (result) {
                        case ProposalResult.Appended r -> id + " proposal: " + at(r.id());
                        case ProposalResult.NotLeader r ->
                                id + " proposal: not leader, ask " + r.leaderHint();
                        case ProposalResult.Busy _ -> id + " proposal: busy";
                        case ProposalResult.Refused r -> id + " refused: " + r.reason();
                    });
        }
        for (ReadResult result : ready.reads()) {
            lines.add(
                    switch (result) {
                        case ReadResult.Confirmed r ->
                                "%d read %d: at %d".formatted(id, r.token(), r.index());
                        case ReadResult.NotLeader r ->
                                "%d read %d: not leader, ask %d"
                                        .formatted(id, r.token(), r.leaderHint());
                    });
        }
    }

    /** The lines since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    static String text(Message message) {
        String way = message.from() + "->" + message.to() + " ";
        return way
                + switch (message) {
                    case Message.PreVote m ->
                            "PreVote term %d last %s".formatted(m.term(), at(m.last()));
                    case Message.PreVoteReply m ->
                            "PreVoteReply term %d (own %d) %s"
                                    .formatted(m.term(), m.voterTerm(), m.granted() ? "yes" : "no");
                    case Message.RequestVote m ->
                            "RequestVote term %d last %s%s"
                                    .formatted(
                                            m.term(),
                                            at(m.last()),
                                            m.byTransfer() ? " by transfer" : "");
                    case Message.RequestVoteReply m ->
                            "RequestVoteReply term %d %s"
                                    .formatted(m.term(), m.granted() ? "yes" : "no");
                    case Message.AppendEntries m ->
                            "AppendEntries term %d after %s [%s] commit %d round %d"
                                    .formatted(
                                            m.term(),
                                            at(m.previous()),
                                            entries(m.entries()),
                                            m.commit(),
                                            m.round());
                    case Message.AppendAccepted m ->
                            "AppendAccepted term %d match %d round %d"
                                    .formatted(m.term(), m.matchIndex(), m.round());
                    case Message.AppendRejected m ->
                            "AppendRejected term %d at %s hint %s round %d"
                                    .formatted(m.term(), at(m.rejected()), at(m.hint()), m.round());
                    case Message.Quiesce m ->
                            "Quiesce term %d at %s round %d"
                                    .formatted(m.term(), at(m.last()), m.round());
                    case Message.ReadIndex m ->
                            "ReadIndex term %d number %d"
                                    .formatted(m.term(), m.question().number());
                    case Message.ReadIndexReply m ->
                            "ReadIndexReply term %d number %d at %d"
                                    .formatted(m.term(), m.question().number(), m.index());
                    case Message.TimeoutNow m -> "TimeoutNow term %d".formatted(m.term());
                    case Message.Introduce m ->
                            "Introduce term %d {%s}".formatted(m.term(), members(m.membership()));
                    case Message.Inquiry m -> "Inquiry term %d".formatted(m.term());
                    case Message.Gone m -> "Gone term %d".formatted(m.term());
                    case Message.InstallSnapshot m ->
                            "InstallSnapshot term %d of %s part %d%s"
                                    .formatted(
                                            m.term(),
                                            at(m.snapshot().base()),
                                            m.part(),
                                            m.isLast() ? ", the last" : "");
                    case Message.SnapshotAccepted m ->
                            "SnapshotAccepted term %d of %s, next %d"
                                    .formatted(m.term(), at(m.base()), m.nextPart());
                };
    }

    /** Voters, then outgoing ones, then learners, by replica id. */
    static String members(Membership membership) {
        StringBuilder text = new StringBuilder("voters");
        membership.voters().forEach(m -> text.append(' ').append(m.replicaId()));
        if (membership.isJoint()) {
            text.append(", outgoing");
            membership.outgoing().forEach(m -> text.append(' ').append(m.replicaId()));
        }
        for (Membership.Learner learner : membership.learners()) {
            text.append(", learner ").append(learner.member().replicaId());
            if (learner.replaces() != 0) {
                text.append(" for ").append(learner.replaces());
            }
        }
        return text.toString();
    }

    /** An entry id as term/index. */
    static String at(EntryId id) {
        return id.term() + "/" + id.index();
    }

    static String entries(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            text.append(text.isEmpty() ? "" : " ").append(at(entry.id()));
            String payload = entry.payload().toUtf8();
            if (entry.kind() == EntryKind.COMMANDS && !payload.isEmpty()) {
                boolean isLong = payload.length() > 12;
                text.append(':').append(isLong ? payload.charAt(0) + "…" : payload);
            } else if (entry.kind() == EntryKind.MEMBERSHIP) {
                Membership membership = MembershipCodec.decode(entry.payload().reader());
                text.append(":{").append(members(membership)).append('}');
            } else {
                text.append(':').append(entry.kind() == EntryKind.NOOP ? "noop" : "time");
            }
        }
        return text.toString();
    }
}
