package io.nettyaio.tests;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/** Collects what Netty's leak detector reports about buffers. */
final class Leaks {

    private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();

    static {
        try {
            // Not through ResourceLeakDetectorFactory: that is too late once a buffer class has been loaded.
            Field field = Class.forName("io.netty.buffer.AbstractByteBuf").getDeclaredField("leakDetector");
            field.setAccessible(true);
            ((ResourceLeakDetector<?>) field.get(null))
                    .setLeakListener((resource, records) -> REPORTS.add(abbreviated(resource + records)));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Leaks() {}

    /** Without the frames of whoever runs the test. */
    private static String abbreviated(String report) {
        return report.lines()
                .filter(line -> !line.contains("org.junit.")
                        && !line.contains("java.base/")
                        && !line.contains("io.netty.util.concurrent."))
                .collect(Collectors.joining("\n"));
    }

    /** Starts to listen; repeating it does nothing. */
    static void install() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    /** What has been reported since the last call. */
    static List<String> reports() {
        List<String> reports = List.copyOf(REPORTS);
        REPORTS.removeAll(reports);
        return reports;
    }

    /** As {@link #reports()}, after a garbage collection: finds the buffers that were lost just now. */
    static List<String> collectedReports() throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            System.gc();
            Thread.sleep(20); // the reference handler enqueues
            for (int n = 0; n < 64; n++) {
                ByteBuf probe = UnpooledByteBufAllocator.DEFAULT.directBuffer(16); // allocating is what reports
                probe.release();
            }
        }
        return reports();
    }
}
