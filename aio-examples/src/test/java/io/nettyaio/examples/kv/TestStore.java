package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A store on a {@link ScriptedLog}, and clients of it, all on the test's thread. */
final class TestStore implements AutoCloseable {

    final ScriptedLog log = new ScriptedLog();
    final Store store;
    private final List<Client> clients = new ArrayList<>();
    private int shutdowns;

    TestStore(KvConfig config) {
        store = new Store(config, new Keyspace(SipHash.random()), log, Runnable::run, () -> shutdowns++);
        log.listener(store.journal());
    }

    TestStore() {
        this(config().build());
    }

    static KvConfig.Builder config() {
        return KvConfig.builder(Path.of("unused"));
    }

    int shutdowns() {
        return shutdowns;
    }

    Client connect() {
        Client client = new Client();
        clients.add(client);
        return client;
    }

    @Override
    public void close() {
        clients.forEach(client -> client.channel.finishAndReleaseAll());
        store.close();
    }

    /** One connection. */
    final class Client {

        final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel made) {
                made.pipeline().addLast(new Connection(store, made.eventLoop()));
            }
        });

        /** Sends lines as they stand, all in one piece. */
        Client send(String... lines) {
            channel.writeInbound(Unpooled.copiedBuffer(String.join("\r\n", lines) + "\r\n", ISO_8859_1));
            return this;
        }

        /** What has come back since the last call, ends of lines as blanks. */
        String received() {
            StringBuilder text = new StringBuilder();
            for (ByteBuf out; (out = channel.readOutbound()) != null; out.release()) {
                text.append(out.toString(ISO_8859_1));
            }
            return text.toString().replace("\r\n", " ").strip();
        }

        /** What comes back at once. */
        String ask(String... lines) {
            return send(lines).received();
        }

        /** What comes back when the log has committed everything. */
        String durably(String... lines) {
            send(lines);
            log.commitAll();
            return received();
        }
    }
}
