package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalTest {
    @ParameterizedTest
    @ValueSource(
            longs = {0, 1, -1, 9, -10, 1234567890123L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 62})
    void readsWhatItWrites(long number) {
        assertEquals(
                OptionalLong.of(number), Decimal.parseInteger(Bytes.utf8(Long.toString(number))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+1",
                " 1",
                "1 ",
                "01",
                "-0",
                "00",
                "-01",
                "1.0",
                "1e3",
                "0x10",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "123456789012345678901",
                "١"
            })
    void refusesWhatRedisRefuses(String text) {
        assertEquals(OptionalLong.empty(), Decimal.parseInteger(Bytes.utf8(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                ".",
                "e5",
                "1e",
                "nan",
                "inf",
                "1 ",
                " 1",
                "0x1p3",
                "1,5",
                "١",
                "1e999999999",
                "1e-999999999",
                "1e99999999999999999999",
                "1e331",
                "1e-331"
            })
    void refusesFractionsThatAreNoneOrTooWide(String text) {
        assertEquals(Optional.empty(), Decimal.parseFraction(text));
    }

    @Test
    void writesFractionsPlainly() {
        assertEquals("0.3", sum("0.1", "0.2"));
        assertEquals("5000", sum("5e3", "0"));
        assertEquals("0", sum("1.50", "-1.5"));
        assertEquals("-0.5", sum("-1", ".5"));
        assertEquals("10", sum("9.0", "1."));
        assertTrue(sum("1e329", "1").length() <= 330);
    }

    private static String sum(String left, String right) {
        BigDecimal sum =
                Decimal.parseFraction(left)
                        .orElseThrow()
                        .add(Decimal.parseFraction(right).orElseThrow());
        return Decimal.write(sum).toUtf8();
    }
}
