/**
 * {@code aio cp SRC DST}: copies files and trees, many at once and each one pipelined, from one event loop.
 *
 * <p>{@link io.nettyaio.examples.cp.CopyJob} goes through the sources; a {@code TreeWalk} goes through a directory, piece by
 * piece, and starts a {@code FileCopy} or a {@code LinkCopy} for each name, as far as the job's {@code Permits} allow. A file
 * copy writes a temporary file beside its target and renames it when it is complete. Its bytes go through a {@code Pump},
 * which reads ahead of what it writes; where the file has holes, {@code Extents} leads it past them.
 *
 * <p>All of them belong to the job's event loop, and none of them blocks it. Bounded, whatever the size of the tree: files
 * and bytes in flight, names held of each directory on the way down, messages not yet printed.
 */
@NullMarked
package io.nettyaio.examples.cp;

import org.jspecify.annotations.NullMarked;
