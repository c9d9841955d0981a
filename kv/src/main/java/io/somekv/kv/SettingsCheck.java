package io.somekv.kv;

import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.Optional;

/** What makes the settings of a group sound, asked before they become replicated state. */
public final class SettingsCheck {
    /** Never more than what the codecs of entries and frames carry. */
    private static final int VALUE_SIZE_MAX = 512 << 20;

    private static final int WINDOW_MAX = 1 << 20;

    private SettingsCheck() {}

    /** What is wrong with the settings, if anything. */
    public static Optional<String> fault(GroupSettings settings) {
        if (settings.shardCount() < 1 || settings.shardCount() > Slots.COUNT) {
            return Optional.of("a cluster has 1 to " + Slots.COUNT + " shards");
        }
        if (settings.valueSizeMax() < 1 || settings.valueSizeMax() > VALUE_SIZE_MAX) {
            return Optional.of("the largest value is 1 to " + VALUE_SIZE_MAX + " bytes");
        }
        if (settings.sequenceWindow() < 1 || settings.sequenceWindow() > WINDOW_MAX) {
            return Optional.of("a window is 1 to " + WINDOW_MAX + " sequences");
        }
        return settings.featureLevel() < 1
                ? Optional.of("feature levels count from 1")
                : Optional.empty();
    }
}
