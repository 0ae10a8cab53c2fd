/** The doctor on real file systems, and on a machine that refuses. */
@NullMarked
package io.nettyaio.examples.doctor;

import org.jspecify.annotations.NullMarked;
