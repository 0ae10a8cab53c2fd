package io.nettyaio.examples.top;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The text format of Prometheus. */
@Timeout(10)
class PrometheusTextTest {

    @Test
    void shouldReadSamplesWithAndWithoutLabels() {
        assertThat(PrometheusText.parse("""
                # HELP up whether
                # TYPE up gauge
                up 1.0
                many_total{a="x",b="y z",} 3E7 1700000000000
                many_total{} -0.5
                \tblank  NaN
                bucket{le="+Inf"} +Inf
                # EOF
                """))
                .contains(
                        new Sample("up", Map.of(), 1),
                        new Sample("many_total", Map.of("a", "x", "b", "y z"), 3e7),
                        new Sample("many_total", Map.of(), -0.5),
                        new Sample("bucket", Map.of("le", "+Inf"), Double.POSITIVE_INFINITY))
                .hasSize(4);
    }

    @Test
    void shouldReadEscapes() {
        assertThat(PrometheusText.parse("m{p=\"C:\\\\\\\"q\\\"\\n}\"} 1"))
                .isEqualTo(List.of(new Sample("m", Map.of("p", "C:\\\"q\"\n}"), 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "name",
                "name ",
                "name{",
                "name{a",
                "name{a=",
                "name{a=\"",
                "name{a=\"b",
                "name{a=\"b\"",
                "name{a=b} 1",
                "name{a=\"b\" c=\"d\"} 1",
                "name one",
                "{} 1",
                "name{a=\"b\\"
            })
    void shouldLeaveOutWhatIsNoSample(String line) {
        assertThat(PrometheusText.parse(line + "\nafter 2")).isEqualTo(List.of(new Sample("after", Map.of(), 2)));
    }
}
