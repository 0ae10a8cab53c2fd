package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Listens to what Netty's leak detector logs. */
final class LeakLog implements AutoCloseable {

    private final Logger logger = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    LeakLog() {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        events.start();
        logger.addAppender(events);
    }

    /** Collects garbage, since a leak is known when the buffer is gone, and asserts that none has been reported. */
    void assertNone() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(20); // the reference handler enqueues
            for (int n = 0; n < 64; n++) {
                ByteBufAllocator.DEFAULT.directBuffer(16).release(); // allocating is what reports
            }
        }
        assertThat(List.copyOf(events.list))
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }

    @Override
    public void close() {
        logger.detachAppender(events);
    }
}
