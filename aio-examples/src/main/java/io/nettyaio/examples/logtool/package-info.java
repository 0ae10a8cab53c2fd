/** {@code aio log}: looks into a write-ahead log, and repairs a damaged one. */
@NullMarked
package io.nettyaio.examples.logtool;

import org.jspecify.annotations.NullMarked;
