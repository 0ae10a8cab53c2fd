package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a server starts, how it fails to, and how it ends. */
@Timeout(60)
class FileServerLifeIT {

    private static final int SIZE = 40 * 1024 * 1024;

    private final ServerConfig config = ServerConfig.builder().port(0).loops(2).build();
    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.create();
        site.writeNumbers("numbers", SIZE);
    }

    @AfterEach
    void stop() throws Exception {
        try (Site last = site) {
            assertThat(last.openDescriptors()).isZero();
        }
    }

    @Test
    void shouldListenOnLoopbackWhenNothingElseIsSaid() throws Exception {
        try (FileServer server = FileServer.start(site.root(), config)) {
            assertThat(server.address().getAddress()).isEqualTo(InetAddress.getLoopbackAddress());
            assertThat(server.address().getPort()).isPositive();
            assertThat(server.url())
                    .isEqualTo("http://127.0.0.1:" + server.address().getPort() + "/");
        }
    }

    @Test
    void shouldServeWhenTheDirectoryIsASymbolicLink() throws Exception {
        Path link = Files.createSymbolicLink(site.outside().resolve("link"), site.root());
        try (FileServer server = FileServer.start(link, config);
                RawClient client = RawClient.connect(server.address())) {
            assertThat(client.get("/numbers").receive().status()).isEqualTo(200);
        }
    }

    @Test
    void shouldNameTheRemedyWhenTheDirectoryIsNotThere() {
        assertThatThrownBy(() -> FileServer.start(site.root().resolve("none"), config))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("cannot serve .*/none: there is no such directory; create it, .*");
    }

    @Test
    void shouldNameTheRemedyWhenTheDirectoryIsAFile() {
        assertThatThrownBy(() -> FileServer.start(site.root().resolve("numbers"), config))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("cannot serve .*/numbers: it is not a directory; name .*");
    }

    @Test
    void shouldNameTheRemedyWhenThePortIsInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> FileServer.start(
                            site.root(),
                            config.with().port(taken.getLocalPort()).build()))
                    .isInstanceOf(IOException.class)
                    .hasMessageMatching("cannot listen on 127.0.0.1:\\d+: the port is in use; .*--port.*");
        }
    }

    @Test
    void shouldNameTheRemedyWhenTheAddressIsNotHere() {
        // TEST-NET-1: nobody has it.
        assertThatThrownBy(() -> FileServer.start(
                        site.root(), config.with().bind("192.0.2.1").build()))
                .isInstanceOf(IOException.class)
                .hasMessageMatching(
                        "cannot listen on 192.0.2.1:0: this machine does not have that address; .*--bind.*");
        assertThatThrownBy(() -> FileServer.start(
                        site.root(), config.with().bind("no-such-host.invalid").build()))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("cannot listen on no-such-host.invalid: there is no such host; .*--bind.*");
    }

    @Test
    void shouldCloseIdleConnectionsAtOnceWhenItEnds() throws Exception {
        FileServer server = FileServer.start(
                site.root(), config.with().grace(Duration.ofSeconds(30)).build());
        try (RawClient fresh = RawClient.connect(server.address());
                RawClient used = RawClient.connect(server.address())) {
            assertThat(used.get("/none").receive().status()).isEqualTo(404);
            long begin = System.nanoTime();
            server.close();
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin))
                    .isLessThan(10);
            fresh.assertEnd();
            used.assertEnd();
        }
        server.close();
        server.awaitClosed();
        assertThatThrownBy(() -> RawClient.connect(server.address()).close()).isInstanceOf(ConnectException.class);
    }

    @Test
    void shouldCompleteTheResponseInFlightWhenItEnds() throws Exception {
        FileServer server = FileServer.start(
                site.root(), config.with().grace(Duration.ofSeconds(30)).build());
        try (RawClient client = RawClient.connect(server.address(), 16 * 1024)) {
            client.get("/numbers").get("/numbers").receiveHeader();
            CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
            Thread.sleep(200);
            assertThat(closed).isNotDone();
            assertThat(client.body().readNBytes(SIZE)).isEqualTo(Site.numbers(SIZE));
            client.assertEnd();
            closed.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldCutTheResponseInFlightWhenTheGraceIsOver() throws Exception {
        FileServer server = FileServer.start(
                site.root(), config.with().grace(Duration.ofMillis(300)).build());
        try (RawClient client = RawClient.connect(server.address(), 16 * 1024)) {
            client.get("/numbers").receiveHeader();
            long begin = System.nanoTime();
            server.close();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isBetween(300L, 8000L);
        }
    }
}
