package io.nettyaio.examples.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Headless Chromium, driven as W3C WebDriver says, through the distribution's chromedriver. */
final class Browser implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Process driver;
    private final String url;
    private String session = "";

    private Browser(Process driver, int port) {
        this.driver = driver;
        url = "http://127.0.0.1:" + port;
    }

    /**
     * Starts one.
     *
     * @param profile   a new directory for what it keeps
     * @param downloads where it saves to
     */
    static Browser start(Path profile, Path downloads) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Process driver = new ProcessBuilder("chromedriver", "--port=" + port)
                .redirectErrorStream(true)
                .redirectOutput(profile.resolveSibling("chromedriver.log").toFile())
                .start();
        Browser browser = new Browser(driver, port);
        try {
            browser.open(profile, downloads);
            return browser;
        } catch (Throwable t) {
            browser.close();
            throw t;
        }
    }

    private void open(Path profile, Path downloads) throws Exception {
        ObjectNode request = JSON.createObjectNode();
        ObjectNode options = request.putObject("capabilities")
                .putObject("alwaysMatch")
                .put("acceptInsecureCerts", true)
                .putObject("goog:chromeOptions");
        ArrayNode arguments = options.putArray("args");
        List.of(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + profile)
                .forEach(arguments::add);
        options.putObject("prefs")
                .put("download.default_directory", downloads.toString())
                .put("download.prompt_for_download", false);
        long begin = System.nanoTime();
        while (true) {
            try {
                session = "/session/"
                        + send("POST", "/session", request)
                                .required("sessionId")
                                .textValue();
                return;
            } catch (java.net.ConnectException notYet) {
                if (!driver.isAlive() || System.nanoTime() - begin > START_NANOS) {
                    throw notYet;
                }
                Thread.sleep(50);
            }
        }
    }

    private JsonNode send(String method, String path, JsonNode body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()))
                .build();
        HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
        JsonNode value = JSON.readTree(response.body()).required("value");
        if (response.statusCode() != 200) {
            throw new IOException(method + ' ' + path + ": " + value);
        }
        return value;
    }

    void go(String to) throws Exception {
        send("POST", session + "/url", JSON.createObjectNode().put("url", to));
    }

    String title() throws Exception {
        return send("GET", session + "/title", null).textValue();
    }

    String url() throws Exception {
        return send("GET", session + "/url", null).textValue();
    }

    /** The id of the first element that a CSS selector finds. */
    private String find(String selector) throws Exception {
        return send(
                        "POST",
                        session + "/element",
                        JSON.createObjectNode().put("using", "css selector").put("value", selector))
                .required(ELEMENT)
                .textValue();
    }

    void click(String selector) throws Exception {
        send("POST", session + "/element/" + find(selector) + "/click", JSON.createObjectNode());
    }

    /** Types; into a file's input, its path. */
    void type(String selector, String text) throws Exception {
        send(
                "POST",
                session + "/element/" + find(selector) + "/value",
                JSON.createObjectNode().put("text", text));
    }

    /** What a script returns. */
    JsonNode run(String script) throws Exception {
        ObjectNode request = JSON.createObjectNode().put("script", script);
        request.putArray("args");
        return send("POST", session + "/execute/sync", request);
    }

    @Override
    public void close() throws IOException {
        List<ProcessHandle> children = driver.descendants().toList();
        try {
            if (!session.isEmpty()) {
                send("DELETE", session, null);
            }
            driver.destroy();
            if (!driver.waitFor(10, TimeUnit.SECONDS)) {
                driver.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            children.forEach(ProcessHandle::destroyForcibly);
            driver.destroyForcibly();
        }
    }
}
