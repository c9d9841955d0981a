package io.somekv.server.cli;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.raft.MembershipChange;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.grpc.ControlChannel;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has replicas of a group come, go, or take another's place, and waits until it is done, telling
 * how far it is. All of it is carried out by the group itself: whoever stops watching stops
 * nothing, and may ask again, which goes on where the first time is.
 */
final class Relocation {
    private static final long LOOK_AGAIN_MILLIS = 200;

    /** Who is to hear of a change has done so by then, if it can. */
    static final long HEARING_NANOS_MAX = 10_000_000_000L;

    /** A refusal is believed when it stands for as long: a leader may just have been elected. */
    private static final long REFUSED_NANOS_MAX = 3_000_000_000L;

    /** Without any progress. */
    private static final long STUCK_NANOS_MAX = 60_000_000_000L;

    private final ControlChannel channel;
    private final PrintWriter out;

    /** Nodes that have been waited for once. */
    private final TreeSet<Long> known = new TreeSet<>();

    Relocation(ControlChannel channel, PrintWriter out) {
        this.channel = channel;
        this.out = out;
    }

    /**
     * @param from node whose replica goes; 0 for none
     * @param to node that gets one; null for none
     */
    record Step(long groupId, long from, @Nullable NodeInfo to) {
        /**
         * Whether one would go and nobody come, as {@code to} is a member already: unless as the
         * learner that takes that very place, where the step was begun before.
         */
        boolean isOneLess(ReplicaStatus led) {
            if (to == null || to.nodeId() == from) {
                return false;
            }
            Optional<GroupMember> old = on(from, led);
            Optional<GroupMember> there = on(to.nodeId(), led);
            return old.isPresent()
                    && there.isPresent()
                    && there.get().getReplaces() != old.get().getReplicaId();
        }

        /** But for one that is about to be none. */
        private static Optional<GroupMember> on(long nodeId, ReplicaStatus led) {
            return led.getMembersList().stream()
                    .filter(m -> m.getNodeId() == nodeId && !m.getRole().equals("LEAVING"))
                    .findFirst();
        }
    }

    /** Carries out a step, whoever has begun it. */
    void carryOut(Step step) throws InterruptedException {
        NodeInfo to = step.to();
        if (to != null && known.add(to.nodeId())) {
            awaitKnown(to);
        }
        new Watch(step).run();
    }

    /**
     * Nodes hear of a new one within a second, from the shard master, and let in nobody of whom
     * they have not heard. Were it given replicas before, and the master's leader to die at that
     * moment, then those that are left would wait for each other.
     */
    private void awaitKnown(NodeInfo node) throws InterruptedException {
        long end = System.nanoTime() + HEARING_NANOS_MAX;
        List<Long> unaware = unaware(node);
        while (!unaware.isEmpty() && System.nanoTime() - end < 0) {
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            unaware = unaware(node);
        }
        if (!unaware.isEmpty()) {
            out.printf(
                    "goes on, though nodes %s have not heard of node %d yet%n",
                    unaware, node.nodeId());
        }
    }

    private List<Long> unaware(NodeInfo node) {
        return ClusterPicture.take(channel, false).seen().stream()
                .filter(seen -> !seen.hasHeardOf(node))
                .map(SeenNode::nodeId)
                .toList();
    }

    /** One step while it is under way. */
    private final class Watch {
        private final Step step;
        private long progressNanos = System.nanoTime();
        private long refusedSinceNanos = Long.MAX_VALUE;
        private String said = "";

        /** The voter that a learner was to replace which has been removed; 0 for none. */
        private long inherited;

        Watch(Step step) {
            this.step = step;
        }

