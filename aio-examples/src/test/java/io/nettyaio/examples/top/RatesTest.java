package io.nettyaio.examples.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Differences and percentiles between two scrapes. */
@Timeout(10)
class RatesTest {

    private static Rates rates(String before, String now) {
        return new Rates(
                new Scrape(0, "UP", PrometheusText.parse(before)),
                new Scrape(2_000_000_000L, "UP", PrometheusText.parse(now)));
    }

    @Test
    void shouldDivideGrowthByTime() {
        Rates rates = rates("n{a=\"1\"} 10\nn{a=\"2\"} 5", "n{a=\"1\"} 30\nn{a=\"2\"} 5\nn{a=\"3\"} 4");
        assertThat(rates.perSecond("n")).isEqualTo(12);
        assertThat(rates.perSecond("n", sample -> sample.label("a").equals("1")))
                .isEqualTo(10);
        assertThat(rates.perSecond("none")).isZero();
    }

    /** The server has been started anew in between. */
    @Test
    void shouldCountFromZeroWhenACounterHasBegunAnew() {
        assertThat(rates("n 1000", "n 8").perSecond("n")).isEqualTo(4);
        assertThat(rates("h{le=\"1.0\"} 50\nh{le=\"+Inf\"} 50", "h{le=\"1.0\"} 10\nh{le=\"+Inf\"} 10")
                        .percentile("h", any -> true, 0.5))
                .isCloseTo(0.5, within(1e-9));
    }

    @Test
    void shouldTakePercentilesOfWhatHappenedBetween() {
        Rates rates = rates(
                "h{le=\"1.0\"} 1000\nh{le=\"2.0\"} 1000\nh{le=\"4.0\"} 1000\nh{le=\"+Inf\"} 1000",
                "h{le=\"1.0\"} 1000\nh{le=\"2.0\"} 1090\nh{le=\"4.0\"} 1100\nh{le=\"+Inf\"} 1100");
        assertThat(rates.percentile("h", any -> true, 0.45)).isCloseTo(1.5, within(1e-9));
        assertThat(rates.percentile("h", any -> true, 0.95)).isCloseTo(3, within(1e-9));
    }

    @Test
    void shouldAddUpHistogramsOfSeveralLoops() {
        Rates rates = rates(
                "",
                "h{l=\"a\",le=\"1.0\"} 10\nh{l=\"a\",le=\"+Inf\"} 10\nh{l=\"b\",le=\"1.0\"} 0\nh{l=\"b\",le=\"+Inf\"} 10");
        assertThat(rates.percentile("h", any -> true, 0.5)).isCloseTo(1, within(1e-9));
        assertThat(rates.percentile("h", any -> true, 0.9))
                .as("beyond the last bound")
                .isEqualTo(1);
        assertThat(rates.percentile("h", sample -> sample.label("l").equals("a"), 0.1))
                .isCloseTo(0.1, within(1e-9));
    }

    @Test
    void shouldHaveNoPercentileWhenNothingHappened() {
        assertThat(rates("h{le=\"+Inf\"} 5", "h{le=\"+Inf\"} 5").percentile("h", any -> true, 0.5))
                .isNaN();
        assertThat(rates("", "").percentile("h", any -> true, 0.5)).isNaN();
    }

    @Test
    void shouldShowTimesInAUnitThatFits() {
        assertThat(TopFrame.time(Double.NaN)).isEqualTo("-");
        assertThat(TopFrame.time(0)).isEqualTo("-");
        assertThat(TopFrame.time(0.000_012)).isEqualTo("12 µs");
        assertThat(TopFrame.time(0.0123)).isEqualTo("12.3 ms");
        assertThat(TopFrame.time(1.25)).isEqualTo("1.3 s");
    }
}
