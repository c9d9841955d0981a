package io.somekv.storage.wal;

import io.somekv.node.log.RecoveredGroup;
import io.somekv.storage.disk.Disk;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What stands in a log, for a person who looks at it: read as a starting node reads it, with
 * nothing changed.
 *
 * @param firstSegment number of the first file that the log needs
 * @param size of all its files, in bytes
 * @param groups those that are whole
 * @param damage the first that was found; empty for none
 * @param tornBytes of an unfinished write at the end, which a starting node cuts off
 */
public record LogInspection(
        UUID storeUuid,
        long incarnation,
        long firstSegment,
        int segmentCount,
        long size,
        List<RecoveredGroup> groups,
        List<DamagedGroup> damaged,
        Optional<CorruptLogException> damage,
        int tornBytes) {
    public LogInspection {
        groups = List.copyOf(groups);
        damaged = List.copyOf(damaged);
    }

    /**
     * @throws CorruptLogException when no more can be read: its identity or a segment's header is
     *     damaged, or a file is missing
     */
    public static LogInspection of(Disk disk, OpeningProgress progress) throws IOException {
        StoreIdentity identity =
                StoreIdentity.load(disk)
                        .orElseThrow(() ->
                                new IOException(
                                        disk.path(StoreIdentity.FILE)
                                                + " is missing: there is no log here"));
        WalConfig config =
                WalConfig.of(identity.storeUuid())
                        .withOnDamage(WalConfig.OnDamage.SERVE_WHOLE_GROUPS);
        try (Segments segments = new Segments(disk, config)) {
            Recovery recovery = new Recovery(disk, config, identity, segments);
            recovery.read(progress);
            identity.checkHasBegun(recovery, disk);
            List<RecoveredGroup> groups =
                    recovery.groups.values().stream()
                            .map(log -> log.describe(Math.max(0, log.lastLogTime)))
                            .toList();
            return new LogInspection(
                    identity.storeUuid(),
                    identity.incarnation(),
                    identity.firstSegment(),
                    Segments.names(disk).size(),
                    segments.size(),
                    groups,
                    List.copyOf(recovery.damaged.values()),
                    recovery.damage(),
                    recovery.tornBytes());
        }
    }
}
