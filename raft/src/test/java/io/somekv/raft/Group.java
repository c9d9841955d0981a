package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A group under a test's full control: nothing is delivered, synced, applied or timed unless the
 * test says so. Replica ids are 1, 2, … ; voters first, learners behind them.
 */
final class Group {
    private static final long LAG_NANOS_MAX = 20_000_000;

    /** Small numbers that are easy to reckon with in a test. */
    static final RaftConfig CONFIG = config(LAG_NANOS_MAX, 0);

    /** The same, but groups go quiet after that. */
    static RaftConfig quiescentAfter(long nanos) {
        return config(LAG_NANOS_MAX, nanos);
    }

    /** The same, but leaders do not hand over because of their disks. */
    static RaftConfig withoutHandOver() {
        return config(0, 0);
    }

    private static RaftConfig config(long diskLagNanosMax, long quiesceAfterNanos) {
        return new RaftConfig(
                100_000_000,
                10_000_000,
                300,
                900,
                2000,
                600,
                500_000_000,
                diskLagNanosMax,
                500,
                0,
                quiesceAfterNanos,
                java.util.Collections.emptySet());
    }

    static final long START_WALL_MILLIS = 1_000_000;

    private final RaftConfig config;
    private final Membership membership;
    private final List<TestDisk> disks = new ArrayList<>();
    private final List<@Nullable RaftReplica> replicas = new ArrayList<>();
    private final List<List<Entry>> committed = new ArrayList<>();
    private final List<List<Ready.Fetch>> fetches = new ArrayList<>();
    private final List<List<ProposalResult>> proposals = new ArrayList<>();
    private final List<List<ReadResult>> reads = new ArrayList<>();
    private long[] clockLeadMillis;
    private final List<Message> network = new ArrayList<>();
    private final Transcript transcript = new Transcript();
    private long millis;

    Group(RaftConfig config, int voterCount, int learnerCount) {
        this.config = config;
        List<Member> voters = new ArrayList<>();
        List<Member> learners = new ArrayList<>();
        for (int id = 1; id <= voterCount + learnerCount; id++) {
            (id <= voterCount ? voters : learners).add(new Member(id, id, new UUID(0, id)));
        }
        membership = Membership.of(voters, learners);
        clockLeadMillis = new long[voterCount + learnerCount];
        for (int id = 1; id <= voterCount + learnerCount; id++) {
            disks.add(new TestDisk(membership));
            replicas.add(null);
            committed.add(new ArrayList<>());
            fetches.add(new ArrayList<>());
            proposals.add(new ArrayList<>());
            reads.add(new ArrayList<>());
        }
    }

    /** A group of that many voters on empty disks, all started. */
    static Group of(int voterCount) {
        return of(CONFIG, voterCount);
    }

    static Group of(RaftConfig config, int voterCount) {
        Group group = new Group(config, voterCount, 0);
        group.startAll();
        return group;
    }

    /** As {@link #of}, with a leader whose first entry all have committed. */
    static Group led(RaftConfig config, int voterCount, int leader) {
        Group group = of(config, voterCount);
        group.campaign(leader);
        group.settle();
        group.tick(leader, 10);
        group.settle();
        return group;
    }

    int size() {
        return replicas.size();
    }

    Transcript transcript() {
        return transcript;
    }

    TestDisk disk(int id) {
        return disks.get(id - 1);
    }

    List<Message> network() {
        return network;
    }

    List<Entry> committed(int id) {
        return committed.get(id - 1);
    }

    List<Ready.Fetch> fetches(int id) {
        return fetches.get(id - 1);
    }

    List<ProposalResult> proposals(int id) {
        return proposals.get(id - 1);
    }

    List<ReadResult> reads(int id) {
        return reads.get(id - 1);
    }

    boolean isUp(int id) {
        return id <= size() && replicas.get(id - 1) != null;
    }

    RaftReplica replica(int id) {
        RaftReplica replica = replicas.get(id - 1);
        if (replica == null) {
            throw Invariant.unreachable("replica " + id + " is down");
        }
        return replica;
    }

    ReplicaStatus status(int id) {
        return replica(id).status(now(id));
    }

    Optional<StepDownCause> stepDownCause(int id) {
        return replica(id).stepDownCause();
    }

    Now now(int id) {
        return new Now(millis * 1_000_000, START_WALL_MILLIS + millis + clockLeadMillis[id - 1]);
    }

    void clockLead(int id, long leadMillis) {
        clockLeadMillis[id - 1] = leadMillis;
    }

    // Life and death

    void startAll() {
        for (int id = 1; id <= size(); id++) {
            start(id);
        }
    }

    void start(int id) {
        Recovered recovered = disk(id).recover();
        replicas.set(id - 1, new RaftReplica(config, id, recovered, id, now(id)));
        committed(id).clear();
        fetches(id).clear();
    }

    void crash(int id) {
        replicas.set(id - 1, null);
        disk(id).crash();
    }

    // Inputs

    void step(int id, Input input) {
        replica(id).step(now(id), input);
        take(id);
    }

    void take(int id) {
        Ready ready = replica(id).ready();
        if (ready.persist() != null) {
            disk(id).write(ready.persist());
        }
        network.addAll(ready.messages());
        committed(id).addAll(ready.committed());
        fetches(id).addAll(ready.fetches());
        proposals(id).addAll(ready.proposals());
        reads(id).addAll(ready.reads());
        transcript.note(id, ready);
    }

