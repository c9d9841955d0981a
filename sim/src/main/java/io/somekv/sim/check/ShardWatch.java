package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.kv.Incoming;
import io.somekv.kv.Outgoing;
import io.somekv.kv.ShardStatus;
import io.somekv.kv.ShardView;
import io.somekv.kv.duplicates.MovedRecord;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * That a shard's data are somewhere at any time (DESIGN §7): each shard has a home, the generation
 * of rows in some group that is the shard. It moves on with {@code Own} alone, to what is the same;
 * until then it is served, frozen or handed over, and its rows are not dropped.
 */
final class ShardWatch {
    private record Home(GroupRows group, long generation) {
        boolean hasData(int shard) {
            return group.shard(shard).filter(ShardStatus::hasData).isPresent();
        }
    }

    private final TreeMap<Integer, Home> homes = new TreeMap<>();

    void applied(GroupRows.Step step) {
        if (!step.before().equals(step.after())) {
            for (ShardStatus state : step.after().states()) {
                follow(step, state);
            }
            step.after().incoming().forEach(move -> checkCame(step, move));
        }
        checkDrops(step);
    }

    private void follow(GroupRows.Step step, ShardStatus state) {
        GroupRows group = step.group();
        Home home = homes.get(state.shard());
        if (state.serving()) {
            Home next = new Home(group, state.generation());
            if (home != null && !next.equals(home)) {
                checkNext(step, state, home);
            }
            homes.put(state.shard(), next);
        } else if (home != null && home.group == group && state.hasData()) {
            checkKept(step, state, home);
        }
    }

    /** It is served under another generation than before, and maybe by another group. */
    private static void checkNext(GroupRows.Step step, ShardStatus state, Home home) {
        boolean servedBefore =
                GroupRows.find(step.before(), state.shard())
                        .filter(ShardStatus::serving)
                        .isPresent();
        boolean isCleared = home.group == step.group() && servedBefore;
        boolean isEmpty =
                home.group == step.group()
                        ? GroupRows.find(step.before(), state.shard())
                                .filter(ShardStatus::hasData)
                                .isEmpty()
                        : !home.hasData(state.shard());
        if (isCleared || isEmpty) {
            return;
        }
        if (isOwnedAndCleared(step, state) && isHandedOver(home, state.shard())) {
            return;
        }
        Optional<Incoming> staged =
                step.before().incoming().stream()
                        .filter(move ->
                                move.shard() == state.shard()
                                        && move.generation() == state.generation())
                        .findFirst();
        if (staged.isEmpty()) {
            throw breach(step, state.shard(), "begins anew what group " + id(home) + " has");
        }
        if (!isHandedOver(home, state.shard())) {
            throw breach(
                    step, state.shard(), "owns what group " + id(home) + " has not handed over");
        }
        // What was written in the same entry is no part of what was handed over.
        boolean isWritten =
                step.executed().stream().anyMatch(each -> each.shard() == state.shard());
        if (!isWritten) {
            checkSame(step, state, home);
        }
    }

    /**
     * The entry by which the group owns what was staged holds a client's request to clear it, too:
     * only the generation that is begun then is seen.
     */
    private static boolean isOwnedAndCleared(GroupRows.Step step, ShardStatus state) {
        return step.executed().stream().anyMatch(each -> each.shard() == state.shard())
                && step.before().incoming().stream()
                        .filter(move -> move.shard() == state.shard() && move.isPrepared())
                        .anyMatch(move -> isOwned(step.after(), move));
    }

    private static boolean isOwned(ShardView view, Incoming prepared) {
        return view.incoming().stream()
                .anyMatch(move ->
                        move.shard() == prepared.shard()
                                && move.copyId() == prepared.copyId()
                                && move.isOwned());
    }

    private static boolean isHandedOver(Home home, int shard) {
        return home.group.shards().outgoing().stream()
                .anyMatch(move -> isHandedOver(move, shard, home.generation));
    }

    private static boolean isHandedOver(Outgoing move, int shard, long generation) {
        return move.shard() == shard
                && move.generation() == generation
                && move.phase() == Outgoing.Phase.HANDED_OVER;
    }

    /** What comes has every key and every record of what was, as far as time has not ended it. */
    private static void checkSame(GroupRows.Step step, ShardStatus state, Home home) {
        int shard = state.shard();
        long logTime = Math.max(home.group.logTime(), step.group().logTime());
        NavigableMap<Bytes, Bytes> was = home.group.keys(shard, home.generation, logTime);
        NavigableMap<Bytes, Bytes> is = step.group().keys(shard, state.generation(), logTime);
        if (!was.equals(is)) {
            throw breach(
                    step,
                    shard,
                    "owns other rows than group "
                            + id(home)
                            + " has handed over: "
                            + is
                            + " for "
                            + was);
        }
        List<MovedRecord> records = step.group().records(shard);
        for (MovedRecord record : home.group.records(shard)) {
            boolean isThere =
                    record.latestDeadline() < logTime
                            || records.stream()
                                    .anyMatch(one ->
                                            one.client().equals(record.client())
                                                    && one.sequence() == record.sequence());
            if (!isThere) {
                throw breach(step, shard, "owns it without " + record);
            }
        }
    }

    private static void checkCame(GroupRows.Step step, Incoming move) {
        if (move.state() == Incoming.State.DIFFERS) {
            throw breach(
                    step,
                    move.shard(),
                    "finds other rows than group " + move.sourceGroup() + " has handed over");
        }
    }

    private static void checkKept(GroupRows.Step step, ShardStatus state, Home home) {
        if (!isHandedOver(home, state.shard())) {
            throw breach(step, state.shard(), "has given up what is nowhere else");
        }
    }

    private void checkDrops(GroupRows.Step step) {
        for (var change : step.changes()) {
            homes.forEach((shard, home) -> {
                if (home.group == step.group()
                        && home.hasData(shard)
                        && step.group().drops(change, shard, home.generation)) {
                    throw breach(step, shard, "drops rows that are nowhere else");
                }
            });
        }
    }

    private static long id(Home home) {
        return home.group.groupId();
    }

    private static Breach breach(GroupRows.Step step, int shard, String what) {
        return new Breach(
                "shard "
                        + shard
                        + ": group "
                        + step.group().groupId()
                        + " at "
                        + step.index()
                        + " "
                        + what);
    }
}
