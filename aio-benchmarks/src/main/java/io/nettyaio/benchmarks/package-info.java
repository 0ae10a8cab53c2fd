/**
 * Side-by-side benchmarks: {@link io.nettyaio.benchmarks.Bench} runs one case, each of them against what one would use
 * otherwise.
 *
 * <p>A case has {@linkplain io.nettyaio.benchmarks.Side sides}. They are run in turn, in interleaved
 * {@linkplain io.nettyaio.benchmarks.Rounds rounds}, so that what else the machine does meets all of them; what is
 * compared are the medians. Nothing else is active while a side runs.
 */
@NullMarked
package io.nettyaio.benchmarks;

import org.jspecify.annotations.NullMarked;
