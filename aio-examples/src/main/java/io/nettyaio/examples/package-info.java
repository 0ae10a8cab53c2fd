/** The command line: {@link io.nettyaio.examples.Aio} and what its commands share. */
@NullMarked
package io.nettyaio.examples;

import org.jspecify.annotations.NullMarked;
