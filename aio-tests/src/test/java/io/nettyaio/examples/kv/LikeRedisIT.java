package io.nettyaio.examples.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.examples.kv.Servers.Running;
import io.nettyaio.examples.log.LogDurability;
import io.nettyaio.tests.TestFileSystem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same commands to a real Redis and to ours: every reply is the same, byte for byte. */
@Timeout(120)
class LikeRedisIT {

    private static final int COMMANDS = Boolean.getBoolean("aio.soak") ? 1_000_000 : 30_000;
    private static final int PIPELINE = 50;

    private static Running redis;
    private static KvServer ours;

    private RespClient theirs;
    private RespClient mine;

    @BeforeAll
    static void start() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        redis = Servers.redis(directory);
        ours = KvServer.start(KvConfig.builder(directory.resolve("kv"))
                .port(0)
                .durability(LogDurability.NEVER)
                .build());
    }

    @AfterAll
    static void stop() throws Exception {
        if (ours != null) {
            ours.close();
        }
        if (redis != null) {
            redis.close();
        }
    }

    @BeforeEach
    void connect() throws Exception {
        theirs = new RespClient(redis.port());
        mine = new RespClient(ours.address().getPort());
        both("FLUSHALL");
    }

    @AfterEach
    void disconnect() throws Exception {
        theirs.close();
        mine.close();
    }

    private void both(String... command) throws Exception {
        assertThat(mine.ask(command)).as("%s", List.of(command)).isEqualTo(theirs.ask(command));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void shouldReplyAlikeWhenCommandsAreRandom(int protocol) throws Exception {
        theirs.ask("HELLO", "" + protocol);
        mine.ask("HELLO", "" + protocol);
        RandomCommands commands = new RandomCommands(protocol);
        List<String> before = new ArrayList<>();
        for (int sent = 0; sent < COMMANDS; sent += PIPELINE) {
            List<List<String>> batch = new ArrayList<>();
            for (int i = 0; i < PIPELINE; i++) {
                batch.add(commands.next());
            }
            theirs.sendAll(batch);
            mine.sendAll(batch);
            for (List<String> command : batch) {
                String expected = comparable(command, theirs.read());
                String got = comparable(command, mine.read());
                assertThat(got).as("%s after %s", command, before).isEqualTo(expected);
                before.add(command.toString());
                if (before.size() > 30) {
                    before.remove(0);
                }
            }
        }
    }

    /** Times pass, and clients' numbers are their server's. */
    private static String comparable(List<String> command, String reply) {
        String name = command.get(0).toUpperCase(Locale.ROOT);
        boolean passes = (name.equals("TTL") || name.equals("CLIENT")) && reply.matches(":[1-9]\\d*");
        return passes ? ":some" : reply.replaceAll(":9\\d{4}\\b|:10\\d{4}\\b", ":some");
    }

    @Test
    void shouldScanAlikeWhenThereAreManyKeys() throws Exception {
        for (int i = 0; i < 1000; i++) {
            both("SET", "k" + i, "v");
        }
        for (String[] options :
                new String[][] {{}, {"COUNT", "100"}, {"MATCH", "k1*"}, {"TYPE", "string"}, {"TYPE", "x"}}) {
            assertThat(scan(mine, options)).isEqualTo(scan(theirs, options));
        }
    }

    private static Set<String> scan(RespClient client, String... options) throws Exception {
        Set<String> keys = new TreeSet<>();
        String cursor = "0";
        do {
            List<String> command = new ArrayList<>(List.of("SCAN", cursor));
            command.addAll(List.of(options));
            client.send(command);
            String[] words = client.read().split("[\\[\\], ]+", -1);
            cursor = words[2];
            for (String word : words) {
                if (word.startsWith("k")) {
                    keys.add(word);
                }
            }
        } while (!cursor.equals("0"));
        return keys;
    }

    @Test
    void shouldReplyAlikeWhenItIsAboutTheConnection() throws Exception {
        both("AUTH", "x");
        both("AUTH", "default", "x");
        both("AUTH", "other", "x");
        both("AUTH", "a", "b", "c");
        both("HELLO", "1");
        both("HELLO", "x");
        both("HELLO", "3", "SETNAME");
        both("HELLO", "2", "NOSUCH", "x");
        both("CLIENT", "GETNAME");
        both("CLIENT", "SETNAME", "with blank");
        both("CLIENT", "SETNAME", "me");
        both("CLIENT", "GETNAME");
        both("CLIENT", "NO-EVICT", "on");
        both("CLIENT", "NO-EVICT", "maybe");
        both("CLIENT", "LIST", "NOSUCH");
        both("CLIENT", "LIST", "TYPE", "pubsub");
        both("CLIENT");
        both("CONFIG", "GET");
        both("CONFIG", "GET", "no-such-parameter");
        both("CONFIG", "GET", "sav?");
        both("SELECT");
        both("PING", "a");
        both("PING", "a", "b");
        both("ECHO", "");
        both("MULTI");
        both("SHUTDOWN");
        both("EXEC");
        both("SHUTDOWN", "SOON");
        both("COMMAND", "INFO", "nosuch");
        both("QUIT");
    }

    @Test
    void shouldReplyAlikeWhenLinesAreTypedByHand() throws Exception {
        both("SET", "k", "\u0000\u00ff");
        both("GET", "k");
        both("SET", "", "empty key");
        both("GET", "");
        both("STRLEN", "k");
        both("SET", "k", "v", "EX", "9223372036854775807");
        both("SET", "k", "v", "PX", "9223372036854775807");
        both("SET", "k", "v", "EXAT", "1");
        both("GET", "k");
        both("SET", "k", "v", "PXAT", "99999999999999");
        both("SET", "k", "v", "GET", "NX");
        both("SET", "k", "v", "NX", "XX");
        both("EXPIRE", "k", "-9223372036854775808");
        both("EXPIRE", "k", "9223372036854775807");
        both("PEXPIRE", "k", "9223372036854775807");
        both("PEXPIRE", "k", "-9223372036854775808");
        both("EXISTS", "k");
        both("DECRBY", "n", "-9223372036854775808");
        both("NOSUCH\r\nCOMMAND", "a\r\nb");
        both("NOSUCH", "x".repeat(200), "y");
        both("x".repeat(200));
    }
}
