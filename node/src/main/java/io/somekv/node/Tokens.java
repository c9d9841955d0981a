package io.somekv.node;

import io.somekv.protocol.command.ClientId;
import java.util.SplittableRandom;

/**
 * Names what a lane asks of other nodes and lanes: a number that counts up by one, and the lane, so
 * that a reply finds its way back and a receiver can count each lane's calls ({@link CallFilter}).
 *
 * <p>The first number is random and new in each life of the process:
 *
 * <ol>
 *   <li>this node asks another for a write under number 5, stops, and is started again,
 *   <li>it asks for a read under number 5,
 *   <li>the write commits, and its answer comes over the new connection: to the read.
 * </ol>
 */
final class Tokens {
    static final int LANE_BITS = 8;

    private final int lane;
    private long next;

    Tokens(int lane, ClientId identity) {
        this.lane = lane;
        long random = new SplittableRandom(identity.high() ^ identity.low()).nextLong();
        // A bit of the 64 stays free for counting, so that a token is never negative.
        this.next = random >>> (LANE_BITS + 2);
    }

    long next() {
        return next++ << LANE_BITS | lane;
    }

    static int laneOf(long token) {
        return (int) (token & LaneConfig.LANES_MAX - 1);
    }

    static long numberOf(long token) {
        return token >>> LANE_BITS;
    }
}
