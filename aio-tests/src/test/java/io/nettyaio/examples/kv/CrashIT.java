package io.nettyaio.examples.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.examples.kv.Servers.Running;
import io.nettyaio.tests.TestFileSystem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Kills the server's process at a random moment under load, again and again, on the same log. After each restart every
 * acknowledged write is there, and of the others a whole number, in the order they were sent.
 */
@Timeout(3600)
class CrashIT {

    private static final int ROUNDS = Boolean.getBoolean("aio.soak") ? 1000 : 60;
    private static final int CLIENTS = 4;
    private static final int MOST_MILLIS = 250;

    @Test
    void shouldHoldWhatItHasAcknowledgedWhenItIsKilled() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory().resolve("log");
        Random random = new Random(5);
        List<CrashClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new CrashClient(i));
        }
        for (int round = 0; round < ROUNDS; round++) {
            // Every setting goes on with the log of the one before; small enough a limit for snapshots to be under way.
            List<String> options = new ArrayList<>(List.of("--compact-after", "200k", "--segment-size", "32m"));
            options.addAll(List.of("--loops", Integer.toString(1 + round % 2)));
            if (round % 3 == 2) {
                options.add("--direct");
            }
            try (Running server = Servers.kv(directory, options.toArray(new String[0]))) {
                try (RespClient client = new RespClient(server.port())) {
                    for (CrashClient each : clients) {
                        each.check(client);
                    }
                }
                List<Thread> threads = new ArrayList<>();
                for (CrashClient each : clients) {
                    each.connectTo(server.port());
                    Thread thread = new Thread(each, "crash-client");
                    threads.add(thread);
                    thread.start();
                }
                Thread.sleep(random.nextInt(MOST_MILLIS));
                server.kill();
                for (Thread thread : threads) {
                    thread.join();
                }
                assertThat(clients).extracting(CrashClient::failure).containsOnlyNulls();
                assertThat(server.errorText()).doesNotContain("Exception").doesNotContain("ERROR");
            }
        }
        assertThat(clients)
                .allSatisfy(each -> assertThat(each.acknowledgements()).isGreaterThan(ROUNDS));
    }
}
