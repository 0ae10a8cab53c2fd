package io.nettyaio.examples.serve;

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

/** A file, and the context that opens it, whose operations complete when the test says so. */
final class ScriptedFile {

    static final int REGULAR = 0x8000;
    static final int DIRECTORY = 0x4000;

    /** A read that has been started, of a buffer that the test keeps an eye on. */
    static final class Read {
        final long offsetBytes;
        final ScriptedFuture<ByteBuf> future;
        final ByteBuf buffer;

        private Read(long offsetBytes, int lengthBytes, ScriptedFuture<ByteBuf> future) {
            this.offsetBytes = offsetBytes;
            this.future = future;
            buffer = ByteBufAllocator.DEFAULT.directBuffer(lengthBytes, lengthBytes);
        }

        /** Completes it with as many bytes as were asked for, each the number of its 16-byte block. */
        void complete() {
            complete(buffer.capacity());
        }

        void complete(int lengthBytes) {
            for (int i = 0; i < lengthBytes; i++) {
                buffer.writeByte((int) ((offsetBytes + i) / 16));
            }
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

    final List<Read> reads = new ArrayList<>();
    final List<String> opened = new ArrayList<>();
    final List<ScriptedFuture<AioFile>> opens = new ArrayList<>();
    private final EventLoop loop;
    private final long sizeBytes;
    private int closes;

    ScriptedFile(EventLoop loop, long sizeBytes) {
        this.loop = loop;
        this.sizeBytes = sizeBytes;
    }

    static AioException failure(String operation, int errno, String name) {
        return new AioException(AioException.Kind.SYSTEM, errno, name, operation, "file", 0, "scripted");
    }

    /** The file; also good for the directory it is opened in. */
    AioFile file() {
        return proxy(AioFile.class, (name, arguments) -> switch (name) {
            case "context" -> context();
            case "path" -> "file";
            case "stat" -> completed(stat(REGULAR));
            case "read" -> read((Long) arguments[0], (Integer) arguments[1]);
            case "close" -> {
                closes++;
                yield completed(null);
            }
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private AioContext context() {
        return proxy(AioContext.class, (name, arguments) -> switch (name) {
            case "openBeneath" -> open((String) arguments[1]);
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private AioFuture<AioFile> open(String relativePath) {
        ScriptedFuture<AioFile> future = new ScriptedFuture<>(loop);
        opened.add(relativePath);
        opens.add(future);
        return future;
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

    AioStat stat(int mode) {
        return new AioStat(
                mode, sizeBytes, 0, 1, 0, 0, 1, 0, 0, Instant.EPOCH, Instant.ofEpochSecond(784111777), Instant.EPOCH);
    }

    /** Asserts that the file has been closed, once, and that nothing has kept a buffer. */
    void assertGivenBack() {
        assertThat(closes).isEqualTo(1);
        assertThat(reads).allSatisfy(read -> assertThat(read.buffer.refCnt()).isZero());
    }

    void assertOpen() {
        assertThat(closes).isZero();
    }

    private interface Handler {
        Object call(String name, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> handler.call(method.getName(), arguments)));
    }
}
