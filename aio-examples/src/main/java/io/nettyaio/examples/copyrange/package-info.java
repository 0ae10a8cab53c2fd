/** An operation that the library does not have, made by its users: a copy of a range from file to file, in the kernel. */
@NullMarked
package io.nettyaio.examples.copyrange;

import org.jspecify.annotations.NullMarked;
