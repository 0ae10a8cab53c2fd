/**
 * What a context measures of itself, and its way to Micrometer: {@link io.nettyaio.metrics.AioMetrics}. Micrometer is an
 * optional dependency, which only that class needs.
 */
@NullMarked
package io.nettyaio.metrics;

import org.jspecify.annotations.NullMarked;
