package io.somekv.kv;

import io.somekv.base.Bytes;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalLong;

/** Numbers as Redis reads and writes them in values. */
final class Decimal {
    /** The longest text taken for a fraction, and the most digits either side of its point. */
    static final int FRACTION_DIGITS_MAX = 330;

    private static final int TEXT_SIZE_MAX = 2 * FRACTION_DIGITS_MAX + 2;
    private static final int INTEGER_SIZE_MAX = 20;

    private Decimal() {}

    /**
     * A signed 64-bit number in the one way that Redis writes it: no plus, no spaces, no leading
     * zeros, no negative zero.
     */
    static OptionalLong parseInteger(Bytes text) {
        int size = text.size();
        if (size == 0 || size > INTEGER_SIZE_MAX) {
            return OptionalLong.empty();
        }
        if (size == 1 && text.at(0) == '0') {
            return OptionalLong.of(0);
        }
        boolean negative = text.at(0) == '-';
        int first = negative ? 1 : 0;
        if (first == size || text.at(first) == '0') {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = first; i < size; i++) {
            int digit = text.at(i) - '0';
            // Summed below zero, where one number more lies than above it.
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                return OptionalLong.empty();
            }
            value = value * 10 - digit;
        }
        if (negative) {
            return OptionalLong.of(value);
        }
        return value == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(-value);
    }

    /**
     * A fraction, with or without exponent; empty for anything else, and for one that {@link #fits}
     * refuses: a short text can stand for a number of a billion digits.
     */
    static Optional<BigDecimal> parseFraction(Bytes text) {
        return text.size() > TEXT_SIZE_MAX ? Optional.empty() : parseFraction(text.toUtf8());
    }

    static Optional<BigDecimal> parseFraction(String text) {
        if (text.isEmpty() || text.length() > TEXT_SIZE_MAX) {
            return Optional.empty();
        }
        for (int i = 0; i < text.length(); i++) {
            // BigDecimal would take the digits of any script.
            if ("0123456789+-.eE".indexOf(text.charAt(i)) < 0) {
                return Optional.empty();
            }
        }
        try {
            return Optional.of(new BigDecimal(text)).filter(Decimal::fits);
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }

    /** Whether both sides of the point stay within {@link #FRACTION_DIGITS_MAX}. */
    static boolean fits(BigDecimal number) {
        return number.scale() <= FRACTION_DIGITS_MAX
                && (long) number.precision() - number.scale() <= FRACTION_DIGITS_MAX;
    }

    /** Digits and a point, without exponent and trailing zeros. */
    static Bytes write(BigDecimal number) {
        Bytes zero = Bytes.utf8("0");
        return number.signum() == 0
                ? zero
                : Bytes.utf8(number.stripTrailingZeros().toPlainString());
    }
}
