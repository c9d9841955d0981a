package io.somekv.raft;

import io.somekv.base.MalformedException;
import java.util.List;

/** Whether what a message says can be at all, whoever sent it. */
final class MessageCheck {
    private MessageCheck() {}

    static boolean isWellFormed(Message message) {
        return switch (message) {
            case Message.AppendEntries append -> isWellFormed(append);
            case Message.Quiesce quiesce ->
                    quiesce.last().term() == quiesce.term() && quiesce.last().index() > 0;
            default -> true;
        };
    }

    /** Entries follow {@code previous} and each other, in index and in term. */
    private static boolean isWellFormed(Message.AppendEntries message) {
        EntryId before = message.previous();
        List<Entry> entries = message.entries();
        for (int i = 0; i < entries.size(); i++) {
            EntryId id = entries.get(i).id();
            if (id.index() != before.index() + 1 || id.term() < before.term() || id.term() == 0) {
                return false;
            }
            if (entries.get(i).kind() == EntryKind.MEMBERSHIP && !isMembership(entries.get(i))) {
                return false;
            }
            before = id;
        }
        return before.term() <= message.term() && before.index() >= 0 && message.commit() >= 0;
    }

    private static boolean isMembership(Entry entry) {
        try {
            MembershipCodec.decode(entry.payload().reader());
            return true;
        } catch (MalformedException malformed) {
            return false;
        }
    }
}
