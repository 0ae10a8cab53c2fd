package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioStat;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A file whose operations complete when the test says so. Byte {@code n} of it is the number of its 16-byte block. */
final class ScriptedFile {

    /** A read that has been started, of a buffer that the test keeps an eye on. */
    static final class Read {
        final long offsetBytes;
        final int lengthBytes;
        final ScriptedFuture<ByteBuf> future;
        final ByteBuf buffer;

        private Read(long offsetBytes, int lengthBytes, ScriptedFuture<ByteBuf> future) {
            this.offsetBytes = offsetBytes;
            this.lengthBytes = lengthBytes;
            this.future = future;
            buffer = ByteBufAllocator.DEFAULT.directBuffer(lengthBytes, lengthBytes);
        }

        /** Completes it with as many bytes as were asked for. */
        void complete() {
            complete(buffer.capacity());
        }

        void complete(int lengthBytes) {
            buffer.writeBytes(contents(offsetBytes, lengthBytes));
            // As the library does: whose result nobody gets any more, it releases.
            if (!future.trySuccess(buffer)) {
                buffer.release();
            }
        }

        void fail(int errno, String name) {
            buffer.release();
            future.tryFailure(failure("read", errno, name));
        }
    }

    static final int SIZE_BYTES = 100_000;

    final List<Read> reads = new ArrayList<>();
    final ScriptedMarks marks = new ScriptedMarks();
    private final EventLoop loop;
    private int closes;

    ScriptedFile(EventLoop loop) {
        this.loop = loop;
    }

    static byte[] contents(long offsetBytes, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            bytes[i] = (byte) ((offsetBytes + i) / 16);
        }
        return bytes;
    }

    static AioException failure(String operation, int errno, String name) {
        return new AioException(AioException.Kind.SYSTEM, errno, name, operation, "file", 0, "scripted");
    }

    AioFile file() {
        return proxy(AioFile.class, (self, name, arguments) -> switch (name) {
            case "context" -> context();
            case "on", "in" -> self;
            case "path" -> "file";
            case "openedStat" ->
                new AioStat(0100644, SIZE_BYTES, 1, 1, 1, 1, 1, 0, 0, Instant.EPOCH, Instant.EPOCH, Instant.EPOCH);
            case "isDirect" -> false;
            case "read" -> read((Long) arguments[0], (Integer) arguments[1]);
            case "close" -> {
                closes++;
                yield completed(null);
            }
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private AioContext context() {
        return proxy(AioContext.class, (self, name, arguments) -> switch (name) {
            case "isSubmittable", "addSubmittableListener", "removeSubmittableListener" ->
                marks.call((AioContext) self, name, arguments);
            case "eventLoop" -> loop;
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private AioFuture<ByteBuf> read(long offsetBytes, int lengthBytes) {
        ScriptedFuture<ByteBuf> future = new ScriptedFuture<>(loop);
        reads.add(new Read(offsetBytes, lengthBytes, future));
        return future;
    }

    private <V> ScriptedFuture<V> completed(V value) {
        ScriptedFuture<V> future = new ScriptedFuture<>(loop);
        future.setSuccess(value);
        return future;
    }

    /** The read that was started last. */
    Read last() {
        return reads.get(reads.size() - 1);
    }

    /** Completes what is pending, in order; how many. */
    int completeAll() {
        int completed = 0;
        for (Read read : List.copyOf(reads)) {
            if (!read.future.isDone()) {
                read.complete();
                completed++;
            }
        }
        return completed;
    }

    int pending() {
        return (int) reads.stream().filter(read -> !read.future.isDone()).count();
    }

    int closes() {
        return closes;
    }

    /** Asserts that nothing has kept a buffer, once the kernel is done with those that were cancelled. */
    void assertBuffersGivenBack() {
        for (Read read : reads) {
            if (read.future.isCancelled() && read.buffer.refCnt() > 0) {
                read.complete();
            }
        }
        assertThat(reads).allSatisfy(read -> assertThat(read.buffer.refCnt()).isZero());
    }

    private interface Handler {
        Object call(Object self, String name, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> handler.call(self, method.getName(), arguments)));
    }
}
