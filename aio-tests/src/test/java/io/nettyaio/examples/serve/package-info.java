/** The server as its clients see it: real files, real sockets, and what is left behind. */
@NullMarked
package io.nettyaio.examples.serve;

import org.jspecify.annotations.NullMarked;
