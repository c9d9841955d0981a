package io.somekv.server.cli;

import io.somekv.server.folder.RefusedException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size as people write it: {@code 4096} bytes, {@code 512m}, {@code 2g}. */
final class ByteSize {
    private static final String UNITS = "kmg";
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})([" + UNITS + "]?)");

    private ByteSize() {}

    static long parse(String text) {
        Matcher size = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (!size.matches()) {
            throw new RefusedException(
                    "'" + text + "' is no size: write bytes, or a number with k, m or g");
        }
        int shift = size.group(2).isEmpty() ? 0 : 10 * (UNITS.indexOf(size.group(2)) + 1);
        return Long.parseLong(size.group(1)) << shift;
    }
}
