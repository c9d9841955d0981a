package io.somekv.server.cli;

import io.somekv.server.folder.RefusedException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time as people write it: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}. */
final class TimeSpan {
    private static final Pattern SPAN = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

    private TimeSpan() {}

    /** In milliseconds. */
    static long parse(String text) {
        Matcher span = SPAN.matcher(text.toLowerCase(Locale.ROOT));
        if (!span.matches()) {
            throw new RefusedException(
                    "'" + text + "' is no time: write a number with ms, s, m or h");
        }
        return Long.parseLong(span.group(1)) * millisOf(span.group(2));
    }

    private static long millisOf(String unit) {
        return switch (unit) {
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m" -> 60_000;
            default -> 3_600_000;
        };
    }

    /** With the largest unit that says it exactly. */
    static String text(long millis) {
        for (String unit : new String[] {"h", "m", "s"}) {
            if (millis >= millisOf(unit) && millis % millisOf(unit) == 0) {
                return millis / millisOf(unit) + unit;
            }
        }
        return millis + "ms";
    }
}
