package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.v1.IncomingShard;
import io.somekv.protocol.v1.ReplicaStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** The shards that are on their way from group to group, as the leaders of their targets say. */
final class MovePicture {
    private static final int BAR_WIDTH = 20;

    /** Not begun: its target takes in others first, or has no leader. */
    private static final String WAITING = "WAITING";

    /** Its target serves it, with other rows than its source has handed over. */
    private static final String DIFFERS = "DIFFERS";

    /** It is copied, and stays where it is, since clocks are wrong. */
    private static final String AWAITING_TIME = "AWAITING_TIME";

    /** Of one shard the oldest first. */
    private static final Comparator<SeenMove> BY_SHARD =
            Comparator.comparingInt(SeenMove::shard)
                    .thenComparing(SeenMove::isHandedOver, Comparator.reverseOrder())
                    .thenComparingLong(SeenMove::config)
                    .thenComparingLong(SeenMove::to);

    private final MoveSettings settings;
    private final List<SeenMove> moves;
    private final long takenNanos;

    /**
     * One shard on its way.
     *
     * @param config from which on its target is to own it; of one that waits, from which on it is
     *     served where it is
     */
    record SeenMove(
            int shard, long config, long from, long to, String phase, long bytes, long bytesLeft) {
        /** It is the target's, or may be. */
        boolean isHandedOver() {
            return switch (phase) {
                case "PREPARED", "RELEASING", DIFFERS -> true;
                default -> false;
            };
        }

        /** Whether another is what this one, which waited by the map, has become. */
        private boolean isBegunAs(SeenMove other) {
            return other.shard == shard && other.to == to && other.config > config;
        }

        boolean differs() {
            return phase.equals(DIFFERS);
        }

        private OptionalLong percent() {
            long all = bytes + bytesLeft;
            return switch (phase) {
                case WAITING -> OptionalLong.empty();
                case "COPYING" ->
                        all == 0 ? OptionalLong.empty() : OptionalLong.of(99 * bytes / all);
                case "RELEASING", DIFFERS -> OptionalLong.of(100);
                default -> OptionalLong.of(99);
            };
        }
    }

    /**
     * @param takenNanos when it was seen, by a clock that knows no date
     */
    MovePicture(MoveSettings settings, List<SeenMove> moves, long takenNanos) {
        this.settings = settings;
        this.moves = List.copyOf(moves);
        this.takenNanos = takenNanos;
    }

    /** A shard may be copied on, or wait for it, while a move before is not yet released. */
    static MovePicture of(ClusterPicture picture) {
        List<SeenMove> moves = new ArrayList<>();
        for (long group : picture.groups()) {
            for (IncomingShard shard : incoming(picture, group)) {
                moves.add(seen(group, shard));
            }
        }
        for (SeenMove move : picture.map().map(MovePicture::waiting).orElse(List.of())) {
            if (moves.stream().noneMatch(move::isBegunAs)) {
                moves.add(move);
            }
        }
        moves.sort(BY_SHARD);
        return new MovePicture(
                picture.map().map(ClusterMap::moves).orElse(MoveSettings.DEFAULT),
                moves,
                System.nanoTime());
    }

    private static List<IncomingShard> incoming(ClusterPicture picture, long group) {
        Optional<ReplicaStatus> leader = picture.leaderReplica(group);
        return leader.map(ReplicaStatus::getIncomingList).orElse(List.of());
    }

    private static SeenMove seen(long group, IncomingShard shard) {
        return new SeenMove(
                shard.getShard(),
                shard.getConfig(),
                shard.getSourceGroup(),
                group,
                shard.getPhase(),
                shard.getBytes(),
                shard.getBytesLeft());
    }

    private static List<SeenMove> waiting(ClusterMap map) {
        List<SeenMove> waiting = new ArrayList<>();
        for (int shard = 0; shard < map.config().shardCount(); shard++) {
            long owner = map.config().owner(shard);
            Served served = map.served(shard);
            boolean isOnItsWay =
                    owner != ShardConfig.UNASSIGNED
                            && served.groupId() != ShardConfig.UNASSIGNED
                            && served.groupId() != owner;
            if (isOnItsWay) {
                waiting.add(
                        new SeenMove(
                                shard, served.config(), served.groupId(), owner, WAITING, 0, 0));
            }
        }
        return waiting;
    }

    /** The same, under settings that nodes may not have heard of yet. */
    MovePicture under(MoveSettings now) {
        return new MovePicture(now, moves, takenNanos);
    }

    MoveSettings settings() {
        return settings;
    }

    List<SeenMove> moves() {
        return moves;
    }

    /** Whether a second look would say how fast it goes. */
    boolean anyIsCopied() {
        return moves.stream().anyMatch(move -> move.phase.equals("COPYING"));
    }

    /** Bytes a second since an earlier look; empty where that did not see it copied. */
    private OptionalLong rate(SeenMove move, MovePicture earlier) {
        double seconds = (takenNanos - earlier.takenNanos) / 1e9;
        for (SeenMove before : earlier.moves) {
            boolean isSame =
                    before.shard == move.shard
                            && before.to == move.to
                            && before.config == move.config;
            if (isSame && move.bytes > before.bytes) {
                return OptionalLong.of((long) ((move.bytes - before.bytes) / seconds));
            }
        }
        return OptionalLong.empty();
    }

