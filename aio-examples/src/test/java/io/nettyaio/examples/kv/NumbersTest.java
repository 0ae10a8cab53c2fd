package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {

    @ParameterizedTest
    @ValueSource(
            longs = {0, 1, -1, 9, 10, -10, 99, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE + 1})
    void shouldReadWhatItWrites(long number) {
        assertThat(Numbers.isLong(Numbers.toBytes(number))).isTrue();
        assertThat(Numbers.toLong(Numbers.toBytes(number))).isEqualTo(number);
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
                "1.0",
                "1e3",
                "a",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "18446744073709551616",
                "--1"
            })
    void shouldRefuseWhenItIsNoPlainNumber(String text) {
        assertThat(Numbers.isLong(text.getBytes(US_ASCII))).isFalse();
    }

    @Test
    void shouldBeStrictWhenOneByteIsWrong() {
        byte[] text = "1234567890".getBytes(US_ASCII);
        for (int i = 0; i < text.length; i++) {
            byte[] wrong = text.clone();
            wrong[i] = 'x';
            assertThat(Numbers.isLong(wrong)).isFalse();
        }
    }
}
