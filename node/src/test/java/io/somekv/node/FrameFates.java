package io.somekv.node;

import io.somekv.protocol.frame.Frame;

/** What a test has become of the frames between the nodes of a {@link LaneCluster}. */
interface FrameFates {
    Fate fateOf(long from, long to, Frame frame);

    /** What becomes of one. */
    enum Fate {
        ARRIVES,
        IS_LOST,
        /** Until {@link LaneCluster#releaseHeld}. */
        IS_HELD,
        ARRIVES_AND_IS_HELD
    }
}
