package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import org.junit.jupiter.api.Test;

/** What lets a file region pass. */
class TransferPathTest {

    private static class Reads extends ChannelDuplexHandler {}

    private static final class Writes extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ChannelFuture unused = ctx.write(message, promise);
        }
    }

    private static final class Counts extends ChannelOutboundHandlerAdapter implements AioRegionTransparent {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ChannelFuture unused = ctx.write(message, promise);
        }
    }

    private static final class Encoder extends HttpResponseEncoder {}

    @Test
    void shouldPassWhenHandlerDoesNotLookAtWrites() {
        assertThat(TransferPath.passes(Reads.class)).isTrue();
        assertThat(TransferPath.passes(ChannelInboundHandlerAdapter.class)).isTrue();
        assertThat(TransferPath.passes(HttpObjectAggregator.class)).isTrue();
        assertThat(TransferPath.passes(FlushConsolidationHandler.class)).isTrue();
    }

    @Test
    void shouldPassWhenHandlerIsKnownToLetThem() {
        assertThat(TransferPath.passes(HttpServerCodec.class)).isTrue();
        assertThat(TransferPath.passes(Encoder.class)).isTrue();
        assertThat(TransferPath.passes(ChunkedWriteHandler.class)).isTrue();
        assertThat(TransferPath.passes(IdleStateHandler.class)).isTrue();
        assertThat(TransferPath.passes(HttpConnectionHandler.class)).isTrue();
    }

    @Test
    void shouldPassWhenHandlerSaysSo() {
        assertThat(TransferPath.passes(Counts.class)).isTrue();
    }

    @Test
    void shouldNotPassWhenHandlerChangesContentOrNobodyKnows() {
        assertThat(TransferPath.passes(SslHandler.class)).isFalse();
        assertThat(TransferPath.passes(HttpContentCompressor.class)).isFalse();
        assertThat(TransferPath.passes(Writes.class)).isFalse();
    }

    @Test
    void shouldNotTakeRegionsWhenChannelIsNoEpollSocket() {
        EmbeddedChannel channel = new EmbeddedChannel(new ChunkedWriteHandler(), new Reads());
        assertThat(TransferPath.takesRegions(channel.pipeline().lastContext())).isFalse();
        channel.finishAndReleaseAll();
    }
}
