package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What clients work on, and what is judged as one object: a key, or the keys of one shard that
 * commands name together.
 *
 * @param shard where all its keys lie, if nothing else lies there: it may be cleared and counted
 */
record Subject(Kind kind, Bytes name, List<Bytes> keys, OptionalInt shard) {
    enum Kind {
        /** Takes every command of a single key but those about expiry. */
        ANY,
        /** Is only appended to and read: its last value tells what was executed and how often. */
        LOG,
        /** Has an expiry, now and then. */
        TIMED,
        /** Two keys. */
        PAIR
    }

    private static final int TAGS_TRIED = 64;

    /** Half of the keys are {@code ANY}, half {@code LOG}; others come on top. */
    static List<Subject> of(Scenario scenario) {
        List<Subject> subjects = new ArrayList<>();
        for (int i = 0; i < scenario.keys(); i++) {
            subjects.add(
                    single(i % 2 == 0 ? Kind.ANY : Kind.LOG, (i % 2 == 0 ? "any" : "log") + i));
        }
        for (int i = 0; i < scenario.timed(); i++) {
            subjects.add(single(Kind.TIMED, "ttl" + i));
        }
        if (scenario.pair()) {
            subjects.add(pair(subjects, scenario.shards()));
        }
        return List.copyOf(subjects);
    }

    private static Subject single(Kind kind, String key) {
        Bytes bytes = Bytes.utf8(key);
        return new Subject(kind, bytes, List.of(bytes), OptionalInt.empty());
    }

    /** In a shard of its own, if one is found that has no other subject. */
    private static Subject pair(List<Subject> others, int shards) {
        for (int i = 0; i < TAGS_TRIED; i++) {
            Bytes key = Bytes.utf8("{f" + i + "}a");
            int shard = Slots.shardOf(key, shards);
            boolean isFree = others.stream().allMatch(o -> Slots.shardOf(o.name, shards) != shard);
            if (isFree) {
                return pair("{f" + i + "}", OptionalInt.of(shard));
            }
        }
        return pair("{f}", OptionalInt.empty());
    }

    private static Subject pair(String tag, OptionalInt shard) {
        List<Bytes> keys = List.of(Bytes.utf8(tag + "a"), Bytes.utf8(tag + "b"));
        return new Subject(Kind.PAIR, Bytes.utf8(tag), keys, shard);
    }
}
