package io.nettyaio.examples.cp;

/**
 * What became of a {@link CopyJob}.
 *
 * @param files       regular files copied
 * @param links       symbolic links copied
 * @param directories directories that are complete, but for what the failures concern
 * @param bytes       lengths of the files copied, in sum
 * @param failures    what could not be copied; each was reported
 * @param stopped     whether it ended before its time
 */
public record CopyResult(long files, long links, long directories, long bytes, long failures, boolean stopped) {}
