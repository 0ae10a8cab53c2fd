package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.nettyaio.AioCallback;
import io.nettyaio.AioContext;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.epoll.EpollAio;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** This library: the callback form, a pipe in each direction. */
final class PipeSide extends TwoLoopSide {

    private final AioPipePair there;
    private final AioPipePair back;
    private final AioPipe farEnd;
    private final AioPipe nearEnd;
    private final ByteBuf byteOut = ByteBufAllocator.DEFAULT.directBuffer(1, 1).writeByte('x');
    private final ByteBuf nearIn = ByteBufAllocator.DEFAULT.directBuffer(64, 64);
    private final ByteBuf farIn = ByteBufAllocator.DEFAULT.directBuffer(64, 64);
    private final ByteBuf blockIn = ByteBufAllocator.DEFAULT.directBuffer(PipeCase.BLOCK_BYTES, PipeCase.BLOCK_BYTES);
    private final ByteBuf blockOut = ByteBufAllocator.DEFAULT
            .directBuffer(PipeCase.BLOCK_BYTES, PipeCase.BLOCK_BYTES)
            .writeZero(PipeCase.BLOCK_BYTES);
    private final AioCallback<@Nullable Object> nearRead = this::nearRead;
    private final AioCallback<@Nullable Object> farRead = this::farRead;
    private final AioCallback<@Nullable Object> written = (count, cause, attachment) -> failed(cause);
    private final AioCallback<@Nullable Object> blockRead = this::blockRead;
    private final AioCallback<@Nullable Object> blockWritten = this::blockWritten;
    /** Of the far loop. */
    private boolean filling;

    private volatile CountDownLatch quiet = new CountDownLatch(1);

    PipeSide(PipeCase.Traffic traffic) throws InterruptedException {
        super("aio", traffic);
        AioContext atNear = EpollAio.context(near.eventLoop());
        AioContext atFar = EpollAio.context(far.eventLoop());
        // Each end at its own loop: near writes there and reads back.
        there = atNear.pipe().sync().getNow();
        back = atFar.pipe().sync().getNow();
        farEnd = traffic == PipeCase.Traffic.STREAM
                ? there.writeEnd().on(far.eventLoop())
                : there.readEnd().on(far.eventLoop());
        nearEnd = back.readEnd().on(near.eventLoop());
        if (traffic == PipeCase.Traffic.PING_PONG) {
            far.eventLoop().execute(() -> farEnd.read(farIn, this, farRead));
        }
    }

    // ---- ping-pong -----------------------------------------------------------------------------------------------

    @Override
    void begin() {
        quiet = new CountDownLatch(1);
        if (traffic == PipeCase.Traffic.PING_PONG) {
            ping();
        } else {
            far.eventLoop().execute(() -> {
                filling = true;
                fill();
            });
            readBlock();
        }
    }

    private void ping() {
        there.writeEnd().write(byteOut.retain(), this, written);
        nearEnd.read(nearIn.clear(), this, nearRead);
    }

    private void nearRead(long count, @Nullable Throwable cause, Object unused) {
        failed(cause);
        if (arrived(count)) {
            ping();
        } else {
            quiet.countDown();
        }
    }

    private void farRead(long count, @Nullable Throwable cause, Object unused) {
        if (cause == null && count > 0) {
            back.writeEnd().write(byteOut.retain(), this, written);
            farEnd.read(farIn.clear(), this, farRead);
        }
    }

    // ---- stream --------------------------------------------------------------------------------------------------

    private void fill() {
        farEnd.write(blockOut.retain(), this, blockWritten);
    }

    private void blockWritten(long count, @Nullable Throwable cause, Object unused) {
        if (filling && cause == null) {
            fill();
        } else {
            quiet.countDown();
        }
    }

    private void readBlock() {
        there.readEnd().read(blockIn.clear(), this, blockRead);
    }

    private void blockRead(long count, @Nullable Throwable cause, Object unused) {
        failed(cause);
        boolean goOn = arrived(count) || quiet.getCount() > 0;
        if (cause == null && goOn) {
            readBlock();
        }
    }

    @Override
    void stop() {
        if (traffic == PipeCase.Traffic.STREAM) {
            far.eventLoop().execute(() -> filling = false);
        }
    }

    @Override
    void awaitQuiet() throws Exception {
        if (!quiet.await(10, TimeUnit.SECONDS)) {
            throw new BenchException(name() + ": the traffic does not end");
        }
    }

    @Override
    public void close() {
        super.close();
        for (ByteBuf buffer : new ByteBuf[] {byteOut, nearIn, farIn, blockIn, blockOut}) {
            buffer.release();
        }
    }
}
