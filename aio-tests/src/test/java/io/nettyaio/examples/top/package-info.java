/** What top shows of real servers. */
@NullMarked
package io.nettyaio.examples.top;

import org.jspecify.annotations.NullMarked;
