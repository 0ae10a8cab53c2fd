/** Buffers that direct I/O can use. */
@NullMarked
package io.nettyaio.buffer;

import org.jspecify.annotations.NullMarked;
