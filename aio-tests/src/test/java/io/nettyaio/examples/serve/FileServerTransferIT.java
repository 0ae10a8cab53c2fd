package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.nettyaio.examples.serve.RawClient.Response;
import io.nettyaio.handler.AioReadAhead;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Long responses: their bytes, the memory they cost, and what is left when they do not end well. */
@Timeout(120)
class FileServerTransferIT {

    private static final int MIB = 1024 * 1024;
    private static final int SMALL_RECEIVE_BYTES = 16 * 1024;

    private final ServerConfig config = ServerConfig.builder()
            .port(0)
            .loops(2)
            .openFiles(0)
            .revalidate(Duration.ZERO)
            .build();
    private final byte[] buffer = new byte[MIB];
    private LeakLog leaks;
    private Site site;
    private FileServer server;

    @BeforeEach
    void start() throws Exception {
        leaks = new LeakLog();
        site = Site.create();
        server = FileServer.start(site.root(), config);
    }

    @AfterEach
    void stop() throws Exception {
        try (Site last = site;
                LeakLog log = leaks) {
            server.close();
            assertThat(last.openDescriptors()).isZero();
            log.assertNone();
        }
    }

    private static long directMemory() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    private void assertOnlyTheDirectoryIsOpen() throws Exception {
        Eventually.holds(() -> assertThat(site.openDescriptors()).isEqualTo(1));
    }

    @Test
    void shouldSendEveryByteWhenTheFileIsLongerThanTwoGiB() throws Exception {
        long border = 1L << 31;
        long size = border + MIB;
        byte[] mark = "around the border".getBytes(StandardCharsets.US_ASCII);
        byte[] end = "the end".getBytes(StandardCharsets.US_ASCII);
        try (RandomAccessFile file =
                new RandomAccessFile(site.writeHole("big", size).toFile(), "rw")) {
            file.seek(border - 6);
            file.write(mark);
            file.seek(size - end.length);
            file.write(end);
        }
        HttpRequest head = HttpRequest.newBuilder(URI.create(server.url() + "big"))
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(head, BodyHandlers.discarding())
                        .headers()
                        .firstValueAsLong("content-length"))
                .hasValue(size);

