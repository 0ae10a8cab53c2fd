package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nettyaio.tests.Need;
import io.nettyaio.tests.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/1.1 and HTTP/2, in plain text and by TLS, and the tools that people measure servers with. */
@Timeout(60)
class ProtocolsIT {

    private static final int SIZE = 3_000_005;

    private Site site;
    private LeakLog leaks;

    @BeforeEach
    void start() throws Exception {
        leaks = new LeakLog();
        site = Site.create();
        site.writeNumbers("numbers", SIZE);
        site.write("small.txt", "a small file");
    }

    @AfterEach
    void stop() throws Exception {
        try (Site last = site;
                LeakLog log = leaks) {
            assertThat(last.openDescriptors()).isZero();
            log.assertNone();
        }
    }

    private static ServerConfig.Builder config() {
        return ServerConfig.builder().port(0).loops(2);
    }

    private String curl(FileServer server, String path, String... options) throws Exception {
        Need.program("curl", "curl");
        Path to = site.outside().resolve("received");
        String[] command = new String[options.length + 8];
        System.arraycopy(
                new String[] {"curl", "-sf", "-w", "%{http_version} %{http_code}", "-o", to.toString(), "--max-time"},
                0,
                command,
                0,
                7);
        command[7] = "20";
        System.arraycopy(options, 0, command, 8, options.length);
        String[] full = java.util.Arrays.copyOf(command, command.length + 1);
        full[command.length] = server.url() + path;
        String said = Shell.run(full);
        assertThat(Files.readAllBytes(to))
                .isEqualTo(Files.readAllBytes(site.root().resolve(path)));
        return said;
    }

    @Test
    void shouldSpeakEachProtocolWhenItIsPlainText() throws Exception {
        try (FileServer server = FileServer.start(site.root(), config().build())) {
            assertThat(server.url()).startsWith("http://");
            assertThat(curl(server, "numbers", "--http1.0")).isEqualTo("1.1 200");
            assertThat(curl(server, "numbers", "--http1.1")).isEqualTo("1.1 200");
            // Of what may come right behind the answer to an upgrade, curl takes no more than fits its buffer.
            assertThat(curl(server, "small.txt", "--http2")).isEqualTo("2 200");
            assertThat(curl(server, "numbers", "--http2-prior-knowledge")).isEqualTo("2 200");
            assertThat(curl(server, "small.txt", "--http2-prior-knowledge")).isEqualTo("2 200");
        }
    }

