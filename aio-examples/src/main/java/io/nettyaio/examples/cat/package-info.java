/**
 * {@code aio cat [FILE...]}: files and standard input to standard output, on one event loop.
 *
 * <p>{@link io.nettyaio.examples.cat.CatCommand} goes through the operands. Each is an {@code Input}, a file or a pipe,
 * which moves its bytes within the kernel where that can be done ({@code splice(2)}), and else by a {@code Pump}, which
 * reads ahead while it writes.
 */
@NullMarked
package io.nettyaio.examples.cat;

import org.jspecify.annotations.NullMarked;
