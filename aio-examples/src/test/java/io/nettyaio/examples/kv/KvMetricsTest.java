package io.nettyaio.examples.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nettyaio.examples.admin.Admin;
import io.nettyaio.examples.log.LogState;
import io.nettyaio.examples.log.LogStats;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is shown of the store's figures, and which of them is an illness. */
@Timeout(20)
class KvMetricsTest {

    private static KvFigures figures(LogState state, @Nullable String refusal, long commands) {
        return new KvFigures(
                commands,
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                9,
                10,
                state,
                refusal,
                new LogStats(11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, TimeUnit.MILLISECONDS.toNanos(22)));
    }

    private final AtomicReference<KvFigures> newest = new AtomicReference<>(figures(LogState.OPEN, null, 0));
    private final KvMetrics metrics = new KvMetrics(newest::get);

    @Test
    void shouldShowTheNewestFigures() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        metrics.bindTo(registry);
        newest.set(figures(LogState.OPEN, null, 100));
        assertThat(registry.get("aio.kv.commands").functionCounter().count()).isEqualTo(100);
        assertThat(registry.get("aio.kv.connections").gauge().value()).isEqualTo(5);
        assertThat(registry.get("aio.kv.keys").gauge().value()).isEqualTo(6);
        assertThat(registry.get("aio.kv.pending").gauge().value()).isEqualTo(9);
        assertThat(registry.get("aio.kv.log.syncs").functionCounter().count()).isEqualTo(20);
        assertThat(registry.get("aio.kv.log.size").gauge().value()).isEqualTo(17);
        assertThat(registry.get("aio.kv.log.commit.longest").timeGauge().value(TimeUnit.MILLISECONDS))
                .isEqualTo(22);
        assertThat(registry.get("aio.kv.log.writable").gauge().value()).isOne();
        newest.set(figures(LogState.FULL, "no room", 100));
        assertThat(registry.get("aio.kv.log.writable").gauge().value()).isZero();
    }

    @Test
    void shouldBeDownWhenTheLogIsReadOnlyAndDegradedWhenItIsFull() throws Exception {
        try (Admin admin = new Admin()) {
            admin.watch(metrics);
            admin.listen(0);
            check(admin, 200, "{\"status\":\"UP\",\"reasons\":[]}");
            newest.set(figures(LogState.FULL, "ENOSPC", 1));
            check(
                    admin,
                    200,
                    "{\"status\":\"DEGRADED\",\"reasons\":[\"the log takes no changes until there is room: ENOSPC\"]}");
            newest.set(figures(LogState.READ_ONLY, "EIO", 1));
            check(
                    admin,
                    503,
                    "{\"status\":\"DOWN\",\"reasons\":[\"the log takes no changes until the server is started anew: EIO\"]}");
        }
    }

    private static void check(Admin admin, int status, String body) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(admin.url() + "health")).build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body().strip()).isEqualTo(body);
    }
}
