package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conditional requests, of a file that was changed at 2001-02-03T04:05:06.789Z. */
class PreconditionsTest {

    private static final String ETAG = "\"a-1,2\"";
    private static final Instant MODIFIED = Instant.parse("2001-02-03T04:05:06.789Z");

    /** Fields separated by semicolons; SAME, BEFORE and AFTER stand for dates. */
    private static HttpHeaders headers(String fields) {
        HttpHeaders headers = new DefaultHttpHeaders();
        for (String field : fields.split(";", -1)) {
            int colon = field.indexOf(':');
            headers.add(
                    field.substring(0, colon).strip(),
                    field.substring(colon + 1)
                            .strip()
                            .replace("SAME", "Sat, 03 Feb 2001 04:05:06 GMT")
                            .replace("BEFORE", "Sat, 03 Feb 2001 04:05:05 GMT")
                            .replace("AFTER", "Sat, 03 Feb 2001 04:05:07 GMT")
                            .replace("TAG", ETAG));
        }
        return headers;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X: y | PROCEED",
                "If-Match: TAG | PROCEED",
                "If-Match: * | PROCEED",
                "If-Match: \"x\", TAG | PROCEED",
                "If-Match: \"x\" ; If-Match: TAG | PROCEED",
                "If-Match: \"x\" | FAILED",
                "If-Match: W/TAG | FAILED", // a weak tag never matches strongly
                "If-Match: garbage | FAILED",
                "If-Unmodified-Since: SAME | PROCEED",
                "If-Unmodified-Since: AFTER | PROCEED",
                "If-Unmodified-Since: BEFORE | FAILED",
                "If-Unmodified-Since: yesterday | PROCEED",
                "If-Match: TAG ; If-Unmodified-Since: BEFORE | PROCEED", // If-Match goes first
                "If-None-Match: TAG | NOT_MODIFIED",
                "If-None-Match: W/TAG | NOT_MODIFIED",
                "If-None-Match: * | NOT_MODIFIED",
                "If-None-Match: \"x\",W/\"y\" , TAG | NOT_MODIFIED",
                "If-None-Match: \"x\" | PROCEED",
                "If-None-Match: \"a-1 | PROCEED",
                "If-Modified-Since: SAME | NOT_MODIFIED",
                "If-Modified-Since: AFTER | NOT_MODIFIED",
                "If-Modified-Since: BEFORE | PROCEED",
                "If-Modified-Since: 5 | PROCEED",
                "If-None-Match: \"x\" ; If-Modified-Since: SAME | PROCEED", // If-None-Match goes first
                "If-None-Match: TAG ; If-Modified-Since: BEFORE | NOT_MODIFIED",
                "If-Match: \"x\" ; If-None-Match: TAG | FAILED",
                "If-Match: TAG ; If-None-Match: TAG | NOT_MODIFIED",
            })
    void shouldFollowTheOrderOfTheRfcWhenThereAreConditions(String fields, Preconditions.Outcome outcome) {
        assertThat(Preconditions.evaluate(headers(fields), ETAG, MODIFIED)).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X: y | true",
                "If-Range: TAG | true",
                "If-Range: W/TAG | false",
                "If-Range: \"x\" | false",
                "If-Range: SAME | true",
                "If-Range: BEFORE | false",
                "If-Range: AFTER | false",
                "If-Range: nonsense | false",
            })
    void shouldAllowTheRangeWhenTheValidatorIsTheSame(String fields, boolean applies) {
        assertThat(Preconditions.rangeApplies(headers(fields), ETAG, MODIFIED, MODIFIED.plusSeconds(60)))
                .isEqualTo(applies);
    }

    @Test
    void shouldNotTrustADateWhenTheFileMayStillChangeInTheSameSecond() {
        assertThat(Preconditions.rangeApplies(
                        headers("If-Range: SAME"), ETAG, MODIFIED, Instant.parse("2001-02-03T04:05:06.999Z")))
                .isFalse();
    }
}
