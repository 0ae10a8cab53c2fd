package io.nettyaio.examples.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.TestFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The disk fills up under the server: it says so, serves reads, takes writes again when there is room, and loses nothing. */
@Timeout(120)
class ServerFullDiskIT {

    private static final int VALUE_BYTES = 200_000;
    private static final int MOST_WRITES = 2000;
    private static final long PATIENCE_MILLIS = 30_000;

    private final Map<String, Integer> acknowledged = new HashMap<>();
    private int written;

    private static KvConfig config(Path directory) {
        return KvConfig.builder(directory.resolve("log"))
                .port(0)
                .segmentBytes(32 << 20)
                .compactBytes(1L << 40)
                .build();
    }

    /** Keys come round again, so that a snapshot is shorter than the log. */
    private String write(RespClient client) throws Exception {
        String key = "k" + written % 20;
        String reply = client.ask("SET", key, written + ":" + "x".repeat(VALUE_BYTES));
        if (reply.equals("+OK")) {
            acknowledged.put(key, written);
        }
        written++;
        return reply;
    }

    private void checkAll(RespClient client) throws Exception {
        for (Map.Entry<String, Integer> each : acknowledged.entrySet()) {
            String reply = client.ask("GET", each.getKey());
            assertThat(reply.substring(reply.indexOf(' ') + 1)).startsWith(each.getValue() + ":x");
        }
    }

    @Test
    void shouldRefuseWritesServeReadsAndRecoverWhenTheDiskIsFull() throws Exception {
        Path directory = TestFileSystem.small(160);
        Path filler = directory.resolve("filler");
        try (KvServer server = KvServer.start(config(directory));
                RespClient client = new RespClient(server.address().getPort())) {
            assertThat(write(client)).isEqualTo("+OK");
            long room = Files.getFileStore(directory).getUsableSpace();
            byte[] zeros = new byte[1 << 20];
            try (var out = Files.newOutputStream(filler)) {
                for (long left = room - (8 << 20); left > 0; left -= zeros.length) {
                    out.write(zeros);
                }
            }
            String reply = "+OK";
            for (int i = 0; i < MOST_WRITES && reply.equals("+OK"); i++) {
                reply = write(client);
            }
            assertThat(reply).startsWith("-MISCONF Errors writing to the log").contains("room");
            checkAll(client);
            assertThat(client.ask("PING")).isEqualTo("+PONG");

            Files.delete(filler);
            long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
            do {
                Thread.sleep(50);
                reply = write(client);
            } while (!reply.equals("+OK") && System.currentTimeMillis() < deadline);
            assertThat(reply).isEqualTo("+OK");
            checkAll(client);
        }
        try (KvServer server = KvServer.start(config(directory));
                RespClient client = new RespClient(server.address().getPort())) {
            checkAll(client);
            assertThat(write(client)).isEqualTo("+OK");
        }
    }
}
