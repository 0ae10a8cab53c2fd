package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MimeTypesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "index.html | text/html; charset=utf-8",
                "INDEX.HTML | text/html; charset=utf-8",
                "a.b.json | application/json",
                "x.PnG | image/png",
                "archive.tar.gz | application/gzip",
            })
    void shouldKnowTheTypeWhenTheExtensionIsCommon(String name, String type) {
        assertThat(MimeTypes.of(name)).isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource({"README", "a.", "a.unheard-of", ".html", "''", "html"})
    void shouldSayOctetsWhenTheExtensionSaysNothing(String name) {
        assertThat(MimeTypes.of(name)).isEqualTo(MimeTypes.UNKNOWN);
    }
}
