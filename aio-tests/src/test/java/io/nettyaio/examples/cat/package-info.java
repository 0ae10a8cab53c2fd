/** The command as a process, on streams of every kind. */
@NullMarked
package io.nettyaio.examples.cat;

import org.jspecify.annotations.NullMarked;