        void run() throws InterruptedException {
            while (true) {
                ClusterPicture picture = ClusterPicture.take(channel, false);
                Optional<ReplicaStatus> led = picture.asLed(step.groupId());
                if (led.isEmpty()) {
                    say("waits for a leader");
                } else if (isDone(led.get())) {
                    say(doneText());
                    return;
                } else if (hasNew(led.get(), "LEARNER")) {
                    say(progressText(picture, led.get()));
                } else if (led.get().getChanging()) {
                    say("waits for another change of its members");
                } else {
                    ask(picture, led.get());
                }
                if (System.nanoTime() - progressNanos > STUCK_NANOS_MAX) {
                    throw new ControlException(Kind.NOT_NOW, stuckText());
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            }
        }

        private boolean isDone(ReplicaStatus led) {
            return !led.getChanging()
                    && led.getMembersList().stream().noneMatch(this::isToGo)
                    && (step.to() == null || hasNew(led, "VOTER"));
        }

        private boolean hasNew(ReplicaStatus led, String role) {
            return led.getMembersList().stream()
                    .anyMatch(member -> isNew(member) && member.getRole().equals(role));
        }

        /** By its disk as well: a node that lost its own gets a new replica of the same group. */
        private boolean isNew(GroupMember member) {
            NodeInfo to = step.to();
            return to != null
                    && member.getNodeId() == to.nodeId()
                    && member.getStoreId().equals(to.storeId().toString());
        }

        private boolean isToGo(GroupMember member) {
            return member.getNodeId() == step.from() && !isNew(member);
        }

        private void ask(ClusterPicture picture, ReplicaStatus led) {
            Optional<GroupMember> toGo =
                    led.getMembersList().stream().filter(this::isToGo).findFirst();
            boolean isLearner = toGo.filter(Watch::isLearner).isPresent();
            if (step.to() == null || isLearner) {
                inherited = toGo.orElseThrow().getReplaces();
                ask(picture, new MembershipChange.Remove(toGo.orElseThrow().getReplicaId()));
            } else {
                ask(
                        picture,
                        new MembershipChange.Add(
                                step.to().nodeId(),
                                step.to().storeId(),
                                toGo.map(GroupMember::getReplicaId).orElse(inherited)));
            }
        }

        /** Only a voter can be replaced in one step: a learner goes first. */
        private static boolean isLearner(GroupMember member) {
            return member.getRole().equals("LEARNER");
        }

        private void ask(ClusterPicture picture, MembershipChange change) {
            NodeInfo leader = picture.leaderOf(step.groupId()).orElseThrow();
            try (ControlChannel there =
                    ControlChannel.to(leader.host() + ":" + leader.grpcPort())) {
                there.changeMembers(step.groupId(), change);
                refusedSinceNanos = Long.MAX_VALUE;
            } catch (ControlException e) {
                onRefused(e);
            }
        }

        private void onRefused(ControlException e) {
            long now = System.nanoTime();
            if (refusedSinceNanos == Long.MAX_VALUE) {
                refusedSinceNanos = now;
            }
            if (e.kind() == Kind.INVALID
                    || (e.kind() == Kind.NOT_NOW && now - refusedSinceNanos > REFUSED_NANOS_MAX)) {
                throw new ControlException(
                        e.kind(), "group " + step.groupId() + ": " + e.getMessage());
            }
        }

        private String progressText(ClusterPicture picture, ReplicaStatus led) {
            if (!picture.answers(toNode())) {
                return "node %d does not answer: it gets the log once it runs".formatted(toNode());
            }
            Optional<ReplicaStatus> replica = picture.replica(step.groupId(), toNode());
            Optional<String> lost = picture.otherDisk(step.groupId(), toNode());
            if (replica.isEmpty() && lost.isPresent() && step.from() != toNode()) {
                return lost.get();
            }
            // Of two nodes asked one after the other, the second may have heard of more.
            long of = led.getLastIndex();
            String has =
                    replica.map(status -> "%,d".formatted(Math.min(status.getLastIndex(), of)))
                            .orElse("none");
            return "node %d gets the log: has %s of %,d entries".formatted(toNode(), has, of);
        }

        private String doneText() {
            String gone = "the replica on node " + step.from() + " is gone";
            if (step.to() == null) {
                return gone;
            }
            return "the replica on node %d votes%s"
                    .formatted(
                            toNode(),
                            step.from() == 0 || step.from() == toNode() ? "" : ", " + gone);
        }

        private String stuckText() {
            return "group %d: no progress for a minute (%s). It goes on by itself once it can;"
                            .formatted(step.groupId(), said)
                    + " are the nodes running ('somekv cluster status')?"
                    + (step.to() == null
                            ? ""
                            : " To give it up: somekv group members %d --remove %d"
                                    .formatted(step.groupId(), toNode()));
        }

        private void say(String what) {
            if (!what.equals(said)) {
                said = what;
                progressNanos = System.nanoTime();
                out.println("group " + step.groupId() + ": " + what);
                out.flush();
            }
        }

        private long toNode() {
            return step.to() == null ? 0 : step.to().nodeId();
        }
    }
}