    /**
     * @param earlier a look some time ago, for rates; this one where there is none
     * @param withBars for a terminal
     */
    String table(MovePicture earlier, boolean withBars) {
        StringBuilder text = new StringBuilder();
        if (moves.isEmpty()) {
            text.append("no shard is on its way\n");
        } else {
            TextTable table =
                    withBars
                            ? new TextTable(
                                    "SHARD", "FROM", "TO", "PHASE", "", "COPIED", "RATE", "LEFT")
                            : new TextTable(
                                    "SHARD", "FROM", "TO", "PHASE", "COPIED", "RATE", "LEFT");
            moves.forEach(move -> row(table, move, earlier, withBars));
            text.append(table);
        }
        moves.stream().filter(SeenMove::differs).forEach(move -> text.append(adviceOnRows(move)));
        awaitingTime().values().forEach(waiting -> text.append(adviceOnClocks(waiting)));
        return text.append(limits()).append('\n').toString();
    }

    private static String adviceOnRows(SeenMove move) {
        return """
        shard %1$d: group %3$d has other rows of it than group %2$d has handed over.
        Group %2$d keeps its rows; they are compared again each minute, by who leads.
        Have another replica of either group lead ('somekv group transfer'): where they
        agree then, the one that led before is damaged, and its node is to be given an
        empty disk ('somekv node replace')
        """
                .formatted(move.shard, move.from, move.to);
    }

    /** By the groups that they are on their way between: what is to be done is the same for all. */
    private Map<List<Long>, List<SeenMove>> awaitingTime() {
        return moves.stream()
                .filter(move -> move.phase.equals(AWAITING_TIME))
                .collect(
                        Collectors.groupingBy(
                                move -> List.of(move.from, move.to),
                                LinkedHashMap::new,
                                Collectors.toList()));
    }

    private static String adviceOnClocks(List<SeenMove> waiting) {
        String shards = IdRuns.text(waiting.stream().map(move -> (long) move.shard).toList());
        SeenMove any = waiting.getFirst();
        return """
        %1$s with group %2$d for now: the time of group %3$d is far behind, since
        the clock of one of its nodes is slow, or that of a node of group %2$d fast. Set
        the clocks of all nodes right: where one was slow, what waits moves then; where
        one was fast, after as long as it was ahead
        """
                .formatted(
                        (waiting.size() == 1 ? "shard %s stays" : "shards %s stay")
                                .formatted(shards),
                        any.from,
                        any.to);
    }

    private void row(TextTable table, SeenMove move, MovePicture earlier, boolean withBars) {
        List<String> cells = new ArrayList<>();
        cells.add(Integer.toString(move.shard));
        cells.add(Long.toString(move.from));
        cells.add(Long.toString(move.to));
        cells.add(phase(move));
        if (withBars) {
            cells.add(bar(move));
        }
        OptionalLong rate = rate(move, earlier);
        boolean isCopied = move.phase.equals("COPYING");
        cells.add(move.bytes == 0 ? "" : copied(move));
        cells.add(rate.isPresent() ? size(rate.getAsLong()) + "/s" : "");
        cells.add(
                isCopied && rate.isPresent() && rate.getAsLong() > 0
                        ? move.bytesLeft / rate.getAsLong() + " s"
                        : "");
        table.row(cells.toArray(String[]::new));
    }

    private String phase(SeenMove move) {
        boolean isHeldUp = settings.isPaused(move.shard) && !move.isHandedOver();
        return ClusterPicture.lower(move.phase).replace('_', ' ') + (isHeldUp ? ", paused" : "");
    }

    private static String copied(SeenMove move) {
        return move.phase.equals("COPYING")
                ? size(move.bytes) + " of " + size(move.bytes + move.bytesLeft)
                : size(move.bytes);
    }

    private static String bar(SeenMove move) {
        OptionalLong percent = move.percent();
        if (percent.isEmpty()) {
            return "";
        }
        int full = (int) (percent.getAsLong() * BAR_WIDTH / 100);
        return "#".repeat(full) + ".".repeat(BAR_WIDTH - full) + " " + percent.getAsLong() + " %";
    }

    private String limits() {
        String text =
                "at most "
                        + settings.transfersMax()
                        + (settings.transfersMax() == 1 ? " shard" : " shards")
                        + " a group at a time, "
                        + size(settings.bytesPerSecondMax())
                        + "/s a lane";
        if (settings.isPaused()) {
            return text + "; all moves are paused";
        }
        return settings.pausedShards().isEmpty()
                ? text
                : text
                        + "; paused: "
                        + IdRuns.text(
                                settings.pausedShards().stream().map(Integer::longValue).toList());
    }

    static String size(long bytes) {
        return bytes < 10 << 20
                ? ((bytes + 1023) >> 10) + " KiB"
                : String.format(Locale.ROOT, "%d MiB", bytes >> 20);
    }

    String json(MovePicture earlier) {
        Json json = new Json().beginObject().name("moves").beginArray();
        for (SeenMove move : moves) {
            json.beginObject().name("shard").number(move.shard);
            json.name("from").number(move.from).name("to").number(move.to);
            json.name("phase").string(ClusterPicture.lower(move.phase));
            json.name("paused").bool(settings.isPaused(move.shard));
            json.name("bytes").number(move.bytes).name("bytes_left").number(move.bytesLeft);
            rate(move, earlier).ifPresent(rate -> json.name("bytes_per_second").number(rate));
            json.endObject();
        }
        json.endArray().name("at_once").number(settings.transfersMax());
        json.name("bytes_per_second_max").number(settings.bytesPerSecondMax());
        json.name("paused").bool(settings.isPaused()).name("paused_shards").beginArray();
        settings.pausedShards().forEach(json::number);
        return json.endArray().endObject() + System.lineSeparator();
    }
}
