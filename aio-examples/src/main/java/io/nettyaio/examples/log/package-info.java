/**
 * A write-ahead log with group commit, whose writes and syncs are operations of its callers' event loop.
 *
 * <p>{@link io.nettyaio.examples.log.WriteAheadLog} is the way in. Records are encoded straight into a {@code Batch};
 * the {@code Committer} writes and syncs one batch at a time, so that everything that arrives meanwhile is the next one;
 * {@code Segments} makes the files ready ahead of need; {@code Recovery} reads them back; {@code Compaction} replaces
 * what is old by a snapshot. {@code RecordFormat} and {@code FileHeader} alone know the layout. What is guaranteed, and
 * the format byte by byte, is in {@code docs/log-format.md}.
 *
 * <p>Depends on the API of aio-core alone: no engine, no server, no command line.
 */
@NullMarked
package io.nettyaio.examples.log;

import org.jspecify.annotations.NullMarked;
