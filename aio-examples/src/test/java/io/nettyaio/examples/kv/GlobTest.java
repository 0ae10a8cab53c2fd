package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    private static boolean matches(String pattern, String text) {
        return Glob.matches(pattern.getBytes(ISO_8859_1), text.getBytes(ISO_8859_1));
    }

    @ParameterizedTest
    @CsvSource({
        "*, ''",
        "*, abc",
        "'', ''",
        "a*c, ac",
        "a*c, abbbc",
        "**a**, bab",
        "h?llo, hello",
        "h[ae]llo, hallo",
        "h[^e]llo, hallo",
        "h[a-b]llo, hbllo",
        "h[b-a]llo, hallo",
        "h[\\]]llo, h]llo",
        "\\*, *",
        "a\\?b, a?b",
        "[abc, b",
        "*[0-9]*x, k7yx",
        "key:*:z, key:1:2:z",
        "a\\, a\\",
    })
    void shouldMatchWhenThePatternSays(String pattern, String text) {
        assertThat(matches(pattern, text)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "'', a",
        "a, ''",
        "?, ''",
        "a*c, abd",
        "h[^e]llo, hello",
        "h[ae]llo, hillo",
        "\\*, a",
        "a?, a",
        "*a, b",
        "[], a",
        "[^a, a",
    })
    void shouldNotMatchWhenThePatternSays(String pattern, String text) {
        assertThat(matches(pattern, text)).isFalse();
    }

    @Test
    void shouldNotTakeForeverWhenThereAreManyStars() {
        String text = "a".repeat(20_000);
        Assertions.assertTimeout(
                Duration.ofSeconds(5),
                () -> assertThat(matches("*a".repeat(30) + "b", text)).isFalse());
    }
}
