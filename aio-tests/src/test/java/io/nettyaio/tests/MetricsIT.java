package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.eventually;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.metrics.AioMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Micrometer is shown of real contexts, and that the documents say the same. */
@Timeout(120)
class MetricsIT {

    private static final int BLOCK = 4096;
    private static final Path DOCS = Path.of("..", "docs");

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static AioContext measured(int loop) {
        return aio.context(
                loop,
                aio.config()
                        .metrics(true)
                        .stallThreshold(50, TimeUnit.MILLISECONDS)
                        .build());
    }

    /** Something of everything: buffered and direct, well and badly, and a route that is refused. */
    private static AioFile work(AioContext context) throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        AioFile file = aio.open(context, directory.resolve("direct"), CREATE, READ, WRITE, DIRECT);
        for (int i = 0; i < 8; i++) {
            // Each extends the file, which the kernel would wait for.
            get(file.write(context.alignedAllocator().directBuffer(BLOCK).writeZero(BLOCK), (long) i * BLOCK));
        }
        ByteBuf page = get(file.read(0, BLOCK));
        page.release();
        get(file.fdatasync());
        AioTestLoops.failure(context.open(directory.resolve("none"), READ));
        return file;
    }

    private static Meter.Id idOf(Meter meter) {
        return meter.getId();
    }

    private static double counted(MeterRegistry registry, String name, String... tags) {
        return registry.find(name).tags(tags).functionCounters().stream()
                .mapToDouble(FunctionCounter::count)
                .sum();
    }

    @Test
    void shouldShowWhatWasDoneWhenOperationsHaveEnded() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (AioMetrics metrics = new AioMetrics(aio.group())) {
            metrics.bindTo(registry);
            AioContext context = measured(0);
            AioFile unused = work(context);
            String thread = aio.onLoop(0, () -> Thread.currentThread().getName());

            eventually(
                    "eight writes",
                    () -> counted(registry, "aio.operations", "context", thread, "kind", "write", "outcome", "ok")
                            == 8);
            assertThat(counted(registry, "aio.operation.bytes", "kind", "write", "class", "default"))
                    .isEqualTo(8 * BLOCK);
            eventually("the failed open", () -> counted(registry, "aio.operations", "outcome", "failed") == 1);
            assertThat(counted(registry, "aio.operations", "kind", "fdatasync", "route", "helper"))
                    .isEqualTo(1);
            eventually(
                    "latencies",
                    () -> registry.find("aio.operation.latency")
                                    .tags("kind", "write")
                                    .functionTimer()
                            != null);
            FunctionTimer latency =
                    registry.get("aio.operation.latency").tags("kind", "write").functionTimer();
            assertThat(latency.count()).isEqualTo(8);
            assertThat(latency.totalTime(TimeUnit.NANOSECONDS)).isPositive();
            assertThat(counted(registry, "aio.operation.latency.histogram", "kind", "write", "le", "+Inf"))
                    .isEqualTo(8);
            assertThat(registry.get("aio.operation.latency.max")
                            .tags("kind", "write")
                            .timeGauge()
                            .value(TimeUnit.NANOSECONDS))
                    .isBetween(
                            latency.totalTime(TimeUnit.NANOSECONDS) / 8,
                            latency.totalTime(TimeUnit.NANOSECONDS) * 1.07);
            assertThat(registry.get("aio.files.open").gauge().value()).isEqualTo(1);
            assertThat(registry.get("aio.machine.max.requests").gauge().value())
                    .isEqualTo(Double.parseDouble(Files.readAllLines(Path.of("/proc/sys/fs/aio-max-nr"))
                            .get(0)));
            assertThat(registry.get("aio.machine.requests").gauge().value())
                    .isGreaterThanOrEqualTo(context.config().queueDepth());
        }
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void shouldComeAndGoWithItsContextWhenBoundBefore() throws Exception {
        SimpleMeterRegistry all = new SimpleMeterRegistry();
        SimpleMeterRegistry second = new SimpleMeterRegistry();
        try (AioMetrics everywhere = new AioMetrics();
                AioMetrics some = new AioMetrics(List.of(aio.loop(1)), Tags.of("application", "test"))) {
            everywhere.bindTo(all);
            some.bindTo(second);
            AioContext zero = measured(0);
            eventually("the first", () -> all.find("aio.pending").gauges().size() == 1);
            AioContext one = measured(1);
            eventually("both", () -> all.find("aio.pending").gauges().size() == 2);
            eventually("the second", () -> second.find("aio.pending").gauges().size() == 1);
            assertThat(second.get("aio.pending").gauge().getId().getTag("application"))
                    .isEqualTo("test");

            get(one.close());
            eventually("one is gone", () -> all.find("aio.pending").gauges().size() == 1);
            eventually(
                    "its own is gone", () -> second.find("aio.pending").gauges().isEmpty());
            get(zero.close());
            eventually(
                    "all are gone",
                    () -> all.getMeters().stream()
                            .noneMatch(meter -> idOf(meter).getTag("context") != null));
        }
    }

    @Test
    void shouldHaveTheGaugesOnlyWhenNothingIsCounted() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (AioMetrics metrics = new AioMetrics(aio.group())) {
            AioContext context = aio.context(0, aio.config().metrics(false).build());
            AioFile unused = work(context);
            metrics.bindTo(registry);
            Set<String> expected = documented().stream()
                    .filter(row -> row.condition().equals("always"))
                    .map(Row::name)
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> found = registry.getMeters().stream()
                    .map(meter -> idOf(meter).getName())
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(found).isEqualTo(expected);
        }
    }

    @Test
    void shouldRefuseToBindWhenClosed() {
        AioMetrics metrics = new AioMetrics();
        metrics.close();
        assertThatIllegalStateException().isThrownBy(() -> metrics.bindTo(new SimpleMeterRegistry()));
    }

    /** A row of the table. */
    private record Row(String name, String type, String unit, Set<String> tags, String condition) {}

    private static List<Row> documented() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(DOCS.resolve("metrics.md"))) {
            if (line.startsWith("| `aio.")) {
                String[] cells = line.substring(1).split("\\|", -1);
                Set<String> tags = new TreeSet<>(List.of(cells[3].strip().split(", ")));
                tags.remove("");
                rows.add(new Row(
                        cells[0].strip().replace("`", ""), cells[1].strip(), cells[2].strip(), tags, cells[4].strip()));
            }
        }
        return rows;
    }

    private static Row rowOf(Meter meter, Row documented) {
        String type = meter instanceof FunctionTimer
                ? "timer"
                : meter instanceof FunctionCounter ? "counter" : meter instanceof Gauge ? "gauge" : "?";
        String unit = idOf(meter).getBaseUnit();
        Set<String> tags =
                idOf(meter).getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
        return new Row(idOf(meter).getName(), type, unit == null ? "" : unit, tags, documented.condition());
    }

    /** The table says of each meter what is registered, and has no other. */
    @Test
    void shouldBeDocumentedWhenRegistered() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (AioMetrics metrics = new AioMetrics(aio.group())) {
            metrics.bindTo(registry);
            AioFile unused = work(measured(0));
            TreeMap<String, Row> rows = new TreeMap<>();
            documented()
                    .forEach(row ->
                            assertThat(rows.put(row.name(), row)).as(row.name()).isNull());
            eventually(
                    "all have appeared",
                    () -> rows.keySet().stream()
                            .allMatch(name -> registry.find(name).meter() != null));
            for (Meter meter : registry.getMeters()) {
                Row row = rows.get(idOf(meter).getName());
                assertThat(row).as("documented: %s", idOf(meter)).isNotNull();
                assertThat(rowOf(meter, row)).isEqualTo(row);
            }
        }
    }

    private static final Pattern METRIC = Pattern.compile("\\baio_[a-z_]+");

    /** Every metric of the dashboard's queries is one that Prometheus finds. */
    @Test
    void shouldBeThereWhenTheDashboardQueriesIt() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (AioMetrics metrics = new AioMetrics(aio.group())) {
            metrics.bindTo(registry);
            AioFile unused = work(measured(0));
            eventually("all have appeared", () -> registry.find("aio.demotions").meter() != null);
            eventually(
                    "latencies",
                    () -> registry.find("aio.operation.latency")
                                    .tags("kind", "fdatasync")
                                    .meter()
                            != null);

            Set<String> names = registry.scrape()
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("[{ ]", 2)[0])
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> queried = new TreeSet<>();
            JsonNode dashboard = new ObjectMapper()
                    .readTree(DOCS.resolve("grafana-dashboard.json").toFile());
            for (JsonNode expression : dashboard.findValues("expr")) {
                Matcher matcher = METRIC.matcher(expression.asText());
                assertThat(matcher.find()).as("names a metric: %s", expression).isTrue();
                do {
                    queried.add(matcher.group());
                } while (matcher.find());
            }
            assertThat(queried).hasSizeGreaterThan(20);
            assertThat(names).containsAll(queried);
        }
    }

    /** Buckets as histogram_quantile() wants them: counters that grow with le, the last one holding all. */
    @Test
    void shouldGrowWithTheBoundWhenPrometheusReadsTheBuckets() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (AioMetrics metrics = new AioMetrics(aio.group())) {
            metrics.bindTo(registry);
            AioFile unused = work(measured(0));
            eventually(
                    "latencies",
                    () -> registry.find("aio.operation.latency")
                                    .tags("kind", "write")
                                    .meter()
                            != null);
            TreeMap<Double, Double> buckets = new TreeMap<>();
            Pattern line =
                    Pattern.compile("aio_operation_latency_histogram_total\\{.*kind=\"write\",le=\"(.*)\"} (.*)");
            registry.scrape().lines().forEach(text -> {
                Matcher matcher = line.matcher(text);
                if (matcher.matches()) {
                    String bound = matcher.group(1);
                    buckets.put(
                            bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound),
                            Double.parseDouble(matcher.group(2)));
                }
            });
            assertThat(buckets).hasSize(26);
            assertThat(buckets.firstKey()).isEqualTo(1.024e-6);
            assertThat(new ArrayList<>(buckets.values())).isSorted();
            assertThat(buckets.lastEntry().getValue()).isEqualTo(8.0);
        }
    }
}
