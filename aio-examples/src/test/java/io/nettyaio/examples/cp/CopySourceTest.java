package io.nettyaio.examples.cp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an argument names, and what that is called in the directory it is copied into. */
@Timeout(10)
class CopySourceTest {

    @ParameterizedTest
    @CsvSource({
        "a, a, to/a",
        "a/b, a/b, to/b",
        "/a, /a, to/a",
        "a/, a/., to/a",
        "a//, a/., to/a",
        "a/., a/., to",
        "., ., to",
        "a/.., a/.., to",
        "/, /, to",
    })
    void shouldNameWhatTheArgumentMeans(String argument, String path, String in) {
        CopySource source = CopySource.of(argument);
        assertThat(source.path()).isEqualTo(Path.of(path));
        assertThat(source.in(Path.of("to"))).isEqualTo(Path.of(in));
    }
}
