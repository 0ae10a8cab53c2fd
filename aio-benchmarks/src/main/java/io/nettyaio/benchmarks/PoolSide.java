package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** What servers do today: a pool of threads that read blockingly and hop back to the event loop. */
final class PoolSide extends LoopSide<PoolSide.TaskSlot> {

    private final ExecutorService pool;
    private final FileChannel channel;

    PoolSide(String name, LongFunction<Offsets> order, Path path, int threads) throws IOException {
        super(name, order, new Loop());
        pool = Executors.newFixedThreadPool(threads);
        channel = FileChannel.open(path, StandardOpenOption.READ);
    }

    /** The pool's task and the loop's at once, told apart by whether the read has been done. */
    final class TaskSlot extends LoopSide.Slot implements Runnable {

        private final ByteBuffer nioBuffer;
        private long offset;
        private boolean read;
        private int bytes;
        private @Nullable Throwable cause;

        TaskSlot(ByteBuf buffer) {
            super(buffer);
            nioBuffer = buffer.nioBuffer(0, BLOCK_BYTES);
        }

        void readAt(long newOffset) {
            offset = newOffset;
            read = false;
            pool.execute(this);
        }

        @Override
        public void run() {
            if (read) {
                completed(this, bytes, cause);
                return;
            }
            try {
                bytes = channel.read(nioBuffer.clear(), offset);
            } catch (IOException e) {
                cause = e;
            }
            read = true;
            loop().eventLoop().execute(this);
        }
    }

    @Override
    TaskSlot newSlot(ByteBuf buffer) {
        return new TaskSlot(buffer);
    }

    @Override
    void start(TaskSlot slot, long offset) {
        slot.readAt(offset);
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
