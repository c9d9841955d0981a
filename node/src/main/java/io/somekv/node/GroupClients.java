package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.kv.KvMachine;
import io.somekv.kv.StateMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryKind;
import io.somekv.raft.Input;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Now;
import io.somekv.raft.ProposalResult;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.ReadResult;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Those who wait for one group on this node: for a write or a change of its members to be applied,
 * for a read to be answered. Each hears once, whatever becomes of the replica's leadership.
 */
final class GroupClients {
    private static final int RETRY_AFTER_MILLIS = 10;

    private final RaftReplica replica;
    private final MemberNodes nodes;
    private final RoomWatch rooms;
    private final CopyReads copyReads = new CopyReads();
    private final CopyBrake brake = new CopyBrake();
    private final WriteQueue writes = new WriteQueue();
    private final ReadQueue reads;
    private final MemberChanges changes = new MemberChanges();

    private StateMachine machine;
    private long nextToken = 1;

    GroupClients(RaftReplica replica, MemberNodes nodes, StateMachine machine, RoomWatch rooms) {
        this.replica = replica;
        this.nodes = nodes;
        this.rooms = rooms;
        this.machine = machine;
        this.reads = new ReadQueue(machine);
    }

    /** A snapshot has put another state in the place of the one before. */
    void use(StateMachine installed) {
        machine = installed;
        reads.use(installed);
    }

    /** Nobody waits for anything here. */
    boolean isIdle() {
        return writes.isIdle() && reads.isIdle() && changes.isIdle();
    }

    /**
     * Serves a client's request if this replica leads, or if the read may be answered by any; the
     * answer comes once it is decided.
     */
    void serve(Now now, Request request, ReadMode mode, Waiter origin) {
        Waiter waiter = timed(origin);
        long logTime = replica.logTime(now);
        Optional<Outcome> refusal =
                replica.stampsTime() || mode.isLocal()
                        ? RequestCheck.refusal(request, logTime)
                                .or(() -> wantOfRoom(request))
                                .or(() -> wantOfPace(now, request))
                                .or(() -> wrongGroup(request))
                        : Optional.of(notLeader());
        if (refusal.isPresent()) {
            waiter.done(now, refusal.get(), logTime);
            return;
        }
        boolean taken =
                switch (request.command()) {
                    case Command.ReadShard read ->
                            addRead(request, read, mode, pacing(read, waiter));
                    case Command.Read read -> addRead(request, read, mode, waiter);
                    case Command.Write _ -> writes.add(request, waiter);
                };
        if (!taken) {
            waiter.done(now, new Outcome.Busy(RETRY_AFTER_MILLIS), logTime);
        }
    }

    private boolean addRead(Request request, Command.Read read, ReadMode mode, Waiter waiter) {
        return reads.add(new ReadQueue.Waiting(read, mode, Weights.of(request), waiter));
    }

    /** Writes to the shard keep to the pace at which its changes are copied. */
    private Waiter pacing(Command.ReadShard read, Waiter waiter) {
        return (now, outcome, logTime) -> {
            if (outcome instanceof Outcome.ShardPiece piece && copyReads.isNew(read, piece)) {
                brake.onPiece(now, read.shard(), piece);
            }
            waiter.done(now, outcome, logTime);
        };
    }

    /** How many pieces of a shard were read here by whoever copies it. */
    long piecesRead(int shard) {
        return copyReads.pieces(shard);
    }

    private Optional<Outcome> wantOfPace(Now now, Request request) {
        boolean passes =
                brake.isOff()
                        || !(request.command() instanceof Command.Write)
                        || !(request.command() instanceof Command.Keyed keyed)
                        || mayPass(now, keyed);
        return passes ? Optional.empty() : Optional.of(new Outcome.Busy(RETRY_AFTER_MILLIS));
    }

    private boolean mayPass(Now now, Command.Keyed keyed) {
        OptionalInt shard = ((KvMachine) machine).shardOf(keyed);
        return shard.isEmpty() || brake.mayPass(now, shard.getAsInt(), keyed.keys().size());
    }

    /**
     * Clients reckon deadlines from the log time that an answer shows. A replica that stamps none
     * may know one from hours ago, and the deadline would have passed when it is set.
     */
    private Waiter timed(Waiter origin) {
        return (now, outcome, logTime) ->
                origin.done(now, outcome, replica.stampsTime() ? logTime : 0);
    }

    /**
     * A write that would be logged, and synced by a quorum, to be told no more than that: those to
     * a frozen shard come again each tick. Applying judges all the same, what was asked before it
     * froze and what comes here while this state is behind the log: a leader whose shard is just
     * coming to it would send away whom it may serve. Asked last: who waits for the pace of copying
     * may wait for longer than who waits for a shard to be served by somebody.
     */
    private Optional<Outcome> wrongGroup(Request request) {
        return request.command() instanceof Command.Write write && replica.hasAppliedAll()
                ? machine.wrongGroup(write)
                : Optional.empty();
    }

