package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each bug that can be put back into this module makes the text case of its row fail. */
final class MutationsTest {
    @ParameterizedTest
    @CsvSource({
        "COMMIT_OLD_TERM, kb-1-figure-8",
        "CHANGE_BEFORE_OWN_TERM, kb-2-change-before-own-term",
        "JOINT_LEFT_UNCOMMITTED, kb-4-joint-left-when-committed",
        "COUNT_MESSAGES_AS_VOTES, kb-10-late-and-double-votes",
        "VOTE_BEFORE_DURABLE, kb-14-crash-before-vote-is-durable",
        "ACKNOWLEDGE_BEFORE_DURABLE, kb-15-crash-before-sync",
        "ACKNOWLEDGE_BEFORE_DURABLE, kb-15-single-voter",
        "LATE_STORAGE_ACKNOWLEDGEMENT, kb-21-late-storage-acknowledgement",
        "OLDER_SNAPSHOT_INSTALLED, kb-27-older-snapshot-than-the-log",
        "SNAPSHOT_WITHOUT_MEMBERSHIP, kb-29-membership-in-snapshot",
        "READ_BEFORE_OWN_TERM, kb-31-read-before-own-term",
        "READ_JOINS_RUNNING_ROUND, kb-32-read-joins-no-running-round",
        "LEASE_WITHOUT_DRIFT, kb-33-lease-reckons-with-drift",
        "LEASE_KEPT_ON_TRANSFER, kb-34-no-lease-after-transfer",
        "REPLICA_ID_REUSED, kb-41-id-given-once",
        "QUIET_WITHOUT_WHOLE_LOG, quiescence-who-answers-and-lags",
        "QUIET_NOT_WOKEN, quiescence",
    })
    void theCaseShowsTheBug(Mutation mutation, String name) throws IOException {
        String expected = Files.readString(Path.of("src/test/resources/cases", name + ".txt"));
        assertEquals(expected, CasesTest.rerun(expected), "without the bug");
        assertNotEquals(expected, withBug(mutation, expected), "with the bug");
    }

    private static String withBug(Mutation mutation, String text) {
        int begin = text.indexOf("\nnew ");
        assertTrue(begin > 0, "the case begins with: new");
        int end = text.indexOf('\n', begin + 1);
        String option = " mutation=" + mutation;
        try {
            return CasesTest.rerun(text.substring(0, end) + option + text.substring(end))
                    .replace(option, "");
        } catch (Invariant.Violation violation) {
            return "stopped: " + violation.getMessage();
        }
    }
}
