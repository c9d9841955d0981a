package io.somekv.server.cli;

import io.somekv.node.log.RecoveredGroup;
import io.somekv.server.folder.NodeFolder;
import io.somekv.server.folder.RefusedException;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.rocks.RowsInspection;
import io.somekv.storage.wal.CorruptLogException;
import io.somekv.storage.wal.DamagedGroup;
import io.somekv.storage.wal.LogInspection;
import io.somekv.storage.wal.OpeningProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What stands in a stopped node's data folder, and what is wrong with it: the small files, the log
 * by itself, the rows by themselves, and the one against the other.
 */
final class FolderReport {
    private final NodeFolder folder;
    private final Optional<LogInspection> log;
    private final RowsInspection rows;
    private final ShardReport shards;
    private final List<String> recoveries;
    private final List<String> findings = new ArrayList<>();

    private FolderReport(
            NodeFolder folder,
            List<String> recoveries,
            Optional<LogInspection> log,
            RowsInspection rows) {
        this.folder = folder;
        this.recoveries = recoveries;
        this.log = log;
        this.rows = rows;
        this.shards =
                new ShardReport(
                        log.map(LogInspection::groups).orElse(List.of()), rows.shardsByStore());
    }

    static FolderReport of(NodeFolder folder, OpeningProgress progress) throws IOException {
        List<String> unreadable = new ArrayList<>(folder.damagedFiles());
        List<String> recoveries = List.of();
        try {
            recoveries = folder.recoveries();
        } catch (RefusedException e) {
            // It is among the damaged files.
        }
        Optional<LogInspection> log = Optional.empty();
        try {
            log = Optional.of(LogInspection.of(FileDisk.open(folder.wal()), progress));
        } catch (CorruptLogException e) {
            unreadable.add(String.valueOf(e.getMessage()));
        }
        RowsInspection rows =
                Files.isDirectory(folder.rocks())
                        ? RowsInspection.of(folder.rocks())
                        : RowsInspection.NONE;
        FolderReport report = new FolderReport(folder, recoveries, log, rows);
        report.findings.addAll(unreadable);
        log.ifPresent(report::compare);
        report.findings.addAll(report.shards.findings());
        rows.damage().ifPresent(damage -> report.findings.add("the rows are damaged: " + damage));
        return report;
    }

    List<String> findings() {
        return List.copyOf(findings);
    }

    private void compare(LogInspection found) {
        if (!found.storeUuid().equals(folder.storeId())) {
            findings.add(
                    "the log is of store "
                            + found.storeUuid()
                            + ", the folder is of store "
                            + folder.storeId());
        }
        found.damage().ifPresent(damage -> findings.add(String.valueOf(damage.getMessage())));
        for (DamagedGroup group : found.damaged()) {
            findings.add(
                    "group "
                            + group.groupId()
                            + " may lack records, by "
                            + group.file()
                            + " from byte "
                            + group.offset()
                            + ": it must not vote");
        }
        for (RecoveredGroup group : found.groups()) {
            long applied = rows.appliedByStore().getOrDefault(group.storeId(), 0L);
            if (applied > group.lastIndex()) {
                findings.add(
                        "group "
                                + group.groupId()
                                + " has applied "
                                + applied
                                + ", and its log ends at "
                                + group.lastIndex()
                                + ": the log was set back");
            } else if (applied < group.base().index()) {
                findings.add(
                        "group "
                                + group.groupId()
                                + " has applied "
                                + applied
                                + ", and its log begins behind "
                                + group.base().index()
                                + ": rows were set back");
            }
        }
    }

    /** Stores that no group refers to: a node that can start drops them. */
    private List<Long> unused() {
        if (log.isEmpty() || log.get().damage().isPresent()) {
            return List.of();
        }
        TreeSet<Long> unused = new TreeSet<>(rows.appliedByStore().keySet());
        log.ifPresent(found -> found.groups().forEach(group -> unused.remove(group.storeId())));
        return List.copyOf(unused);
    }

    String text() {
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder();
        text.append("folder of node ").append(folder.nodeId());
        text.append(", store ").append(folder.storeId()).append(line);
        log.ifPresent(found -> text.append(logText(found)).append(line).append(table(found)));
        if (!unused().isEmpty()) {
            text.append("rows of stores that no group refers to, which a starting node drops: ")
                    .append(unused())
                    .append(line);
        }
        shards.notes().forEach(note -> text.append(note).append(line));
        for (String recovery : recoveries) {
            text.append("recovered without a majority: ").append(recovery).append(line);
        }
        for (String finding : findings) {
            text.append("FOUND: ").append(finding).append(line);
        }
        return text.append(findings.isEmpty() ? "nothing is wrong" : findings.size() + " found")
                .append(line)
                .toString();
    }

    private static String logText(LogInspection found) {
        return "log: %d files from segment %d, %.1f MiB, run %d%s"
                .formatted(
                        found.segmentCount(),
                        found.firstSegment(),
                        found.size() / 1048576.0,
                        found.incarnation(),
                        found.tornBytes() == 0
                                ? ""
                                : ", an unfinished write of "
                                        + found.tornBytes()
                                        + " bytes at its end, which is cut at the next start");
    }

    private TextTable table(LogInspection found) {
        TextTable table =
                new TextTable(
                        "GROUP", "REPLICA", "TERM", "BASE", "LAST", "COMMIT", "APPLIED", "STORE",
                        "SHARDS");
        NavigableMap<Long, Long> applied = rows.appliedByStore();
        for (RecoveredGroup group : found.groups()) {
            table.row(
                    Long.toString(group.groupId()),
                    Long.toString(group.replicaId()),
                    Long.toString(group.hardState().term()),
                    Long.toString(group.base().index()),
                    Long.toString(group.lastIndex()),
                    Long.toString(group.hardState().commit()),
                    Long.toString(applied.getOrDefault(group.storeId(), 0L)),
                    Long.toString(group.storeId()),
                    Long.toString(shards.served(group)));
        }
        return table;
    }

    String json() {
        Json json = new Json();
        json.beginObject().name("node").number(folder.nodeId());
        json.name("store").string(folder.storeId().toString());
        json.name("groups").beginArray();
        log.ifPresent(found -> found.groups().forEach(group -> json(json, group)));
        json.endArray().name("recoveries").beginArray();
        recoveries.forEach(json::string);
        json.endArray().name("notes").beginArray();
        shards.notes().forEach(json::string);
        json.endArray().name("findings").beginArray();
        findings.forEach(json::string);
        json.endArray().endObject();
        return json + System.lineSeparator();
    }

    private void json(Json json, RecoveredGroup group) {
        json.beginObject().name("group").number(group.groupId());
        json.name("replica").number(group.replicaId());
        json.name("term").number(group.hardState().term());
        json.name("base").number(group.base().index());
        json.name("last").number(group.lastIndex());
        json.name("commit").number(group.hardState().commit());
        json.name("applied").number(rows.appliedByStore().getOrDefault(group.storeId(), 0L));
        json.name("shards").number(shards.served(group));
        json.endObject();
    }
}
