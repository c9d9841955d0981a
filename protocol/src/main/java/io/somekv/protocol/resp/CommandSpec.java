package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A row of the command table: what COMMAND tells about a command, and what it does.
 *
 * @param name in lower case
 * @param arity number of arguments, the name included; at least {@code -arity} if negative
 * @param flags as Redis names them, in lower case
 * @param keys where its keys stand
 * @param since the Redis version that has it
 */
record CommandSpec(
        String name,
        int arity,
        List<String> flags,
        Keys keys,
        String since,
        Group group,
        String summary,
        Handler handler) {
    /** What COMMAND DOCS sorts by. */
    enum Group {
        CONNECTION,
        SERVER,
        STRING,
        GENERIC,
        CLUSTER;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Positions of keys among the arguments.
     *
     * @param first 0 for no keys
     * @param last counted from the end if negative
     */
    record Keys(int first, int last, int step) {
        static final Keys NONE = new Keys(0, 0, 0);
        static final Keys ONE = new Keys(1, 1, 1);
        static final Keys ALL = new Keys(1, -1, 1);
        static final Keys EVERY_SECOND = new Keys(1, -1, 2);

        /** The keys among {@code arguments}, whose number the command accepts. */
        List<Bytes> of(List<Bytes> arguments) {
            List<Bytes> keys = new ArrayList<>();
            int through = Math.min(lastOf(arguments.size()), arguments.size() - 1);
            for (int i = first; first > 0 && i <= through; i += step) {
                keys.add(arguments.get(i));
            }
            return keys;
        }

        /** Whether the keys among {@code arguments} lie in more slots than one. */
        boolean crossSlots(List<Bytes> arguments) {
            if (first == last || first == 0) {
                return false;
            }
            int through = Math.min(lastOf(arguments.size()), arguments.size() - 1);
            if (through < first + step) {
                return false;
            }
            int slot = Slots.slotOf(arguments.get(first));
            for (int i = first + step; i <= through; i += step) {
                if (Slots.slotOf(arguments.get(i)) != slot) {
                    return true;
                }
            }
            return false;
        }

        private int lastOf(int argumentCount) {
            return last < 0 ? argumentCount + last : last;
        }
    }

    /** Turns a call of the right arity into what is to be done. */
    @FunctionalInterface
    interface Handler {
        RespAction handle(RespCall call);
    }

    CommandSpec {
        flags = List.copyOf(flags);
    }

    boolean accepts(int argumentCount) {
        return arity >= 0 ? argumentCount == arity : argumentCount >= -arity;
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }
}
