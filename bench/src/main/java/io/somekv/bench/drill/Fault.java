package io.somekv.bench.drill;

import java.util.List;
import java.util.Locale;

/** What is done to the nodes of a chaos drill; each is undone after a while. */
sealed interface Fault {
    /** A name that {@code --faults} takes, and what the fault stands for. */
    enum Kind {
        /** kill -9, and started again later. */
        KILL(false),
        /** kill -9 of all at once, and started again. */
        KILL_ALL(false),
        /**
         * SIGSTOP and SIGCONT: to the others it is a node that hangs, to itself time has jumped.
         */
        PAUSE(false),
        /** One node's packets do not reach one, or any, other; what is sent to it arrives. */
        ONE_WAY(true),
        /** One node, or a minority, is alone; clients may reach it, and may not. */
        ISOLATE(true),
        /** All reach one node, but one half does not reach the other. */
        BRIDGE(true),
        /** No room on the disk of one node. */
        FULL_DISK(false),
        /** A bit of the log of a stopped node is another one: it must not serve from it. */
        BIT_FLIP(false),
        /**
         * kill -9, and the node's folder is gone. It counts as done once the node votes again in
         * all of its groups: until then nothing else is done to nodes.
         */
        WIPE(false);

        private final boolean isOfNetwork;

        Kind(boolean isOfNetwork) {
            this.isOfNetwork = isOfNetwork;
        }

        boolean isOfNetwork() {
            return isOfNetwork;
        }

        /** What a drill draws from unless told otherwise. */
        static List<Kind> usual() {
            return List.of(values());
        }

        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    Kind kind();

    record Kill(List<Integer> nodes, Kind kind) implements Fault {
        public Kill {
            nodes = List.copyOf(nodes);
        }
    }

    record Pause(List<Integer> nodes) implements Fault {
        public Pause {
            nodes = List.copyOf(nodes);
        }

        @Override
        public Kind kind() {
            return Kind.PAUSE;
        }
    }

    record Cut(List<Link> links, Kind kind) implements Fault {
        public Cut {
            links = List.copyOf(links);
        }
    }

    /** From a node to a node; {@link Network#CLIENTS} stands for all clients. */
    record Link(int from, int to) {
        @Override
        public String toString() {
            return (from == Network.CLIENTS ? "clients" : from)
                    + "→"
                    + (to == Network.CLIENTS ? "clients" : to);
        }
    }

    /**
     * @param isRestarted whether the node is killed and started while there is no room
     * @param leavesReserve whether a part of what a node keeps free is left: then it must stay
     */
    record FullDisk(boolean isRestarted, boolean leavesReserve) implements Fault {
        @Override
        public Kind kind() {
            return Kind.FULL_DISK;
        }
    }

    /**
     * @param place chooses the bit, among those that must be noticed
     */
    record BitFlip(int node, long place) implements Fault {
        @Override
        public Kind kind() {
            return Kind.BIT_FLIP;
        }
    }

    record Wipe(int node) implements Fault {
        @Override
        public Kind kind() {
            return Kind.WIPE;
        }
    }
}