        try (RawClient client = RawClient.connect(server.address())) {
            client.get("/big").get("/none");
            assertThat(client.receiveHeader().contentLength()).isEqualTo(size);
            assertZeros(client.body(), border - 6);
            assertThat(client.body().readNBytes(mark.length)).isEqualTo(mark);
            assertZeros(client.body(), size - border - mark.length + 6 - end.length);
            assertThat(client.body().readNBytes(end.length)).isEqualTo(end);
            assertThat(client.receive().status()).isEqualTo(404);
        }
        assertOnlyTheDirectoryIsOpen();
    }

    private void assertZeros(InputStream body, long length) throws Exception {
        byte[] zeros = new byte[buffer.length];
        for (long left = length; left > 0; ) {
            int read = body.readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
            assertThat(Arrays.equals(buffer, 0, read, zeros, 0, read)).isTrue();
            assertThat(read).isPositive();
            left -= read;
        }
    }

    @Test
    void shouldHoldNoMoreThanTheWindowWhenClientsAreSlow() throws Exception {
        int clients = 32;
        int size = 64 * MIB;
        site.writeHole("hole", size);
        site.writeNumbers("numbers", size / 4);
        long before = directMemory();
        List<RawClient> slow = new ArrayList<>();
        try {
            for (int i = 0; i < clients; i++) {
                RawClient client = RawClient.connect(server.address(), SMALL_RECEIVE_BYTES);
                slow.add(client);
                client.get(i == 0 ? "/numbers" : "/hole").receiveHeader();
            }
            Thread.sleep(500); // long enough to read the files, were nothing to stop it
            long windows = (long) clients * AioReadAhead.DEFAULT.maxChunks() * AioReadAhead.DEFAULT.chunkBytes();
            assertThat(directMemory() - before).isLessThan(windows + 16 * MIB).isLessThan((long) clients * size / 20);
            assertThat(site.openDescriptors()).isEqualTo(1 + clients);

            // And goes on where it was.
            assertThat(slow.get(0).body().readNBytes(size / 4)).isEqualTo(Site.numbers(size / 4));
        } finally {
            for (RawClient client : slow) {
                client.close();
            }
        }
        assertOnlyTheDirectoryIsOpen();
    }

    @Test
    void shouldLeaveNothingBehindWhenClientsVanish() throws Exception {
        site.writeHole("hole", 256L * MIB);
        vanishInTransfer(8);
        long descriptors = descriptors();
        long memory = directMemory();
        for (int round = 0; round < 4; round++) {
            vanishInTransfer(16);
            leaks.assertNone();
        }
        Eventually.holds(() -> assertThat(descriptors()).isLessThanOrEqualTo(descriptors + 2));
        assertThat(directMemory() - memory).isLessThan(16 * MIB);
        // The loops still serve.
        try (RawClient client = RawClient.connect(server.address())) {
            assertThat(client.get("/none").receive().status()).isEqualTo(404);
        }
    }

    private void vanishInTransfer(int clients) throws Exception {
        for (int i = 0; i < clients; i++) {
            RawClient client = RawClient.connect(server.address(), i % 2 == 0 ? SMALL_RECEIVE_BYTES : 0);
            client.get("/hole").get("/hole");
            switch (i % 4) {
                case 0 -> {} // goes while the file is looked up, or just after
                case 1 -> client.receiveHeader();
                case 2 -> assertThat(client.body().readNBytes(100_000)).hasSize(100_000);
                default -> assertThat(client.body().readNBytes(3 * MIB)).hasSize(3 * MIB);
            }
            if (i % 8 < 4) {
                client.vanish();
            } else {
                client.close();
            }
        }
        assertOnlyTheDirectoryIsOpen();
    }

    /** All of them, sockets too; but for the eventfds of slots, which are kept, as many as were needed at once. */
    private static long descriptors() throws IOException {
        long count = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path one : all) {
                if (!isEventFd(one)) {
                    count++;
                }
            }
        }
        return count;
    }

    private static boolean isEventFd(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("eventfd");
        } catch (IOException goneMeanwhile) {
            return true;
        }
    }

    @Test
    void shouldCutTheResponseWhenTheFileShrinks() throws Exception {
        Path file = site.writeHole("shrinking", 256L * MIB);
        try (RawClient client = RawClient.connect(server.address(), SMALL_RECEIVE_BYTES)) {
            Response header = client.get("/shrinking").get("/none").receiveHeader();
            assertThat(header.contentLength()).isEqualTo(256L * MIB);
            try (RandomAccessFile shrink = new RandomAccessFile(file.toFile(), "rw")) {
                shrink.setLength(128L * MIB + 1);
            }
            long received = 0;
            for (int read = client.body().read(buffer);
                    read >= 0;
                    read = client.body().read(buffer)) {
                received += read;
            }
            assertThat(received).isLessThanOrEqualTo(128L * MIB + 1).isGreaterThan(127L * MIB);
        }
        assertOnlyTheDirectoryIsOpen();
    }

    @Test
    void shouldSendWhatTheHeaderSaysWhenTheFileGrows() throws Exception {
        Path file = site.writeNumbers("growing", 20 * MIB);
        try (RawClient client = RawClient.connect(server.address(), SMALL_RECEIVE_BYTES)) {
            client.get("/growing").get("/none").receiveHeader();
            Files.write(file, new byte[MIB], java.nio.file.StandardOpenOption.APPEND);
            assertThat(client.body().readNBytes(20 * MIB)).isEqualTo(Site.numbers(20 * MIB));
            assertThat(client.receive().status()).isEqualTo(404);
        }
    }

    @Test
    void shouldSendTheOpenedFileWhenItIsDeletedMeanwhile() throws Exception {
        Path file = site.writeNumbers("deleted", 20 * MIB);
        try (RawClient client = RawClient.connect(server.address(), SMALL_RECEIVE_BYTES)) {
            client.get("/deleted").receiveHeader();
            Files.delete(file);
            assertThat(client.body().readNBytes(20 * MIB)).isEqualTo(Site.numbers(20 * MIB));
            assertThat(client.get("/deleted").receive().status()).isEqualTo(404);
        }
    }
}
