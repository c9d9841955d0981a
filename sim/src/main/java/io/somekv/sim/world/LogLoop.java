package io.somekv.sim.world;

import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.log.GroupRecord;
import io.somekv.sim.check.DurabilityWatch;
import io.somekv.storage.wal.Wal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The one thread of a node that writes and syncs its log, as events: everything that gathers during
 * a sync goes into the next batch. Between write and sync, and between sync and its report, others
 * get their turn, and the node may die.
 */
final class LogLoop {
    private record Batch(SimLane lane, LaneEffect.Append append) {}

    private final World world;
    private final SimNode node;
    private final Wal wal;
    private final DurabilityWatch durability;
    private final SplittableRandom random;
    private List<Batch> gathered = new ArrayList<>();
    private boolean busy;

    LogLoop(World world, SimNode node, Wal wal, DurabilityWatch durability) {
        this.world = world;
        this.node = node;
        this.wal = wal;
        this.durability = durability;
        this.random = world.fork();
    }

    void append(SimLane lane, LaneEffect.Append append) {
        gathered.add(new Batch(lane, append));
        if (!busy) {
            busy = true;
            node.after(random.nextLong(50_000), this::write);
        }
    }

    private void write() {
        List<Batch> batch = gathered;
        gathered = new ArrayList<>();
        List<GroupRecord> records = new ArrayList<>();
        batch.forEach(part -> records.addAll(part.append.records()));
        world.trace().event(Trace.Kind.WRITE, node.id(), records.size(), () -> words(records));
        durability.written(records);
        try {
            wal.write(records);
        } catch (IOException e) {
            node.onLogFailure(e);
            return;
        }
        node.after(node.syncNanos(random), () -> sync(batch));
    }

    private void sync(List<Batch> batch) {
        try {
            wal.sync();
        } catch (IOException e) {
            node.onLogFailure(e);
            return;
        }
        durability.synced();
        batch.forEach(part -> world.watch().synced(part.append.records()));
        world.trace().event(Trace.Kind.SYNC, node.id(), batch.size(), () -> "");
        for (Batch part : batch) {
            part.lane.postAfter(
                    random.nextLong(100_000), new LaneInput.Appended(part.append.marks()));
        }
        if (gathered.isEmpty()) {
            busy = false;
        } else {
            node.after(random.nextLong(20_000), this::write);
        }
    }

    private static String words(List<GroupRecord> records) {
        StringBuilder text = new StringBuilder();
        for (GroupRecord record : records) {
            text.append(text.isEmpty() ? "" : " | ")
                    .append('g')
                    .append(record.groupId())
                    .append(" t")
                    .append(record.hardState().term())
                    .append(" vote ")
                    .append(record.hardState().votedFor())
                    .append(record.truncateFrom() > 0 ? " cut " + record.truncateFrom() : "");
            record.entries()
                    .forEach(e -> text.append(' ').append(e.term()).append('/').append(e.index()));
        }
        return text.toString();
    }
}
