package io.nettyaio.examples.log;

import io.nettyaio.AioFile;

/**
 * A segment's file, open for writing.
 *
 * @param id        counted from 1
 * @param file      the open file
 * @param sizeBytes its length, all of it written before
 */
record Segment(long id, AioFile file, int sizeBytes) {}
