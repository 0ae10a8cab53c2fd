package io.nettyaio;

import java.nio.file.Path;

/**
 * A name in a directory, from {@link AioFile#nextEntries()}.
 *
 * @param name the name alone, to be resolved against the directory's path. It has the bytes that the directory has, also
 *             where these are no text in the JVM's encoding
 * @param type what it leads to; {@link AioFileType#UNKNOWN} where the file system does not keep that in its directories
 */
public record AioDirectoryEntry(Path name, AioFileType type) {}
