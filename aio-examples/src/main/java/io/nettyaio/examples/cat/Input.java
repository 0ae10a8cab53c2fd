package io.nettyaio.examples.cat;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFileType;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipe;
import io.nettyaio.AioStat;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where bytes come from: a file, or a pipe of any kind. */
abstract class Input implements AutoCloseable {

    private static final int EINVAL = 22;

    private final AioContext aio;

    private Input(AioContext aio) {
        this.aio = aio;
    }

    static Input standard(AioContext aio) throws CatCommand.CatError, InterruptedException {
        Future<AioPipe> opened = aio.standardInput().await();
        if (!opened.isSuccess()) {
            throw CatCommand.CatError.opening("-", opened.cause());
        }
        return new OfPipe(aio, opened.getNow());
    }

    static Input open(AioContext aio, String operand) throws CatCommand.CatError, InterruptedException {
        Path path;
        try {
            path = Path.of(operand);
        } catch (InvalidPathException invalid) {
            throw CatCommand.CatError.opening(operand, invalid);
        }
        // Looked at before it is opened: an open that turns out to be of a FIFO has let its writer in, and lost what it
        // wrote.
        Future<AioStat> stat = aio.stat(path).await();
        if (stat.isSuccess() && stat.getNow().type() == AioFileType.FIFO) {
            Future<AioPipe> fifo = aio.openFifo(path, AioOpenOption.READ).await();
            if (fifo.isSuccess()) {
                return new OfPipe(aio, fifo.getNow());
            }
            throw CatCommand.CatError.opening(operand, fifo.cause());
        }
        Future<AioFile> file = aio.open(path, AioOpenOption.READ).await();
        if (file.isSuccess()) {
            return new OfFile(aio, file.getNow());
        }
        throw CatCommand.CatError.opening(operand, file.cause());
    }

    /**
     * Moves all bytes there are. Within the kernel, or, where that cannot be done between these two, by reading and
     * writing.
     */
    final Future<Void> copyTo(AioPipe output) {
        Promise<Void> copied = aio.eventLoop().newPromise();
        splice(output).addListener(spliced -> {
            if (spliced.isSuccess()) {
                copied.setSuccess(null);
            } else if (cannotSplice(spliced.cause())) {
                new Pump(aio.alignedAllocator(), this, output, copied).start();
            } else {
                copied.setFailure(spliced.cause());
            }
        });
        return copied;
    }

    /** EINVAL before the first byte: one of the two does not take part in splice(2). */
    private static boolean cannotSplice(@Nullable Throwable cause) {
        return cause instanceof AioException failure && failure.errno() == EINVAL && failure.bytesTransferred() == 0;
    }

    abstract AioFuture<Long> splice(AioPipe output);

    /** Reads what comes after {@code offsetBytes} bytes; 0 at the end. */
    abstract AioFuture<Integer> read(ByteBuf dst, long offsetBytes);

    @Override
    public abstract void close();

    private static final class OfFile extends Input {

        private final AioFile file;

        OfFile(AioContext aio, AioFile file) {
            super(aio);
            this.file = file;
        }

        @Override
        AioFuture<Long> splice(AioPipe output) {
            return output.spliceFrom(file, 0, Long.MAX_VALUE);
        }

        @Override
        AioFuture<Integer> read(ByteBuf dst, long offsetBytes) {
            return file.read(dst, offsetBytes);
        }

        @Override
        public void close() {
            file.close().syncUninterruptibly();
        }
    }

    private static final class OfPipe extends Input {

        private final AioPipe pipe;

        OfPipe(AioContext aio, AioPipe pipe) {
            super(aio);
            this.pipe = pipe;
        }

        @Override
        AioFuture<Long> splice(AioPipe output) {
            return pipe.spliceTo(output, Long.MAX_VALUE);
        }

        @Override
        AioFuture<Integer> read(ByteBuf dst, long offsetBytes) {
            return pipe.read(dst);
        }

        @Override
        public void close() {
            pipe.close().syncUninterruptibly();
        }
    }
}
