package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** By blocking calls on the loop: what a handler does that reads a file where it stands. */
final class BlockingDisk implements Disk {

    private final EventLoop eventLoop;
    private final FileChannel cold;
    private final FileChannel direct;
    private final FileChannel extended;
    private final FileChannel written;

    BlockingDisk(Loop loop, StallFiles files) throws IOException {
        eventLoop = loop.eventLoop();
        cold = open(files.cold(), StandardOpenOption.READ);
        direct = open(files.direct(), StandardOpenOption.READ, DirectOption.get());
        extended = open(files.extended(), StandardOpenOption.WRITE, DirectOption.get());
        written = open(files.written(), StandardOpenOption.WRITE);
    }

    private static FileChannel open(TestFile file, OpenOption... options) throws IOException {
        return FileChannel.open(file.path(), options);
    }

    private interface Call {
        void run() throws IOException;
    }

    private void call(Call call, Done done) {
        @Nullable Throwable cause = null;
        try {
            call.run();
        } catch (IOException e) {
            cause = e;
        }
        Throwable outcome = cause;
        eventLoop.execute(() -> done.done(outcome));
    }

    private static void read(FileChannel channel, ByteBuf dst, long offset) throws IOException {
        ByteBuffer buffer = dst.nioBuffer(dst.writerIndex(), dst.writableBytes());
        dst.writerIndex(dst.writerIndex() + channel.read(buffer, offset));
    }

    private static void write(FileChannel channel, ByteBuf src, long offset) throws IOException {
        ByteBuffer buffer = src.nioBuffer();
        long at = offset;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }

    @Override
    public void coldRead(ByteBuf dst, long offset, Done done) {
        call(() -> read(cold, dst, offset), done);
    }

    @Override
    public void directRead(ByteBuf dst, long offset, Done done) {
        call(() -> read(direct, dst, offset), done);
    }

    @Override
    public void extend(ByteBuf src, long offset, Done done) {
        call(() -> write(extended, src, offset), done);
    }

    @Override
    public void cut(Done done) {
        call(() -> extended.truncate(0), done);
    }

    @Override
    public void write(ByteBuf src, long offset, Done done) {
        call(() -> write(written, src, offset), done);
    }

    @Override
    public void sync(Done done) {
        call(() -> written.force(false), done);
    }

    @Override
    public void close() {
        for (FileChannel channel : new FileChannel[] {cold, direct, extended, written}) {
            try {
                channel.close();
            } catch (IOException e) {
                Progress.say("close: " + e);
            }
        }
    }
}
