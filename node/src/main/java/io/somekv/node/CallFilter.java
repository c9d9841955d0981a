package io.somekv.node;

import java.util.Arrays;
import java.util.TreeMap;

/**
 * Which calls of other nodes have been counted: of each, the first copy is served and the others
 * are dropped, however late, so that the one answer a call gets says what became of it
 * (docs/decisions/0003).
 *
 * <p>For each lane of each node a window as of RFC 4303 §3.4.3: the highest number seen and a bit
 * for each of the last {@link #WINDOW}. What lies below the window cannot be told from a copy and
 * is dropped too; its sender takes it for lost. On a connection that keeps the order, as TCP does,
 * nothing ever lies there.
 */
final class CallFilter {
    /** Calls of one lane that may overtake a call before it counts as a copy. */
    static final int WINDOW = 1 << 10;

    /** Of one life of a node. */
    private static final class Peer {
        final long incarnation;
        final TreeMap<Integer, Window> byLane = new TreeMap<>();

        Peer(long incarnation) {
            this.incarnation = incarnation;
        }
    }

    /** Bit {@code n mod WINDOW} says whether {@code n} was seen, for the last WINDOW numbers. */
    private static final class Window {
        private final long[] seen = new long[WINDOW / Long.SIZE];
        private long highest;

        /** Begins such that {@code first} and what it overtook are all unseen. */
        Window(long first) {
            highest = first - 1;
        }

        boolean admit(long number) {
            if (number <= highest - WINDOW) {
                return false;
            }
            if (number - highest >= WINDOW) {
                Arrays.fill(seen, 0);
                highest = number;
            }
            while (highest < number) {
                highest++;
                seen[word(highest)] &= ~(1L << highest);
            }
            boolean isFirst = (seen[word(number)] & 1L << number) == 0;
            seen[word(number)] |= 1L << number;
            return isFirst;
        }

        private static int word(long number) {
            return (int) (number % WINDOW) / Long.SIZE;
        }
    }

    private final TreeMap<Long, Peer> byNode = new TreeMap<>();

    /**
     * Whether this is the first copy of a call, which counts from now on. A life of the sender that
     * is over has nobody who waits, so that no call of it is served once a later one is known.
     */
    boolean admit(long nodeId, long incarnation, long token) {
        Peer peer = byNode.get(nodeId);
        if (peer == null || peer.incarnation < incarnation) {
            peer = new Peer(incarnation);
            byNode.put(nodeId, peer);
        }
        long number = Tokens.numberOf(token);
        return peer.incarnation == incarnation
                && peer.byLane
                        .computeIfAbsent(Tokens.laneOf(token), _ -> new Window(number))
                        .admit(number);
    }
}