    /**
     * Before anything is logged: what is logged takes room on this disk, and on as many others as a
     * quorum needs. Where a quorum has room without this disk, another leads in a moment: the same
     * request is sent again.
     */
    private Optional<Outcome> wantOfRoom(Request request) {
        return RequestCheck.grows(request.command())
                ? switch (replica.room()) {
                    case HERE -> Optional.empty();
                    case ELSEWHERE -> Optional.of(new Outcome.Busy(RETRY_AFTER_MILLIS));
                    case NOWHERE -> Optional.of(rooms.refusal(replica.membership()));
                }
                : Optional.empty();
    }

    /** Has a member join or leave, if this replica leads; the answer comes when that is applied. */
    void change(Now now, MembershipChange change, Waiter waiter) {
        long token = nextToken++;
        changes.ask(token, waiter);
        replica.step(now, new Input.ChangeMembership(token, change));
    }

    /**
     * Hands on what gathered. One batch of writes is on its way to the disk at a time, so that the
     * size of a batch follows the depth of the queue and no timer.
     *
     * @param isLogFree whether nothing of this group is on its way to the disk
     */
    void propose(Now now, boolean isLogFree) {
        if (writes.hasGathered() && isLogFree) {
            long token = nextToken++;
            Bytes payload = writes.propose(token);
            replica.step(now, new Input.Propose(token, EntryKind.COMMANDS, payload));
        }
        while (reads.hasGathered()) {
            long token = nextToken++;
            long ageMillisMax = reads.ask(token);
            replica.step(now, new Input.Read(token, nanosOf(ageMillisMax)));
        }
    }

    /** {@link ReadMode#ANY_AGE} stays what it is. */
    private static long nanosOf(long ageMillisMax) {
        return ageMillisMax > Long.MAX_VALUE / 1_000_000
                ? Long.MAX_VALUE
                : ageMillisMax * 1_000_000;
    }

    void onProposal(Now now, ProposalResult result) {
        long logTime = replica.logTime(now);
        switch (result) {
            case ProposalResult.Appended appended -> {
                if (changes.appended(appended.token(), appended.id())
                        || writes.appended(appended.token(), appended.id())) {
                    return;
                }
                if (replica.leads()) {
                    reads.timeAppended(appended.id().index());
                } else {
                    reads.timeRefused(now, notLeader(), logTime);
                }
            }
            case ProposalResult.NotLeader notLeader ->
                    refuse(
                            now,
                            notLeader.token(),
                            new Outcome.NotLeader(nodes.nodeOf(notLeader.leaderHint())),
                            logTime);
            case ProposalResult.Busy busy ->
                    refuse(now, busy.token(), new Outcome.Busy(RETRY_AFTER_MILLIS), logTime);
            case ProposalResult.Refused refused ->
                    refuse(now, refused.token(), new Outcome.Invalid(refused.reason()), logTime);
        }
    }

    private void refuse(Now now, long token, Outcome outcome, long logTime) {
        if (!changes.refused(now, token, outcome, logTime)
                && !writes.refused(now, token, outcome, logTime)) {
            reads.timeRefused(now, outcome, logTime);
        }
    }

    void onRead(Now now, ReadResult result) {
        switch (result) {
            case ReadResult.Confirmed confirmed -> {
                reads.confirmed(confirmed.token(), confirmed.index());
                answerReads(now);
            }
            case ReadResult.NotLeader notLeader ->
                    reads.refused(
                            now,
                            notLeader.token(),
                            new Outcome.NotLeader(nodes.nodeOf(notLeader.leaderHint())),
                            replica.logTime(now));
        }
    }

    /** The batch that became {@code entry}, if it was proposed here. */
    Optional<WriteQueue.InFlight> takeApplied(Entry entry) {
        return writes.takeApplied(entry.id());
    }

    /**
     * An entry is applied.
     *
     * @param own what was proposed here as that entry
     * @param outcomes one for each of its requests
     */
    void onApplied(
            Now now, Entry entry, Optional<WriteQueue.InFlight> own, List<Outcome> outcomes) {
        long logTime = replica.logTime(now);
        changes.applied(now, entry.id(), logTime);
        if (own.isEmpty()) {
            return;
        }
        List<Request> requests = own.get().requests();
        List<Waiter> waiters = own.get().waiters();
        for (int i = 0; i < waiters.size(); i++) {
            Outcome outcome = Weights.sendable(requests.get(i).command(), outcomes.get(i));
            waiters.get(i).done(now, outcome, logTime);
        }
    }

    boolean hasScans() {
        return reads.hasScans();
    }

    /** Answers one read that walks all rows of a shard. */
    void answerScan(Now now) {
        reads.answerScan(now, replica.logTime(now));
    }

    void answerReads(Now now) {
        long logTime = replica.logTime(now);
        if (reads.answer(now, logTime)) {
            long token = nextToken++;
            replica.step(now, new Input.Propose(token, EntryKind.TIME, Bytes.EMPTY));
        }
    }

    /** The replica leads no more, or is no more: nobody is to wait for it. */
    void abandon(Now now) {
        writes.abandon(now, notLeader());
        reads.abandon(now, notLeader());
        changes.abandon(now);
    }

    private Outcome notLeader() {
        return new Outcome.NotLeader(nodes.nodeOf(replica.leaderId()));
    }
}
