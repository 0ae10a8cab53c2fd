/**
 * {@code aio top PORT}: a running server's admin port, as a terminal shows it, anew each second.
 *
 * <p>A {@code Scraper} fetches {@code /metrics} and {@code /health}; {@code PrometheusText} reads it; {@code Rates} are the
 * differences between two scrapes, percentiles those of what has happened between them; {@code TopFrame} lays them out, and
 * {@code TopScreen} shows the frame and takes the keys.
 */
@NullMarked
package io.nettyaio.examples.top;

import org.jspecify.annotations.NullMarked;