    @Test
    void shouldSpeakEachProtocolWhenItIsTls() throws Exception {
        ServerConfig config = config().tls(TlsIdentity.selfSigned()).build();
        try (FileServer server = FileServer.start(site.root(), config)) {
            assertThat(server.url()).startsWith("https://127.0.0.1:");
            assertThat(curl(server, "numbers", "--http1.1", "-k")).isEqualTo("1.1 200");
            assertThat(curl(server, "numbers", "--http2", "-k")).isEqualTo("2 200");
            assertThat(curl(server, "small.txt", "--http2", "-k")).isEqualTo("2 200");
            // Nobody has said that it can be trusted.
            assertThatThrownBy(() -> curl(server, "small.txt")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void shouldShowTheCertificateWhenOneIsGiven() throws Exception {
        Need.program("openssl", "openssl");
        Path certificate = site.outside().resolve("cert.pem");
        Path key = site.outside().resolve("key.pem");
        Shell.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-out",
                certificate.toString(),
                "-keyout",
                key.toString());
        ServerConfig config = config().tls(new TlsIdentity(certificate, key)).build();
        try (FileServer server = FileServer.start(site.root(), config)) {
            assertThat(curl(server, "small.txt", "--cacert", certificate.toString()))
                    .isEqualTo("2 200");
        }
        Files.writeString(key, "no key");
        assertThatThrownBy(() -> FileServer.start(site.root(), config))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("cannot use .*cert.pem and .*key.pem: .*; --cert takes .*");
        assertThatThrownBy(() -> FileServer.start(
                        site.root(),
                        config.with()
                                .tls(new TlsIdentity(certificate, Path.of("/none.pem")))
                                .build()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot read /none.pem");
    }

    @Test
    void shouldAnswerAllWhenH2loadAsks() throws Exception {
        Need.program("h2load", "nghttp2-client");
        try (FileServer server = FileServer.start(site.root(), config().build())) {
            for (String path : new String[] {"small.txt", "numbers"}) {
                String said = Shell.run(
                        "h2load",
                        "-n",
                        path.equals("numbers") ? "60" : "1000",
                        "-c",
                        "4",
                        "-m",
                        "10",
                        server.url() + path);
                assertThat(said).contains(" 0 failed, 0 errored, 0 timeout");
            }
            assertThat(Shell.run("h2load", "--h1", "-n", "1000", "-c", "8", server.url() + "small.txt"))
                    .contains("1000 succeeded, 0 failed");
        }
    }

    @Test
    void shouldAnswerAllWhenWrkAsks() throws Exception {
        Need.program("wrk", "wrk");
        try (FileServer server = FileServer.start(site.root(), config().build())) {
            String said = Shell.run("wrk", "-t1", "-c16", "-d1s", "--timeout", "20s", server.url() + "numbers");
            assertThat(said)
                    .contains("requests in")
                    .doesNotContain("Socket errors")
                    .doesNotContain("Non-2xx");
        }
    }

    @Test
    void shouldEndStreamsWithAGoawayWhenItEnds() throws Exception {
        Need.program("curl", "curl");
        int size = 20 * 1024 * 1024;
        site.writeNumbers("long", size);
        FileServer server = FileServer.start(
                site.root(), config().grace(Duration.ofSeconds(30)).build());
        Path received = site.outside().resolve("received");
        Path said = site.outside().resolve("said");
        // Not by the JDK's client: that gives up at a GOAWAY.
        Process curl = new ProcessBuilder(
                        "curl",
                        "-sfv",
                        "--http2-prior-knowledge",
                        "--limit-rate",
                        "10M",
                        "-o",
                        received.toString(),
                        server.url() + "long")
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            Eventually.holds(() -> assertThat(received).exists().isNotEmptyFile());
            server.close();
            assertThat(curl.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(curl.exitValue()).isZero();
            assertThat(java.util.Arrays.equals(Files.readAllBytes(received), Site.numbers(size)))
                    .isTrue();
            assertThat(said).content().contains("GOAWAY, error=0");
        } finally {
            curl.destroyForcibly();
            server.close();
        }
        assertThatThrownBy(() -> RawClient.connect(server.address()).close()).isInstanceOf(IOException.class);
    }

    @Test
    void shouldLogEachResponseWhenThereIsALog() throws Exception {
        Path log = site.outside().resolve("access.log");
        try (FileServer server =
                        FileServer.start(site.root(), config().accessLog(log).build());
                RawClient client = RawClient.connect(server.address())) {
            client.send("GET /small.txt HTTP/1.1\r\nHost: x\r\nUser-Agent: \"a b\"\r\nReferer: http://r/\r\n\r\n")
                    .get("/none");
            assertThat(client.receive().text()).isEqualTo("a small file");
            assertThat(client.receive().status()).isEqualTo(404);
            curl(server, "numbers", "--http2-prior-knowledge", "-A", "curl");
            Eventually.holds(() -> assertThat(Files.readAllLines(log)).hasSize(3));
        }
        assertThat(Files.readAllLines(log).get(0))
                .matches(
                        "127\\.0\\.0\\.1 - - \\[.+\\] \"GET /small.txt HTTP/1.1\" 200 12 \"http://r/\" \"\\\\\"a b\\\\\"\" \\d+\\.\\d{6}");
        assertThat(Files.readAllLines(log).get(1)).contains("\"GET /none HTTP/1.1\" 404 14 \"-\" \"-\"");
        assertThat(Files.readAllLines(log).get(2)).contains("\"GET /numbers HTTP/2\" 200 " + SIZE + " \"-\" \"curl\"");
    }

    @Test
    void shouldWaitWithTheNextWhenThereAreAsManyConnectionsAsMayBe() throws Exception {
        ServerConfig config = config().connections(2).build();
        try (FileServer server = FileServer.start(site.root(), config)) {
            RawClient one = RawClient.connect(server.address());
            try (RawClient two = RawClient.connect(server.address());
                    RawClient three = RawClient.connect(server.address())) {
                assertThat(one.get("/small.txt").receive().status()).isEqualTo(200);
                assertThat(two.get("/small.txt").receive().status()).isEqualTo(200);
                three.get("/small.txt");
                Thread.sleep(200);
                assertThat(server.connections()).isEqualTo(2);
                one.close();
                assertThat(three.receive().text()).isEqualTo("a small file");
            }
        }
    }

    @Test
    void shouldSlowNobodyWhenClientsReadByteByByte() throws Exception {
        site.writeHole("hole", 1L << 30);
        try (FileServer server = FileServer.start(site.root(), config().loops(1).build());
                RawClient quick = RawClient.connect(server.address())) {
            RawClient[] slow = new RawClient[50];
            try {
                for (int i = 0; i < slow.length; i++) {
                    slow[i] = RawClient.connect(server.address(), 16 * 1024);
                    slow[i].get("/hole").receiveHeader();
                }
                long begin = System.nanoTime();
                for (int i = 0; i < 200; i++) {
                    if (i % 50 == 0) {
                        for (RawClient client : slow) {
                            assertThat(client.body().read()).isZero();
                        }
                    }
                    assertThat(quick.get("/small.txt").receive().text()).isEqualTo("a small file");
                }
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
            } finally {
                for (int i = 0; i < slow.length; i++) {
                    if (i % 2 == 0) {
                        slow[i].vanish();
                    } else {
                        slow[i].close();
                    }
                }
            }
            Eventually.holds(() -> assertThat(server.connections()).isEqualTo(1));
        }
    }
}
