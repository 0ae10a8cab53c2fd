package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelFuture;
import io.nettyaio.examples.kv.TestStore.Client;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When replies go, what others see meanwhile, and what is left when the log fails. */
class SessionTest {

    private TestStore test = new TestStore();
    private Client client = test.connect();
    private Client other = test.connect();

    @AfterEach
    void close() {
        test.close();
    }

    private void restart(KvConfig.Builder config) {
        test.close();
        test = new TestStore(config.build());
        client = test.connect();
        other = test.connect();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    private String replayed(String key) {
        Entry entry = test.log.replayed().find(bytes(key));
        return entry == null ? null : new String(entry.value, US_ASCII);
    }

    // ---- waiting -------------------------------------------------------------------------------------------------

    @Test
    void shouldReplyToAWriteOnlyWhenItIsCommitted() {
        assertThat(client.ask("SET k v")).isEmpty();
        assertThat(test.log.waiting()).isOne();
        test.log.commit(1);
        assertThat(client.received()).isEqualTo("+OK");
    }

    @Test
    void shouldReplyInOrderWhenReadsAreBehindWrites() {
        assertThat(client.ask("PING", "SET k v", "GET k", "PING")).isEqualTo("+PONG");
        assertThat(client.ask("PING")).isEmpty();
        test.log.commit(1);
        assertThat(client.received()).isEqualTo("+OK $1 v +PONG +PONG");
    }

    @Test
    void shouldNotWaitWhenOthersWriteOtherKeys() {
        client.send("SET k v");
        assertThat(other.ask("GET other", "PING")).isEqualTo("$-1 +PONG");
    }

    @Test
    void shouldWaitWhenWhatIsReadIsNotCommitted() {
        client.durably("SET k old");
        client.send("SET k new");
        assertThat(other.ask("GET k")).isEmpty();
        assertThat(other.ask("PING")).isEmpty();
        test.log.commit(1);
        assertThat(other.received()).isEqualTo("$3 new +PONG");
        assertThat(client.received()).isEqualTo("+OK");
    }

    @Test
    void shouldWaitWhenADeletionThatIsReadIsNotCommitted() {
        client.durably("SET k v");
        client.send("DEL k");
        assertThat(other.ask("GET k")).isEmpty();
        test.log.commit(1);
        assertThat(other.received()).isEqualTo("$-1");
        assertThat(test.store.journal().keyspace().find(bytes("k"))).isNull();
    }

    @Test
    void shouldWaitWhenAFlushThatIsReadIsNotCommitted() {
        client.durably("SET k v");
        client.send("FLUSHALL");
        assertThat(other.ask("GET k")).isEmpty();
        test.log.commit(1);
        assertThat(other.received()).isEqualTo("$-1");
    }

    @Test
    void shouldWaitWhenAllKeysAreLookedAt() {
        client.send("SET k v");
        assertThat(other.ask("DBSIZE")).isEmpty();
        test.log.commit(1);
        assertThat(other.received()).isEqualTo(":1");
    }

    @Test
    void shouldWaitWhenAWriteIsRefusedForWhatItHasSeen() {
        client.send("SET k v");
        assertThat(other.ask("SET k w NX")).isEmpty();
        assertThat(test.log.waiting()).isOne();
        test.log.commit(1);
        assertThat(other.received()).isEqualTo("$-1");
    }

    @Test
    void shouldReleaseEachReplyWhenItsOwnChangeIsCommitted() {
        client.send("SET a 1");
        other.send("SET b 2");
        test.log.commit(1);
        assertThat(client.received()).isEqualTo("+OK");
        assertThat(other.received()).isEmpty();
        test.log.commit(1);
        assertThat(other.received()).isEqualTo("+OK");
    }

    // ---- failure -------------------------------------------------------------------------------------------------

    @Test
    void shouldTakeBackWhatWasNotCommittedWhenTheLogFails() {
        client.durably("SET kept old", "SET gone x", "SET ttl x EX 1000", "SET appended ab");
        client.send("SET kept new", "SET kept newer", "DEL gone", "SET fresh 1", "PERSIST ttl", "APPEND appended cd");
        other.send("GET kept");
        test.log.failAll("the disk is gone");
        String error = "-MISCONF Errors writing to the log: the disk is gone. "
                + "Whether this command survives a restart is not known.";
        assertThat(client.received()).isEqualTo(String.join(" ", Collections.nCopies(6, error)));
        assertThat(other.received()).isEqualTo(error);
        assertThat(other.ask("MGET kept gone fresh appended", "DBSIZE")).isEqualTo("*4 $3 old $1 x $-1 $2 ab :4");
        assertThat(other.ask("TTL ttl")).isEqualTo(":1000");
        assertThat(test.store.journal().keyspace().find(bytes("fresh"))).isNull();
    }

    @Test
    void shouldTakeBackAFlushWhenTheLogFails() {
        client.durably("SET a 1", "SET b 2");
        client.send("SET c 3", "FLUSHALL", "SET a new");
        test.log.failAll("no");
        client.received();
        assertThat(client.ask("MGET a b c", "DBSIZE")).isEqualTo("*3 $1 1 $1 2 $-1 :2");
    }

    @Test
    void shouldRefuseWritesAndServeReadsWhenTheLogRefuses() {
        client.durably("SET k v");
        test.log.refuse("MISCONF no room");
        assertThat(client.ask("SET k w", "GET k")).isEqualTo("-MISCONF no room $1 v");
        assertThat(client.ask("MULTI", "SET k w", "EXEC"))
                .isEqualTo("+OK -MISCONF no room -EXECABORT Transaction discarded because of previous errors.");
        test.log.refuse(null);
        assertThat(client.durably("SET k w")).isEqualTo("+OK");
    }

    @Test
    void shouldRefuseExecWhenTheLogRefusesMeanwhile() {
        assertThat(client.ask("MULTI", "SET k w")).isEqualTo("+OK +QUEUED");
        test.log.refuse("MISCONF no room");
        assertThat(client.ask("EXEC")).isEqualTo("-EXECABORT Transaction discarded because of: MISCONF no room");
        test.log.refuse(null);
        assertThat(client.ask("GET k")).isEqualTo("$-1");
    }

    @Test
    void shouldRefuseAndTakeBackWhenAChangeIsTooLong() {
        client.durably("SET a 1");
        test.log.maxChangeBytes(100);
        assertThat(client.ask("MSET a 2 b " + "x".repeat(100)))
                .isEqualTo("-ERR the change is longer than a record of the log may be, 100 bytes; make it in parts");
        assertThat(client.ask("MGET a b", "DBSIZE")).isEqualTo("*2 $1 1 $-1 :1");
    }

    // ---- flow ----------------------------------------------------------------------------------------------------

    @Test
    void shouldWaitWithWritesAndServeReadsWhenTheLogIsBehind() {
        test.log.writable(false);
        assertThat(client.ask("GET k", "SET k v", "GET k")).isEqualTo("$-1");
        assertThat(client.channel.config().isAutoRead()).isFalse();
        assertThat(other.ask("GET k")).isEqualTo("$-1");
        test.log.writable(true);
        test.store.logChanged();
        test.log.commitAll();
        assertThat(client.received()).isEqualTo("+OK $1 v");
        assertThat(client.channel.config().isAutoRead()).isTrue();
    }

    @Test
    void shouldRunNoMoreCommandsWhenRepliesPileUp() {
        restart(TestStore.config().outputPauseBytes(2000));
        String value = "x".repeat(500);
        client.durably("SET k " + value);
        client.send("SET wait 1"); // holds what is behind it
        for (int i = 0; i < 20; i++) {
            client.send("GET k", "INCR n");
        }
        assertThat(client.channel.config().isAutoRead()).isFalse();
        assertThat(test.log.waiting()).isLessThan(10);
        for (int i = 0; i < 30; i++) {
            test.log.commitAll();
        }
        String received = client.received();
        assertThat(received).startsWith("+OK $500 ").endsWith(":20");
        assertThat(client.channel.config().isAutoRead()).isTrue();
    }

    @Test
    void shouldEndTheClientWhenAReplyIsTooLong() {
        restart(TestStore.config().outputPauseBytes(2000).outputHardBytes(3000));
        client.durably("SET k " + "x".repeat(1000));
        client.send("MGET k k k k");
        assertThat(client.channel.isOpen()).isFalse();
        assertThat(other.ask("PING")).isEqualTo("+PONG");
    }

    @Test
    void shouldEndWhenTheLastReplyHasGone() {
        client.send("SET k v", "QUIT", "PING");
        assertThat(client.channel.isOpen()).isTrue();
        test.log.commitAll();
        assertThat(client.received()).isEqualTo("+OK +OK");
        assertThat(client.channel.isOpen()).isFalse();
    }

    @Test
    void shouldSayWhyAndEndWhenItIsNotTheProtocol() {
        assertThat(client.ask("PING", "*x")).isEqualTo("+PONG -ERR Protocol error: invalid multibulk length");
        assertThat(client.channel.isOpen()).isFalse();
    }

    @Test
    void shouldRefuseClientsWhenThereAreTooMany() {
        restart(TestStore.config().maxClients(2));
        Client third = test.connect();
        assertThat(third.received()).isEqualTo("-ERR max number of clients reached");
        assertThat(third.channel.isOpen()).isFalse();
        ChannelFuture unused = client.channel.close();
        assertThat(test.connect().ask("PING")).isEqualTo("+PONG");
    }

    @Test
    void shouldForgetRepliesWhenTheClientIsGone() {
        client.send("SET k v");
        ChannelFuture unused = client.channel.close();
        test.log.commitAll();
        assertThat(other.ask("GET k")).isEqualTo("$1 v");
    }

    // ---- transactions --------------------------------------------------------------------------------------------

    @Test
    void shouldMakeOneRecordOfATransaction() {
        assertThat(client.ask("MULTI", "SET a 1", "INCR a", "GET a", "DEL nothing"))
                .isEqualTo("+OK +QUEUED +QUEUED +QUEUED +QUEUED");
        assertThat(test.log.records()).isEmpty();
        assertThat(client.ask("EXEC")).isEmpty();
        assertThat(test.log.records()).hasSize(1);
        test.log.commitAll();
        assertThat(client.received()).isEqualTo("*4 +OK :2 $1 2 :0");
        assertThat(replayed("a")).isEqualTo("2");
    }

    @Test
    void shouldGoOnWhenACommandOfATransactionFails() {
        client.durably("SET s text");
        assertThat(client.durably("MULTI", "SET a 1", "INCR s", "SET b 2", "EXEC"))
                .isEqualTo("+OK +QUEUED +QUEUED +QUEUED *3 +OK -ERR value is not an integer or out of range +OK");
    }

    @Test
    void shouldDiscardWhenACommandCannotBeQueued() {
        assertThat(client.ask("MULTI", "SET a", "SET b 2", "EXEC", "EXEC"))
                .isEqualTo("+OK -ERR wrong number of arguments for 'set' command +QUEUED "
                        + "-EXECABORT Transaction discarded because of previous errors. -ERR EXEC without MULTI");
        assertThat(client.ask("MULTI", "MULTI", "DISCARD", "DISCARD"))
                .isEqualTo("+OK -ERR MULTI calls can not be nested +OK -ERR DISCARD without MULTI");
    }

    // ---- limits --------------------------------------------------------------------------------------------------

    @Test
    void shouldRefuseWhatNeedsMemoryWhenThereIsNone() {
        restart(TestStore.config().maxMemoryBytes(10_000));
        client.durably("SET k " + "x".repeat(10_000));
        String error = "-OOM command not allowed when used memory > 'maxmemory'.";
        assertThat(client.ask("SET a 1", "STRLEN k", "MULTI", "GET k", "EXEC"))
                .isEqualTo(error + " :10000 +OK " + error
                        + " -EXECABORT Transaction discarded because of previous errors.");
        assertThat(client.durably("DEL k", "SET a 1")).isEqualTo(":1 +OK");
    }

    @Test
    void shouldCountMemoryBackToNothingWhenEverythingIsGone() {
        client.durably("MSET a 1 b 22 c 333", "EXPIRE a 100", "APPEND b x", "PERSIST a", "SET c 4 EX 9", "DEL a b c");
        assertThat(test.store.journal().keyspace().usedBytes()).isZero();
        assertThat(test.store.journal().keyspace().expiringSize()).isZero();
    }

    @Test
    void shouldAskForThePasswordWhenThereIsOne() {
        restart(TestStore.config().password(Password.of("secret")));
        assertThat(client.ask("GET k", "AUTH wrong", "AUTH default secret", "GET k"))
                .isEqualTo("-NOAUTH Authentication required. "
                        + "-WRONGPASS invalid username-password pair or user is disabled. +OK $-1");
        assertThat(other.ask("HELLO 3")).startsWith("-NOAUTH HELLO must be called");
        assertThat(other.ask("HELLO 3 AUTH default secret SETNAME me", "GET k", "CLIENT GETNAME"))
                .startsWith("%7 $6 server $5 redis")
                .endsWith("_ $2 me");
    }

    @Test
    void shouldAskForAShutdownWhenTold() {
        assertThat(client.ask("SHUTDOWN NOSAVE", "PING")).isEmpty();
        assertThat(test.shutdowns()).isOne();
        assertThat(client.channel.isOpen()).isFalse();
    }

    // ---- expiry --------------------------------------------------------------------------------------------------

    @Test
    void shouldRemoveWhatHasExpiredWhenNobodyAsks() throws Exception {
        client.durably("SET k v PX 20", "SET stays 1 EX 100");
        for (int i = 0; i < 100; i++) {
            client.send("SET k" + i + " v PX 20");
        }
        test.log.commitAll();
        client.received();
        Thread.sleep(30);
        assertThat(client.ask("GET k", "EXISTS k1", "DBSIZE")).isEqualTo("$-1 :0 :102");
        for (int i = 0; i < 10; i++) {
            test.store.tick();
        }
        test.log.commitAll();
        assertThat(client.ask("DBSIZE")).isEqualTo(":1");
        assertThat(test.log.replayed().size()).isOne();
    }

    @Test
    void shouldLeaveWhatHasExpiredWhenTheLogRefuses() throws Exception {
        client.durably("SET k v PX 1");
        Thread.sleep(5);
        test.log.refuse("MISCONF no");
        test.store.tick();
        assertThat(test.log.waiting()).isZero();
        assertThat(client.ask("GET k")).isEqualTo("$-1");
    }
}
