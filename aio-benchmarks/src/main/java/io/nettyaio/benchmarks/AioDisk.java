package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioCallback;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioContextStats;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;

/** By this library. */
final class AioDisk implements Disk {

    private static final AioCallback<Done> DONE = (result, cause, done) -> done.done(cause);

    private final AioContext context;
    private final AioFile cold;
    private final AioFile direct;
    private final AioFile extended;
    private final AioFile written;

    AioDisk(Loop loop, StallFiles files) throws InterruptedException {
        context = EpollAio.context(loop.eventLoop(), AioConfig.defaults());
        cold = open(files.cold(), AioOpenOption.READ);
        direct = open(files.direct(), AioOpenOption.READ, AioOpenOption.DIRECT);
        extended = open(files.extended(), AioOpenOption.WRITE, AioOpenOption.DIRECT);
        written = open(files.written(), AioOpenOption.WRITE);
    }

    private AioFile open(TestFile file, AioOpenOption... options) throws InterruptedException {
        return context.open(file.path(), options).sync().getNow();
    }

    @Override
    public void coldRead(ByteBuf dst, long offset, Done done) {
        cold.read(dst, offset, done, DONE);
    }

    @Override
    public void directRead(ByteBuf dst, long offset, Done done) {
        direct.read(dst, offset, done, DONE);
    }

    @Override
    public void extend(ByteBuf src, long offset, Done done) {
        extended.write(src.retainedDuplicate(), offset, done, DONE);
    }

    @Override
    public void cut(Done done) {
        extended.truncate(0).addListener(future -> done.done(future.cause()));
    }

    @Override
    public void write(ByteBuf src, long offset, Done done) {
        written.write(src.retainedDuplicate(), offset, done, DONE);
    }

    @Override
    public void sync(Done done) {
        written.fdatasync(done, DONE);
    }

    AioContextStats stats() {
        return context.stats();
    }

    /** For the report. */
    String routes() {
        return Routes.describe("aio", context);
    }

    @Override
    public void close() {
        context.close().awaitUninterruptibly();
    }
}
