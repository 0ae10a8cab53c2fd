/** The log on the real kernel, and on disks that lose power. */
@NullMarked
package io.nettyaio.examples.log;

import org.jspecify.annotations.NullMarked;
