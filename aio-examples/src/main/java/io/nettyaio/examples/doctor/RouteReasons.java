package io.nettyaio.examples.doctor;

import io.nettyaio.AioRoute;
import io.nettyaio.examples.doctor.RouteReport.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Says why an operation took the route that it took.
 *
 * @param mount     what the file lies on; {@code null} where that is unknown
 * @param kernelAio whether there is kernel AIO
 */
record RouteReasons(@Nullable MountPoint mount, boolean kernelAio) {

    String why(Kind operation, AioRoute route) {
        return switch (operation) {
            case OPEN -> "open(2) may wait for the disk, so a helper thread calls it";
            case BUFFERED_WRITE -> "a write into the page cache may wait for room and for blocks, so a helper calls it";
            case APPEND -> "extends the file, which waits for the file system, so a helper calls it";
            case FSYNC, FDATASYNC -> sync(route);
            case BUFFERED_READ_HIT, BUFFERED_READ_MISS -> buffered(operation, route);
            case DIRECT_READ, DIRECT_OVERWRITE, DIRECT_EXTENDING_WRITE -> direct(operation, route);
        };
    }

    private static String sync(AioRoute route) {
        return route == AioRoute.KERNEL
                ? "IOCB_CMD_FDSYNC, since syncPolicy=KERNEL"
                : "waits for the disk, so a helper calls it; concurrent ones share a call";
    }

    private String buffered(Kind operation, AioRoute route) {
        return switch (route) {
            case INLINE ->
                operation == Kind.BUFFERED_READ_HIT
                        ? "RWF_NOWAIT on the loop found it in the page cache"
                        : "RWF_NOWAIT on the loop found it in the page cache all the same: it had been read ahead";
            case COLLECT -> "RWF_NOWAIT on the loop has started the read-in; taken when it had come in";
            case HELPER ->
                fileSystem() + " does not know RWF_NOWAIT for reads, so a helper calls preadv2(2), cached or not";
            default -> "an unusual route for it";
        };
    }

    private String direct(Kind operation, AioRoute route) {
        return switch (route) {
            case KERNEL -> "io_submit(2) on the loop comes back at once; the eventfd tells of the completion";
            case HELPER_SUBMIT ->
                operation == Kind.DIRECT_EXTENDING_WRITE
                        ? "io_submit(2) waits while " + fileSystem() + " allocates blocks, so a helper calls it"
                        : "io_submit(2) may wait on " + fileSystem()
                                + ", which refuses RWF_NOWAIT for it, so a helper calls it";
            case HELPER ->
                kernelAio
                        ? fileSystem() + " carries it out synchronously, so a helper calls it"
                        : "there is no kernel AIO here, so a helper calls it";
            default -> "an unusual route for it";
        };
    }

    private String fileSystem() {
        return mount == null ? "this file system" : mount.type();
    }
}
