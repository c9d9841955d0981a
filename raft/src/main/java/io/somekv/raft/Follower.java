package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.Optional;

/** Answers leaders and candidates, and waits (Raft §5.2). Learners are followers for ever. */
final class Follower implements RoleState {
    private final Core core;
    private long leaderId;
    private long electionDeadlineNanos;
    private final FollowerReads reads;

    /** The leader said that there is nothing to do, and somebody watches over its node. */
    private boolean isQuiet;

    Follower(Core core, long leaderId, long electionDeadlineNanos) {
        this.core = core;
        this.leaderId = leaderId;
        this.electionDeadlineNanos = electionDeadlineNanos;
        this.reads = new FollowerReads(core);
    }

    @Override
    public ReplicaStatus.Role role() {
        return ReplicaStatus.Role.FOLLOWER;
    }

    @Override
    public long leaderId() {
        return leaderId;
    }

    @Override
    public long nextDeadlineNanos() {
        return Math.min(electionDeadlineNanos, reads.againNanos());
    }

    @Override
    public void onTick() {
        if (core.now().nanos() < electionDeadlineNanos) {
            return;
        }
        leaderId = 0;
        reads.refuseAll();
        if (!core.mayCampaign()) {
            maybeInquire();
            waitAnew();
        } else if (core.isOnlyVoter()) {
            core.becomeCandidate(false);
        } else {
            core.becomePreCandidate();
        }
    }

    @Override
    public boolean isQuiet() {
        return isQuiet;
    }

    @Override
    public void onQuiesce(Message.Quiesce message) {
        RaftLog log = core.log();
        if (log.last().equals(message.last()) && log.commit() == log.last().index()) {
            isQuiet = true;
            core.heartbeatGap().onQuiet();
            electionDeadlineNanos =
                    core.now().nanos() + 2 * Quiescence.RARER * core.config().heartbeatNanos();
        }
    }

    /**
     * Who is still heard leads still, and nobody else is voted for until it had time to show it.
     * One that is missed was silent for an election timeout already.
     */
    @Override
    public void wake(long missedNode) {
        if (!isQuiet || (missedNode != 0 && !isLeaderOn(missedNode))) {
            return;
        }
        isQuiet = false;
        waitAnew();
        if (missedNode == 0) {
            core.onLeaderContact();
        } else {
            electionDeadlineNanos -= core.config().electionTimeoutNanos();
        }
    }

    private boolean isLeaderOn(long nodeId) {
        Optional<Member> leader = core.membership().find(leaderId);
        return leader.isEmpty() || leader.get().nodeId() == nodeId;
    }

    void onRead(Input.Read read) {
        if (leaderId == 0) {
            core.effects().answer(new ReadResult.NotLeader(read.token(), 0));
        } else {
            reads.add(read.token());
        }
    }

    @Override
    public void onReadIndexReply(Message.ReadIndexReply message) {
        reads.onReply(message);
    }

    @Override
    public void flush() {
        reads.maybeAsk(leaderId);
    }

    @Override
    public void onLeave() {
        reads.refuseAll();
    }

    /**
     * Whether it is a member still. Those are asked, too, who are only to vote: by now they may be
     * all that is left.
     */
    private void maybeInquire() {
        Membership membership = core.membership();
        if (membership.isVoter(core.self())) {
            return;
        }
        long term = Math.max(1, core.term());
        for (Member member : membership.members()) {
            if (member.replicaId() != core.self()) {
                core.effects().send(new Message.Inquiry(core.self(), member.replicaId(), term));
            }
        }
    }

    /**
     * No pre-vote: it is not for want of a leader, and the leader's own followers are to listen.
     */
    @Override
    public void onTimeoutNow(Message.TimeoutNow message) {
        if (message.from() == leaderId && core.mayCampaign()) {
            core.becomeCandidate(true);
        }
    }

    /** A whole timeout more: after a granted vote (Raft §5.2), or where it may not campaign. */
    void waitAnew() {
        electionDeadlineNanos = core.now().nanos() + core.electionWaitNanos();
    }

    /** Raft figure 2, AppendEntries, receiver implementation. */
    @Override
    public void onAppendEntries(Message.AppendEntries message) {
        onLeader(message.from());
        if (core.log().agreesAt(message.previous())) {
            accept(message);
        } else {
            reject(message);
        }
    }

    /**
     * Raft figure 13. Where this replica has committed as much already, or holds the entry that the
     * snapshot ends with, it says so, and no more is sent; else the piece is for the state machine.
     */
    @Override
    public void onInstallSnapshot(Message.InstallSnapshot message) {
        onLeader(message.from());
        RaftLog log = core.log();
        EntryId base = message.snapshot().base();
        if (base.index() > log.commit() && log.holds(base)) {
            log.commitTo(base.index());
        }
        if (base.index() <= log.commit()) {
            sendAccepted(Math.min(log.commit(), log.durable()), 0);
        } else {
            core.effects().takeIn(message);
        }
    }

    private void onLeader(long from) {
        Invariant.check(leaderId == 0 || leaderId == from, "one leader a term", leaderId, from);
        leaderId = from;
        isQuiet = false;
        core.heartbeatGap().onHeard(core.term(), core.now().nanos());
        core.onLeaderContact();
        electionDeadlineNanos = core.now().nanos() + core.electionWaitNanos();
    }

    /**
     * The commit index follows the leader's only as far as this message verified the log (KB-24):
     * behind that there may be entries of an older leader that this one will yet cut.
     */
    private void accept(Message.AppendEntries message) {
        RaftLog log = core.log();
        long end = message.previous().index() + message.entries().size();
        long verified = Math.max(end, log.base().index());
        boolean appended = append(message);
        log.commitTo(Math.min(message.commit(), verified));
        if (appended) {
            core.persists()
                    .sendWhenAllDurable(
                            accepted(message.from(), verified, message.round()),
                            core.effects(),
                            core.now());
        } else {
            // Nothing to wait for: a heartbeat is answered while a sync is under way.
            sendAccepted(Math.min(verified, log.durable()), message.round());
        }
    }

    /** Takes over what is new; only a real conflict cuts the log, never a short, late message. */
    private boolean append(Message.AppendEntries message) {
        RaftLog log = core.log();
        long from = log.firstDifference(message.entries());
        if (from == 0) {
            return false;
        }
        if (from <= log.last().index()) {
            core.truncateFrom(from);
        }
        int skip = (int) (from - message.previous().index() - 1);
        for (int i = skip; i < message.entries().size(); i++) {
            core.append(message.entries().get(i));
        }
        return true;
    }

    private void reject(Message.AppendEntries message) {
        EntryId previous = message.previous();
        Invariant.check(
                previous.index() > core.log().commit(),
                "a leader has what is committed",
                previous.index(),
                core.log().commit());
        core.reject(message.from(), previous, core.log().conflictHint(previous), message.round());
    }

    /** A snapshot is in the place of the log: says so to whom it came from. */
    void onRestored() {
        if (leaderId != 0) {
            core.persists()
                    .sendWhenAllDurable(
                            accepted(leaderId, core.log().base().index(), 0),
                            core.effects(),
                            core.now());
        }
    }

    private void sendAccepted(long matchIndex, long round) {
        core.persists()
                .sendWhenStateDurable(
                        accepted(leaderId, matchIndex, round), core.effects(), core.now());
    }

    private Message.AppendAccepted accepted(long to, long matchIndex, long round) {
        return new Message.AppendAccepted(
                core.self(), to, core.term(), matchIndex, round, core.now().wallMillis());
    }
}
