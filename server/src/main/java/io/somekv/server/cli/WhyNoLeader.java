package io.somekv.server.cli;

import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.raft.Membership;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What to tell of a group that nobody leads: whether it will pass, and what to do if not. */
final class WhyNoLeader {
    private final long groupId;

    /** The group's replicas by the node that answered for it. */
    private final Map<Long, ReplicaStatus> replicas;

    private final List<Long> answering;

    /**
     * @param replicas of that group, by node
     * @param answering nodes that answer, with a replica of it or without
     */
    WhyNoLeader(long groupId, Map<Long, ReplicaStatus> replicas, List<Long> answering) {
        this.groupId = groupId;
        this.replicas = replicas;
        this.answering = answering;
    }

    /** Enough of its voters answer: it is a matter of seconds. */
    boolean mayElect() {
        return newest().filter(replica -> lacking(replica).isEmpty()).isPresent();
    }

    String text() {
        return "group " + groupId + " has " + cause();
    }

    /** The same for several groups, those together of which the same is to be told. */
    static List<String> texts(List<WhyNoLeader> groups) {
        Map<String, List<Long>> byCause = new LinkedHashMap<>();
        for (WhyNoLeader group : groups) {
            byCause.computeIfAbsent(group.cause(), _ -> new ArrayList<>()).add(group.groupId);
        }
        List<String> texts = new ArrayList<>();
        byCause.forEach((cause, ids) ->
                texts.add(
                        (ids.size() == 1
                                        ? "group " + ids.get(0) + " has "
                                        : "groups " + IdRuns.text(ids) + " have ")
                                + cause));
        return texts;
    }

    /** Names no group. */
    private String cause() {
        Optional<ReplicaStatus> newest = newest();
        if (newest.isEmpty()) {
            return "no leader, for no node that answers has a replica: start the nodes that do";
        }
        return lacking(newest.get())
                .map(this::lost)
                .orElse(
                        "no leader at the moment, though enough voters answer: one is elected"
                                + " within seconds if they reach each other");
    }

    private Optional<ReplicaStatus> newest() {
        return replicas.values().stream()
                .max(Comparator.comparingLong(ReplicaStatus::getCommitIndex));
    }

    /** Voters of which too few answer; empty if a leader can be elected. */
    private Optional<List<GroupMember>> lacking(ReplicaStatus replica) {
        List<GroupMember> now = with(replica.getMembersList(), "VOTER", "LEAVING");
        List<GroupMember> next = with(replica.getMembersList(), "VOTER", "JOINING");
        return Stream.of(now, next).filter(voters -> !hasMajority(voters)).findFirst();
    }

    private String lost(List<GroupMember> voters) {
        StringBuilder text = new StringBuilder();
        text.append("no leader, and can have none: of ");
        text.append(voters.size()).append(" voters ");
        text.append(Membership.majority(voters.size())).append(" are needed, and ");
        text.append(voters.stream().filter(this::answers).count()).append(" answer.");
        for (GroupMember voter : byNode(voters)) {
            if (!answers(voter)) {
                text.append(" Node ").append(voter.getNodeId());
                text.append(
                        answering.contains(voter.getNodeId())
                                ? " runs on another disk: it has no replica, or another one."
                                : " does not answer.");
            }
        }
        return text.append(" Start those nodes on the folders they had. Only if the disks of a")
                .append(" majority are lost for good: somekv node recover-quorum --help")
                .toString();
    }

    private static List<GroupMember> byNode(List<GroupMember> members) {
        return members.stream().sorted(Comparator.comparingLong(GroupMember::getNodeId)).toList();
    }

    private boolean hasMajority(List<GroupMember> voters) {
        return voters.stream().filter(this::answers).count() >= Membership.majority(voters.size());
    }

    /** By its replica as well: a node on a blank disk answers, and has none, or a new one. */
    private boolean answers(GroupMember voter) {
        ReplicaStatus found = replicas.get(voter.getNodeId());
        return found != null && found.getReplicaId() == voter.getReplicaId();
    }

    private static List<GroupMember> with(List<GroupMember> members, String... roles) {
        List<GroupMember> found = new ArrayList<>();
        for (GroupMember member : members) {
            if (List.of(roles).contains(member.getRole())) {
                found.add(member);
            }
        }
        return found;
    }
}
