package io.nettyaio.examples.doctor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a directory gives.
 *
 * @param path           as it was named
 * @param fileSystem     its type; {@code null} where it is not known
 * @param source         what is mounted there
 * @param mountPoint     where
 * @param mountOptions   of the mount
 * @param freeBytes      that this user may still write; -1 where it is not known
 * @param device         the block device below; {@code null} where there is none, or it cannot be told
 * @param alignmentBytes of direct I/O; 0 where there is none
 * @param routes         of the operations that were tried
 * @param measurement    {@code null} where none was made
 * @param settings       recommended
 */
public record PlaceReport(
        String path,
        @Nullable String fileSystem,
        @Nullable String source,
        @Nullable String mountPoint,
        @Nullable String mountOptions,
        long freeBytes,
        @Nullable BlockDevice device,
        int alignmentBytes,
        List<RouteReport> routes,
        @Nullable Measurement measurement,
        List<Setting> settings) {}
