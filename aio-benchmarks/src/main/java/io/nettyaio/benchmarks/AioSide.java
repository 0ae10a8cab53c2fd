package io.nettyaio.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.nettyaio.AioCallback;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import io.nettyaio.epoll.EpollAio;
import java.nio.file.Path;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** This library: the callback form and the future form. */
abstract class AioSide<S extends LoopSide.Slot> extends LoopSide<S> {

    final AioFile file;
    private final AioContext context;

    private AioSide(
            String name, LongFunction<Offsets> order, Loop loop, AioConfig config, Path path, AioOpenOption... options)
            throws InterruptedException {
        super(name, order, loop);
        context = EpollAio.context(loop.eventLoop(), config);
        file = context.open(path, options).sync().getNow();
    }

    /** Reads with {@link AioFile#read(ByteBuf, long, Object, AioCallback)}. */
    static AioSide<?> callbacks(
            String name, LongFunction<Offsets> order, AioConfig config, Path path, AioOpenOption... options)
            throws InterruptedException {
        return new Callbacks(name, order, new Loop(), config, path, options);
    }

    /** Reads with {@link AioFile#read(ByteBuf, long)}. */
    static AioSide<?> futures(
            String name, LongFunction<Offsets> order, AioConfig config, Path path, AioOpenOption... options)
            throws InterruptedException {
        return new Futures(name, order, new Loop(), config, path, options);
    }

    /** For the report. */
    String routes() {
        return Routes.describe(name(), context);
    }

    @Override
    public void close() {
        file.close().awaitUninterruptibly();
        super.close();
    }

    private static final class Callbacks extends AioSide<Slot> implements AioCallback<LoopSide.Slot> {

        Callbacks(
                String name,
                LongFunction<Offsets> order,
                Loop loop,
                AioConfig config,
                Path path,
                AioOpenOption... options)
                throws InterruptedException {
            super(name, order, loop, config, path, options);
        }

        @Override
        Slot newSlot(ByteBuf buffer) {
            return new Slot(buffer);
        }

        @Override
        void start(Slot slot, long offset) {
            file.read(slot.buffer, offset, slot, this);
        }

        @Override
        public void completed(long result, @Nullable Throwable cause, Slot slot) {
            completed(slot, result, cause);
        }
    }

    private static final class Futures extends AioSide<Futures.ListeningSlot> {

        Futures(
                String name,
                LongFunction<Offsets> order,
                Loop loop,
                AioConfig config,
                Path path,
                AioOpenOption... options)
                throws InterruptedException {
            super(name, order, loop, config, path, options);
        }

        /** The listener is the slot's, so that only what the library allocates is counted. */
        final class ListeningSlot extends Slot implements GenericFutureListener<Future<Integer>> {

            ListeningSlot(ByteBuf buffer) {
                super(buffer);
            }

            @Override
            public void operationComplete(Future<Integer> future) {
                Integer bytes = future.getNow();
                completed(this, bytes == null ? 0 : bytes, future.cause());
            }
        }

        @Override
        ListeningSlot newSlot(ByteBuf buffer) {
            return new ListeningSlot(buffer);
        }

        @Override
        void start(ListeningSlot slot, long offset) {
            file.read(slot.buffer, offset).addListener(slot);
        }
    }
}
