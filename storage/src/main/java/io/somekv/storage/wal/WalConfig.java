package io.somekv.storage.wal;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/**
 * @param newStoreUuid identity that a blank folder gets; one that has an identity keeps it
 * @param firstIncarnation of a folder that was blank: larger than any of the folder that it takes
 *     the place of, if there was one
 * @param segmentSize of a segment file, in bytes, a multiple of 4096
 * @param segmentsMax a group whose oldest entry is further back than so many segments is written
 *     again
 * @param mutations bugs to put back, for tests
 */
public record WalConfig(
        UUID newStoreUuid,
        long firstIncarnation,
        int segmentSize,
        int segmentsMax,
        OnDamage onDamage,
        Set<Mutation> mutations) {
    /** What becomes of a log in which bytes that were durable are damaged. */
    public enum OnDamage {
        /** It does not open: a person looks first. */
        REFUSE,
        /**
         * The groups that are provably whole come back; the others are in {@link Wal#damaged} and
         * must not vote (DESIGN §4). A log without a readable directory does not open all the same.
         */
        SERVE_WHOLE_GROUPS
    }

    public static final int SEGMENT_SIZE_DEFAULT = 64 << 20;
    public static final int SEGMENTS_MAX_DEFAULT = 16;

    public WalConfig {
        Invariant.check(segmentSize >= 8192, "a segment has room for a frame");
        Invariant.check(segmentSize % 4096 == 0, "a segment is a whole number of pages");
        EnumSet<Mutation> copy = EnumSet.noneOf(Mutation.class);
        copy.addAll(mutations);
        mutations = copy;
    }

    public static WalConfig of(UUID newStoreUuid) {
        return new WalConfig(
                newStoreUuid,
                1,
                SEGMENT_SIZE_DEFAULT,
                SEGMENTS_MAX_DEFAULT,
                OnDamage.REFUSE,
                Set.of());
    }

    public WalConfig withFirstIncarnation(long first) {
        return new WalConfig(newStoreUuid, first, segmentSize, segmentsMax, onDamage, mutations);
    }

    public WalConfig withSegmentSize(int size) {
        return new WalConfig(
                newStoreUuid, firstIncarnation, size, segmentsMax, onDamage, mutations);
    }

    public WalConfig withSegmentsMax(int count) {
        return new WalConfig(
                newStoreUuid, firstIncarnation, segmentSize, count, onDamage, mutations);
    }

    public WalConfig withOnDamage(OnDamage choice) {
        return new WalConfig(
                newStoreUuid, firstIncarnation, segmentSize, segmentsMax, choice, mutations);
    }

    public WalConfig withMutations(Set<Mutation> bugs) {
        return new WalConfig(
                newStoreUuid, firstIncarnation, segmentSize, segmentsMax, onDamage, bugs);
    }

    boolean has(Mutation mutation) {
        return mutations.contains(mutation);
    }
}
