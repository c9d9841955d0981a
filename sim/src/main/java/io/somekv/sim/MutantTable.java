package io.somekv.sim;

import io.somekv.base.Mutation;
import io.somekv.sim.world.Scenario;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How long the simulator takes to find each bug that {@link Mutation} can put back: the evidence
 * that a run without a failure means something.
 */
final class MutantTable {
    /** Searches for a mutant begin at this many different seeds; the median counts. */
    static final int SEARCHES = 3;

    private static final long SEARCH_DISTANCE = 1_000_000;

    /**
     * One mutant and what became of the searches.
     *
     * @param seeds runs until it was found, by search, ascending; as many as were allowed where it
     *     was not
     * @param seenBy what the failing run of the first search reported
     */
    record Row(Mutation mutation, List<Long> seeds, boolean found, String seenBy) {
        String markdown() {
            String median = found ? String.valueOf(seeds.get(seeds.size() / 2)) : "not found";
            return "| "
                    + knownBug(mutation)
                    + " | `"
                    + mutation
                    + "` | "
                    + median
                    + " | "
                    + String.join(", ", seeds.stream().map(String::valueOf).toList())
                    + " | "
                    + seenBy
                    + " |";
        }
    }

    static final String HEADER =
            """
            | row of KNOWN-BUGS | mutation | median of seeds to detection | searches | seen by |
            |---|---|---|---|---|\
            """;

    private MutantTable() {}

    static Row search(Mutation mutation, Scenario.Draw draw, long seedsMax, int threads)
            throws InterruptedException {
        List<Long> seeds = new ArrayList<>();
        boolean found = true;
        Optional<String> seenBy = Optional.empty();
        for (int search = 0; search < SEARCHES; search++) {
            long first = 1 + search * SEARCH_DISTANCE;
            Campaign.Plan plan =
                    new Campaign.Plan(
                            first, seedsMax, Long.MAX_VALUE, threads, draw, EnumSet.of(mutation));
            Optional<RunResult> failure = Campaign.run(plan, _ -> {}).failure();
            found &= failure.isPresent();
            seeds.add(failure.map(result -> result.seed() - first + 1).orElse(seedsMax));
            seenBy = seenBy.or(() -> failure.flatMap(RunResult::failure));
        }
        Collections.sort(seeds);
        return new Row(mutation, seeds, found, shorten(seenBy.orElse("nobody")));
    }

    /** The kind of breach, without the numbers of the run. */
    private static String shorten(String seenBy) {
        String line = seenBy.lines().findFirst().orElse("").replaceAll("[0-9]+", "N");
        String text = line.length() <= 90 ? line : line.substring(0, 90) + "…";
        return text.replace("|", "/").toLowerCase(Locale.ROOT);
    }

    private static String knownBug(Mutation mutation) {
        return switch (mutation) {
            case COMMIT_OLD_TERM -> "1";
            case CHANGE_BEFORE_OWN_TERM -> "2";
            case JOINT_LEFT_UNCOMMITTED -> "4";
            case COUNT_MESSAGES_AS_VOTES -> "10";
            case VOTE_BEFORE_DURABLE -> "14";
            case ACKNOWLEDGE_BEFORE_DURABLE -> "15";
            case RETRY_FAILED_SYNC -> "16";
            case NO_DIRECTORY_SYNC -> "17";
            case CUT_CORRUPTION -> "19";
            case LATE_STORAGE_ACKNOWLEDGEMENT -> "21";
            case COMMIT_TAKEN_FOR_APPLIED -> "25";
            case APPLIED_NOT_ATOMIC -> "26";
            case OLDER_SNAPSHOT_INSTALLED -> "27";
            case SNAPSHOT_WITHOUT_MEMBERSHIP -> "29";
            case READ_BEFORE_OWN_TERM -> "31";
            case READ_JOINS_RUNNING_ROUND -> "32";
            case LEASE_WITHOUT_DRIFT -> "33";
            case LEASE_KEPT_ON_TRANSFER -> "34";
            case REPLICA_ID_REUSED -> "41";
            case RETRY_UNDER_NEW_ID -> "46";
            case RECORDS_LEFT_BEHIND -> "38";
            case DROPPED_WHEN_UNFROZEN -> "42";
            case OLD_GENERATION_REUSED -> "48";
            case OWNED_AFTER_UNFREEZE -> "49";
            case VOID_FREEZE_HANDED_OVER,
                    DELETIONS_NOT_COPIED,
                    RELEASED_BEFORE_OWNED,
                    ORIGINALS_NOT_KEPT,
                    PROMISED_WHILE_PREPARED,
                    PROMISED_BACKWARDS ->
                    "decision 0011";
            case CALL_COUNTED_TWICE -> "decision 0003";
            case ACKNOWLEDGEMENT_FREES_FENCE -> "47";
            case RECORD_EXPIRES_EARLY -> "39";
            case IDLE_GROUP_KEEPS_KEYS -> "51";
            case FORWARDER_ID_REUSED -> "54";
            case QUIET_WITHOUT_WHOLE_LOG, QUIET_NOT_WOKEN -> "decision 0007";
        };
    }
}
