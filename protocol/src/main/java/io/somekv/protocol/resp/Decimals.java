package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.util.OptionalLong;

/** Decimal numbers as Redis reads them ({@code string2ll}): no plus sign, no leading zero. */
final class Decimals {
    private static final int DIGITS_MAX = 20;

    private Decimals() {}

    static OptionalLong parse(Bytes text) {
        int size = text.size();
        if (size == 0 || size > DIGITS_MAX) {
            return OptionalLong.empty();
        }
        boolean negative = text.at(0) == '-';
        int first = negative ? 1 : 0;
        if (first == size || (text.at(first) == '0' && (size > 1))) {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = first; i < size; i++) {
            int digit = text.at(i) - '0';
            // Counted below zero, where there is room for Long.MIN_VALUE.
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                return OptionalLong.empty();
            }
            value = value * 10 - digit;
        }
        if (!negative && value == Long.MIN_VALUE) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(negative ? value : -value);
    }
}
