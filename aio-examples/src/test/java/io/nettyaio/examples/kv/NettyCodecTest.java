package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.IntegerRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Netty's codec, which knows nothing of ours, on the other side: what it sends is understood, and what it gets. */
class NettyCodecTest {

    @Test
    void shouldUnderstandWhatNettySends() throws Exception {
        List<List<String>> commands = new ArrayList<>();
        RequestParser parser = new RequestParser(
                new RequestParser.Limits(1 << 20, 1000, 1 << 20),
                true,
                arguments -> commands.add(Arrays.stream(arguments)
                        .map(argument -> new String(argument, UTF_8))
                        .toList()));
        EmbeddedChannel netty = new EmbeddedChannel(new RedisEncoder());
        List<List<String>> sent =
                List.of(List.of("SET", "key", "v".repeat(5000)), List.of("ECHO", ""), List.of("MGET", "a", "b", "c"));
        for (List<String> command : sent) {
            List<RedisMessage> parts = new ArrayList<>();
            for (String argument : command) {
                ByteBuf content = UnpooledByteBufAllocator.DEFAULT.buffer();
                content.writeCharSequence(argument, UTF_8);
                parts.add(new FullBulkStringRedisMessage(content));
            }
            netty.writeOutbound(new ArrayRedisMessage(parts));
        }
        for (ByteBuf bytes; (bytes = netty.readOutbound()) != null; bytes.release()) {
            parser.parse(bytes);
        }
        netty.finishAndReleaseAll();
        assertThat(commands).isEqualTo(sent);
    }

    @Test
    void shouldBeUnderstoodByNettyWhenRepliesAreWritten() {
        ReplyWriter writer = new ReplyWriter(UnpooledByteBufAllocator.DEFAULT, 1 << 20);
        writer.ok();
        writer.error("ERR no\r\nsuch thing");
        writer.integer(Long.MIN_VALUE);
        writer.integer(7);
        writer.bulk("b".repeat(1000));
        writer.bulk("");
        writer.nil();
        writer.map(1);
        writer.bulk("k");
        writer.array(2);
        writer.integer(-10);
        writer.verbatim("text");
        EmbeddedChannel netty = new EmbeddedChannel(
                new RedisDecoder(), new RedisBulkStringAggregator(), new RedisArrayAggregator(1000, 10));
        netty.writeInbound(writer.take());
        List<String> read = new ArrayList<>();
        for (RedisMessage message; (message = netty.readInbound()) != null; ReferenceCountUtil.release(message)) {
            read.add(text(message));
        }
        netty.finishAndReleaseAll();
        assertThat(read)
                .containsExactly(
                        "+OK",
                        "-ERR no  such thing",
                        ":-9223372036854775808",
                        ":7",
                        "b".repeat(1000),
                        "",
                        "nil",
                        "[k, [:-10, text]]");
    }

    private static String text(RedisMessage message) {
        if (message instanceof SimpleStringRedisMessage simple) {
            return "+" + simple.content();
        }
        if (message instanceof ErrorRedisMessage error) {
            return "-" + error.content();
        }
        if (message instanceof IntegerRedisMessage integer) {
            return ":" + integer.value();
        }
        if (message instanceof FullBulkStringRedisMessage bulk) {
            return bulk.isNull() ? "nil" : bulk.content().toString(UTF_8);
        }
        return ((ArrayRedisMessage) message)
                .children().stream().map(NettyCodecTest::text).toList().toString();
    }
}
