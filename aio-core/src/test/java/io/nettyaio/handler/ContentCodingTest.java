package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentCodingTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "NONE",
            value = {
                "gzip, deflate, br | [BROTLI, GZIP]",
                "gzip | [GZIP]",
                "GZIP;Q=1.0 | [GZIP]",
                "x-gzip | [GZIP]",
                "br;q=0.5, gzip;q=0.8 | [GZIP, BROTLI]",
                "br;q=0, gzip | [GZIP]",
                "* | [BROTLI, GZIP]",
                "*;q=0.1, br;q=0 | [GZIP]",
                "gzip;q=0.5, identity | []",
                "gzip;q=0.5, identity;q=0.4 | [GZIP]",
                "identity | []",
                "gzip;q=2 | []",
                "gzip;level=9 | []",
                "gzip;q=0.0001 | []",
                "deflate | []",
                "'' | []",
                "NONE | []",
            })
    void shouldGiveWhatTheClientPrefersWhenItSaysSo(String field, String codings) {
        assertThat(ContentCoding.acceptedBy(field)).hasToString(codings);
    }

    @Test
    void shouldNameSuffixesAsTheToolsDoWhenAsked() {
        assertThat(ContentCoding.BROTLI.suffix()).isEqualTo(".br");
        assertThat(ContentCoding.GZIP.suffix()).isEqualTo(".gz");
        assertThat(ContentCoding.GZIP.token()).isEqualTo("gzip");
    }
}
