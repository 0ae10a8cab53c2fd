package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.nettyaio.tests.Need;
import io.nettyaio.tests.TestFileSystem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** Clients that people use: redis-cli, redis-benchmark, Jedis, Lettuce. */
@Timeout(120)
class ClientsIT {

    private KvServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private int start(int loops, Password password) throws Exception {
        server = KvServer.start(
                KvConfig.builder(TestFileSystem.DISK.newDirectory().resolve("log"))
                        .port(0)
                        .loops(loops)
                        .password(password)
                        .segmentBytes(32 << 20)
                        .build());
        return server.address().getPort();
    }

    private static String run(String... command) throws Exception {
        Need.that(Servers.isInstalled(command[0]), command[0] + " is not installed; apt-get install redis-tools");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output.strip();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldServeRedisCli(int loops) throws Exception {
        String port = Integer.toString(start(loops, Password.of("secret")));
        assertThat(run("redis-cli", "-p", port, "PING")).isEqualTo("NOAUTH Authentication required.");
        String[] cli = {"redis-cli", "-p", port, "-a", "secret", "--no-auth-warning"};
        assertThat(run(with(cli, "SET", "k", "v", "EX", "100"))).isEqualTo("OK");
        assertThat(run(with(cli, "GET", "k"))).isEqualTo("v");
        assertThat(run(with(cli, "-3", "HELLO"))).contains("proto 3");
        assertThat(run(with(cli, "TTL", "k"))).isIn("100", "99");
        assertThat(run(with(cli, "--scan", "--pattern", "k*"))).isEqualTo("k");
        assertThat(run(with(cli, "INFO", "keyspace"))).contains("db0:keys=1,expires=1");
        assertThat(run(with(cli, "CLIENT", "LIST"))).contains("cmd=client|list");
        assertThat(run(with(cli, "COMMAND", "DOCS", "get"))).contains("Get the value of a key");
    }

    private static String[] with(String[] command, String... more) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of(more));
        return all.toArray(new String[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldServeRedisBenchmark(int loops) throws Exception {
        String port = Integer.toString(start(loops, Password.none()));
        String[] benchmark = {"redis-benchmark", "-p", port, "-q", "-r", "1000", "-n", "3000", "-c", "20"};
        for (String pipeline : List.of("1", "32")) {
            String output = run(with(benchmark, "-P", pipeline, "-t", "ping,set,get,incr,mset"));
            assertThat(output).contains("SET:", "GET:", "INCR:", "MSET").doesNotContain("rror");
        }
        try (RespClient client = new RespClient(server.address().getPort())) {
            assertThat(client.ask("STRLEN", "key:__rand_int__")).isEqualTo(":0");
            assertThat(Integer.parseInt(client.ask("DBSIZE").substring(1))).isBetween(900, 3000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RESP2", "RESP3"})
    void shouldServeJedis(String protocol) throws Exception {
        int port = start(1, Password.of("secret"));
        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()
                .protocol(RedisProtocol.valueOf(protocol))
                .user("default")
                .password("secret")
                .clientName("jedis-test")
                .build();
        try (Jedis jedis = new Jedis(new HostAndPort("127.0.0.1", port), config)) {
            assertThat(jedis.ping()).isEqualTo("PONG");
            assertThat(jedis.clientGetname()).isEqualTo("jedis-test");
            assertThat(jedis.set("k", "v", SetParams.setParams().nx().ex(100))).isEqualTo("OK");
            assertThat(jedis.set("k", "w", SetParams.setParams().nx())).isNull();
            assertThat(jedis.setGet("k", "w")).isEqualTo("v");
            assertThat(jedis.mset("a", "1", "b", "2")).isEqualTo("OK");
            assertThat(jedis.mget("a", "b", "c")).containsExactly("1", "2", null);
            assertThat(jedis.incrBy("a", 41)).isEqualTo(42);
            assertThat(jedis.expire("a", 100)).isOne();
            assertThat(jedis.ttl("a")).isBetween(99L, 100L);
            assertThat(jedis.configGet("appendfsync")).containsEntry("appendfsync", "always");
            Transaction transaction = jedis.multi();
            Response<Long> one = transaction.incr("n");
            Response<String> two = transaction.get("n");
            assertThat(transaction.exec()).hasSize(2);
            assertThat(one.get()).isOne();
            assertThat(two.get()).isEqualTo("1");
            Pipeline pipeline = jedis.pipelined();
            for (int i = 0; i < 500; i++) {
                pipeline.set("p" + i, "v" + i);
            }
            assertThat(pipeline.syncAndReturnAll()).hasSize(500).containsOnly("OK");
            List<String> keys = new ArrayList<>();
            String cursor = ScanParams.SCAN_POINTER_START;
            do {
                ScanResult<String> page =
                        jedis.scan(cursor, new ScanParams().match("p*").count(50));
                keys.addAll(page.getResult());
                cursor = page.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
            assertThat(keys.stream().distinct()).hasSize(500);
            byte[] large = new byte[3 << 20];
            assertThat(jedis.set("large".getBytes(UTF_8), large)).isEqualTo("OK");
            assertThat(jedis.get("large".getBytes(UTF_8))).isEqualTo(large);
            assertThat(jedis.flushAll()).isEqualTo("OK");
            assertThat(jedis.dbSize()).isZero();
        }
    }

    @Test
    void shouldServeLettuce() throws Exception {
        int port = start(2, Password.of("secret"));
        RedisClient client = RedisClient.create(RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withAuthentication("default", "secret")
                .withClientName("lettuce-test")
                .withTimeout(Duration.ofSeconds(20))
                .build());
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            assertThat(redis.ping()).isEqualTo("PONG");
            assertThat(redis.clientGetname()).isEqualTo("lettuce-test");
            assertThat(redis.set("k", "v", SetArgs.Builder.px(100_000))).isEqualTo("OK");
            assertThat(redis.pttl("k")).isBetween(1L, 100_000L);
            assertThat(redis.append("k", "w")).isEqualTo(2);
            assertThat(redis.setGet("k", "x")).isEqualTo("vw");
            assertThat(redis.multi()).isEqualTo("OK");
            redis.incr("n");
            redis.set("m", "1");
            TransactionResult result = redis.exec();
            assertThat(result.<Object>get(0)).isEqualTo(1L);
            assertThat(result.<Object>get(1)).isEqualTo("OK");
            for (int i = 0; i < 100; i++) {
                redis.set("s" + i, "v");
            }
            List<String> keys = new ArrayList<>();
            ScanIterator.scan(redis, ScanArgs.Builder.matches("s*")).forEachRemaining(keys::add);
            assertThat(keys.stream().distinct()).hasSize(100);
            assertThat(redis.del("k", "n", "m", "none")).isEqualTo(3);
            assertThat(redis.info("server")).contains("redis_mode:standalone");
            assertThat(redis.commandCount()).isPositive();
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
        }
    }
}
