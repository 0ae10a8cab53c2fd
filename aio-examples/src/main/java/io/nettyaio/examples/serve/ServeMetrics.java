package io.nettyaio.examples.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.channel.group.ChannelGroup;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts what the file server does. The number of meters is bounded: methods that it does not know are one, and of a status
 * its class counts.
 *
 * <p><b>Threading.</b> Any thread; the counters are Micrometer's, which do not block.
 */
final class ServeMetrics {

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "PUT", "POST", "OPTIONS", "DELETE");
    private static final int HUNDRED = 100;

    private final MeterRegistry registry;
    private final Counter accepted;
    private final Counter sent;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    /**
     * Registers the meters.
     *
     * @param open connections that are open
     */
    ServeMetrics(MeterRegistry registry, ChannelGroup open) {
        this.registry = registry;
        Gauge.builder("aio.serve.connections", open, ChannelGroup::size)
                .baseUnit("connections")
                .description("open")
                .register(registry);
        accepted = Counter.builder("aio.serve.accepted")
                .baseUnit("connections")
                .description("accepted since the start")
                .register(registry);
        sent = Counter.builder("aio.serve.sent")
                .baseUnit("bytes")
                .description("of the bodies of responses, as far as they have been handed to the socket")
                .register(registry);
    }

    void accepted() {
        accepted.increment();
    }

    /** A response has ended, or has been cut. */
    void ended(AccessLog.Line exchange) {
        sent.increment((double) exchange.bytes());
        String asked = exchange.request();
        int blank = asked.indexOf(' ');
        String method = blank < 0 ? asked : asked.substring(0, blank);
        int status = exchange.status() / HUNDRED;
        timer(METHODS.contains(method) ? method : "other", status == 0 ? "none" : status + "xx")
                .record(exchange.nanos(), TimeUnit.NANOSECONDS);
    }

    private Timer timer(String method, String status) {
        return timers.computeIfAbsent(
                method + ' ' + status,
                unseen -> Timer.builder("aio.serve.requests")
                        .description("from a request's header to the end of its response")
                        .tag("method", method)
                        .tag("status", status)
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofNanos(100_000))
                        .maximumExpectedValue(Duration.ofSeconds(30))
                        .register(registry));
    }
}
