package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import io.nettyaio.AioWaterMark;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log that takes 1 MiB/s, by a class's limit: it slows the clients that write, and nobody else. */
@Timeout(60)
class SlowLogIT {

    private static final int MIB = 1 << 20;
    private static final int VALUE_BYTES = 16 << 10;
    /** Of each client: 1 MiB of values. */
    private static final int VALUES = 64;

    private static final int CLIENTS = 3;

    /** For what it checks after each test. */
    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static KvConfig.Builder config(Path directory) {
        return KvConfig.builder(directory.resolve("log")).port(0).segmentBytes(32 * MIB);
    }

    private static List<String> set(int client, int number) {
        return List.of("SET", "k" + client + "-" + number, (char) ('a' + number % 26) + "x".repeat(VALUE_BYTES));
    }

    private static long segments(Path directory) throws IOException {
        try (Stream<Path> names = Files.list(directory.resolve("log"))) {
            return names.filter(name -> name.toString().endsWith(".segment")).count();
        }
    }

    /** Sends all at once, whether or not anybody reads it. */
    private static Thread send(Socket socket, int client) {
        Thread thread = new Thread(
                () -> {
                    try {
                        for (int i = 0; i < VALUES; i++) {
                            byte[] command = RespClient.encode(set(client, i));
                            socket.getOutputStream().write(command);
                        }
                    } catch (IOException cut) {
                        // The test has failed, and says why.
                    }
                },
                "client-" + client);
        thread.start();
        return thread;
    }

    @ParameterizedTest(name = "{0} loop(s)")
    @ValueSource(ints = {1, 2})
    void shouldSlowTheWritersAndServeTheReadersWhenTheLogIsSlow(int loops) throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        try (KvServer quick = KvServer.start(config(directory).build());
                RespClient client = new RespClient(quick.address().getPort())) {
            assertThat(client.ask("SET", "known", "1")).isEqualTo("+OK");
            // Making one takes half a minute at the rate to come.
            AioTestLoops.eventually("the next segment is there", () -> segments(directory) == 2);
        }
        KvConfig slow = config(directory)
                .loops(loops)
                .aio(AioConfig.builder()
                        .waterMark(new AioWaterMark(4, 64, 4 << 10, 32 << 10))
                        .build())
                .ioClass(AioClass.builder("slow").bytesPerSecond(MIB).build())
                .build();
        List<Socket> sockets = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        try (KvServer server = KvServer.start(slow);
                RespClient reader = new RespClient(server.address().getPort())) {
            long began = System.nanoTime();
            for (int i = 0; i < CLIENTS; i++) {
                Socket socket = new Socket();
                socket.setSendBufferSize(16 << 10);
                socket.connect(server.address());
                sockets.add(socket);
                threads.add(send(socket, i));
            }
            // Half a second of a log that takes 1 MiB in one: most of the 3 MiB is still with the clients and their
            // sockets.
            Thread.sleep(500);
            Matcher taken = Pattern.compile("total_commands_processed:(\\d+)").matcher(reader.ask("INFO"));
            assertThat(taken.find()).isTrue();
            assertThat(Long.parseLong(taken.group(1)))
                    .as("commands taken of %d", CLIENTS * VALUES)
                    .isLessThan(CLIENTS * VALUES * 3 / 4);
            // Whoever reads what is known does not wait for the log.
            long asked = System.nanoTime();
            assertThat(reader.ask("GET", "known")).isEqualTo("$1 1");
            assertThat(System.nanoTime() - asked).isLessThan(1_000_000_000L);
            for (Socket socket : sockets) {
                byte[] replies = socket.getInputStream().readNBytes(5 * VALUES);
                assertThat(new String(replies, US_ASCII)).isEqualTo("+OK\r\n".repeat(VALUES));
            }
            assertThat(System.nanoTime() - began).as("3 MiB at 1 MiB/s").isGreaterThan(2_000_000_000L);
            for (int client = 0; client < CLIENTS; client++) {
                for (int i = 0; i < VALUES; i++) {
                    assertThat(reader.ask("GET", set(client, i).get(1)))
                            .endsWith(set(client, i).get(2));
                }
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
            for (Thread thread : threads) {
                thread.join(10_000);
            }
        }
    }
}
