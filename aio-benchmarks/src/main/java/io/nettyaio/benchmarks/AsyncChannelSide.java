package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The JDK's {@link AsynchronousFileChannel} with direct reads, whose completions hop to the event loop. */
final class AsyncChannelSide extends LoopSide<AsyncChannelSide.HandlingSlot> {

    private final ExecutorService pool;
    private final AsynchronousFileChannel channel;

    AsyncChannelSide(String name, LongFunction<Offsets> order, Path path, int threads) throws IOException {
        super(name, order, new Loop());
        pool = Executors.newFixedThreadPool(threads);
        channel = AsynchronousFileChannel.open(path, Set.of(StandardOpenOption.READ, DirectOption.get()), pool);
    }

    /** The handler and the task of the hop at once: the comparison is not to pay for garbage it could do without. */
    final class HandlingSlot extends LoopSide.Slot implements CompletionHandler<Integer, @Nullable Void>, Runnable {

        final ByteBuffer nioBuffer;
        private int bytes;
        private @Nullable Throwable cause;

        HandlingSlot(ByteBuf buffer) {
            super(buffer);
            nioBuffer = buffer.nioBuffer(0, BLOCK_BYTES);
        }

        @Override
        public void completed(Integer result, @Nullable Void attachment) {
            bytes = result;
            loop().eventLoop().execute(this);
        }

        @Override
        public void failed(Throwable failure, @Nullable Void attachment) {
            cause = failure;
            loop().eventLoop().execute(this);
        }

        @Override
        public void run() {
            AsyncChannelSide.this.completed(this, bytes, cause);
        }
    }

    @Override
    HandlingSlot newSlot(ByteBuf buffer) {
        return new HandlingSlot(buffer);
    }

    @Override
    void start(HandlingSlot slot, long offset) {
        channel.read(slot.nioBuffer.clear(), offset, null, slot);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            Progress.say(name() + ": close: " + e);
        }
        pool.shutdown();
        super.close();
    }
}