    void wait(int waitMillis) {
        millis += waitMillis;
    }

    /** Time goes on for all, but only this replica's loop looks at it. */
    void tick(int id, int waitMillis) {
        wait(waitMillis);
        step(id, new Input.Tick());
    }

    /** Time enough for this replica to campaign, and for the others to let it. */
    void campaign(int id) {
        tick(id, 200);
    }

    void propose(int id, String text) {
        step(id, new Input.Propose(millis, EntryKind.COMMANDS, Bytes.utf8(text)));
    }

    void change(int id, MembershipChange change) {
        step(id, new Input.ChangeMembership(millis, change));
    }

    /** A replica on an empty disk, told the membership by the leader that it is to follow. */
    void create(int id, int leader) {
        Membership known = replica(leader).membership();
        while (size() < id) {
            disks.add(new TestDisk(known));
            replicas.add(null);
            committed.add(new ArrayList<>());
            fetches.add(new ArrayList<>());
            proposals.add(new ArrayList<>());
            reads.add(new ArrayList<>());
        }
        clockLeadMillis = Arrays.copyOf(clockLeadMillis, size());
        start(id);
    }

    /** Drops the log up to {@code index}, or to what is applied. */
    void compact(int id, long index) {
        long kept = Math.min(index, status(id).applied());
        step(id, new Input.Compact(kept, status(id).logTime()));
    }

    /** What a leader's state machine holds takes the place of a follower's log and state. */
    boolean install(int id, int leader) {
        long applied = status(leader).applied();
        Snapshot snapshot = replica(leader).snapshotAt(applied, status(leader).logTime());
        return install(id, snapshot);
    }

    boolean install(int id, Snapshot snapshot) {
        if (!replica(id).takes(snapshot)) {
            return false;
        }
        committed(id).clear();
        step(id, new Input.Install(snapshot));
        return true;
    }

    void sync(int id) {
        step(id, disk(id).sync());
    }

    void syncAll(int id) {
        while (disk(id).pendingCount() > 0) {
            sync(id);
        }
    }

    void fetch(int id) {
        step(id, disk(id).read(fetches(id).removeFirst()));
    }

    void apply(int id) {
        if (!committed(id).isEmpty()) {
            long index = committed(id).getLast().index();
            if (index > status(id).applied()) {
                disk(id).appliedTo(index);
                step(id, new Input.Applied(index));
            }
        }
    }

    // Network

    /** Delivers what is on the way and matches; not what that calls forth. Returns how many. */
    int deliver(Predicate<Message> filter) {
        List<Message> chosen = take(filter);
        for (Message message : chosen) {
            receive(message);
        }
        return chosen.size();
    }

    void receive(Message message) {
        int to = (int) message.to();
        if (isUp(to)) {
            step(to, new Input.Received(message));
        }
    }

    /** Takes off the network what matches, without delivering it. */
    List<Message> take(Predicate<Message> filter) {
        List<Message> chosen = new ArrayList<>();
        for (Message message : network) {
            if (filter.test(message)) {
                chosen.add(message);
            }
        }
        network.removeAll(chosen);
        return chosen;
    }

    void dropTo(int id) {
        take(m -> m.to() == id);
    }

    void dropAll() {
        network.clear();
    }

    /** Everything goes its way until nothing is left to do. No time passes. */
    void settle() {
        settle(message -> true);
    }

    /** As {@link #settle()}, with one replica cut off and its disk and state machine stuck. */
    void settleWithout(int stuckId) {
        settle(m -> m.from() != stuckId && m.to() != stuckId, stuckId);
    }

    /** As {@link #settle()}, with one replica's disk stuck: its messages come and go. */
    void settleWithDiskStuck(int stuckId) {
        settle(message -> true, stuckId);
    }

    /** As {@link #settle()}, but only messages that match get through; the others are lost. */
    void settle(Predicate<Message> filter) {
        settle(filter, 0);
    }

    private void settle(Predicate<Message> filter, int stuckId) {
        boolean isBusy = true;
        while (isBusy) {
            isBusy = false;
            for (int id = 1; id <= size(); id++) {
                if (isUp(id) && id != stuckId) {
                    isBusy |= disk(id).pendingCount() > 0 || !fetches(id).isEmpty();
                    syncAll(id);
                    while (!fetches(id).isEmpty()) {
                        fetch(id);
                    }
                    apply(id);
                }
            }
            take(filter.negate());
            isBusy |= deliver(message -> true) > 0;
        }
    }

    /** Runs all loops for a while: a tick each, every few milliseconds, all delivered. */
    void run(int runMillis, Predicate<Message> filter) {
        for (int i = 0; i < runMillis; i += 5) {
            wait(5);
            for (int id = 1; id <= size(); id++) {
                if (isUp(id)) {
                    step(id, new Input.Tick());
                }
            }
            settle(filter);
        }
    }

    /** The leader of the highest term among those that lead; 0 for none. */
    int leader() {
        int found = 0;
        for (int id = 1; id <= size(); id++) {
            if (isUp(id)
                    && status(id).role() == ReplicaStatus.Role.LEADER
                    && (found == 0 || status(id).term() > status(found).term())) {
                found = id;
            }
        }
        return found;
    }
}
