package io.nettyaio.examples.top;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Fetches what a server shows. Bounded in time and length.
 *
 * <p><b>Threading.</b> One thread, which waits.
 */
final class Scraper {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MOST_BYTES = 32 << 20;
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final ObjectMapper json = new ObjectMapper();
    private final Target target;

    Scraper(Target target) {
        this.target = target;
    }

    /**
     * Metrics and health.
     *
     * @throws IOException where there are none; the message says so in a sentence
     */
    Scrape scrape() throws IOException, InterruptedException {
        try {
            String health = health();
            HttpResponse<InputStream> metrics = get("/metrics");
            String text = text(metrics);
            if (metrics.statusCode() != OK) {
                throw new IOException(target + " has no metrics: it answers " + metrics.statusCode()
                        + "; is it the --admin-port of a server?");
            }
            return new Scrape(System.nanoTime(), health, PrometheusText.parse(text));
        } catch (ConnectException e) {
            throw new IOException("nobody listens on " + target + "; start a server with --admin-port", e);
        } catch (HttpTimeoutException e) {
            throw new IOException(target + " does not answer within " + PATIENCE.toSeconds() + " s", e);
        }
    }

    private String health() throws IOException, InterruptedException {
        HttpResponse<InputStream> response = get("/health");
        String text = text(response);
        if (response.statusCode() != OK && response.statusCode() != UNAVAILABLE) {
            return "unknown";
        }
        try {
            JsonNode health = json.readTree(text);
            StringBuilder line = new StringBuilder(health.path("status").asText("unknown"));
            String separator = ": ";
            for (JsonNode reason : health.path("reasons")) {
                line.append(separator).append(reason.asText());
                separator = "; ";
            }
            return line.toString();
        } catch (IOException noJson) {
            return "unknown";
        }
    }

    private HttpResponse<InputStream> get(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(target.uri(path)).timeout(PATIENCE).build();
        return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    }

    private static String text(HttpResponse<InputStream> response) throws IOException {
        try (InputStream body = response.body()) {
            return new String(body.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
        }
    }
}
