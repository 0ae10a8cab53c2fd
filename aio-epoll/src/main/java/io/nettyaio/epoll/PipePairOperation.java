package io.nettyaio.epoll;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioRoute;
import org.jspecify.annotations.Nullable;

/** {@code pipe2(2)}, on the loop: it only takes memory. */
final class PipePairOperation extends HelperOperation<AioPipePair> {

    private int readFd = -1;
    private int writeFd = -1;

    PipePairOperation(EpollAioContext context) {
        super(context, "pipe", null, null);
    }

    @Override
    void submit() {
        routed(AioRoute.INLINE);
        if (isCancelled()) {
            finish(null);
            return;
        }
        complete(work());
    }

    @Override
    long work() {
        try (NativeMemory numbers = new NativeMemory(2L * Integer.BYTES, Long.BYTES)) {
            int answer = context().syscalls().pipe(numbers.address());
            readFd = numbers.buffer().getInt(0);
            writeFd = numbers.buffer().getInt(Integer.BYTES);
            return answer;
        }
    }

    @Override
    protected AioPipePair value(long result) {
        String name = "pipe:" + readFd + ',' + writeFd;
        return new AioPipePair(view(readFd, name, true), view(writeFd, name, false));
    }

    private EpollAioPipe view(int fd, String name, boolean read) {
        return context()
                .pipes()
                .view(new PipeDescriptor(
                        fd, name, PipeDescriptor.Kind.OWN_PIPE, PipeDescriptor.Mode.NONBLOCKING, read, !read, false));
    }

    @Override
    protected void unwanted(@Nullable AioPipePair pair) {
        if (pair != null) {
            Future<?> unusedRead = pair.readEnd().close();
            Future<?> unusedWrite = pair.writeEnd().close();
        }
    }
}
