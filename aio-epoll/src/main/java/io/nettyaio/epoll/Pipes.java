package io.nettyaio.epoll;

import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A context's pipes: how they come about, which are open, and the operations to use anew. */
final class Pipes {

    private static final Set<AioOpenOption> FIFO_OPTIONS = EnumSet.of(
            AioOpenOption.READ,
            AioOpenOption.WRITE,
            AioOpenOption.CREATE,
            AioOpenOption.CREATE_NEW,
            AioOpenOption.NOFOLLOW);

    private final EpollAioContext context;
    private final Set<PipeHandle> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final ArrayDeque<PipeTransfer> reusable = new ArrayDeque<>();

    Pipes(EpollAioContext context) {
        this.context = context;
    }

    // ---- making --------------------------------------------------------------------------------------------------

    AioFuture<AioPipePair> make() {
        PipePairOperation operation = new PipePairOperation(context);
        return context.begin(operation);
    }

    AioFuture<AioPipe> openFifo(Path path, Set<AioOpenOption> options) {
        String text = path.toString();
        FifoOperation operation = new FifoOperation(context, text, options);
        if (path.getFileSystem() != FileSystems.getDefault()) {
            operation.refuse(Failures.argument(
                    Errno.EINVAL,
                    "openFifo",
                    text,
                    "the path is not of the default file system; the kernel cannot open it"));
        } else if (!FIFO_OPTIONS.containsAll(options)) {
            operation.refuse(Failures.argument(
                    Errno.EINVAL, "openFifo", text, "a FIFO is opened with " + FIFO_OPTIONS + ", not with " + options));
        }
        return context.begin(operation);
    }

    AioFuture<AioPipe> adopt(int descriptor) {
        return inherit(descriptor, null);
    }

    AioFuture<AioPipe> standard(int descriptor, String name) {
        return inherit(descriptor, name);
    }

    private AioFuture<AioPipe> inherit(int descriptor, @Nullable String name) {
        InheritOperation operation = new InheritOperation(context, descriptor, name);
        return context.begin(operation);
    }

    // ---- open ones -----------------------------------------------------------------------------------------------

    /** On the loop, or where that has ended: a view of a descriptor that is the view's from here on. */
    EpollAioPipe view(PipeDescriptor descriptor) {
        PipeHandle handle = new PipeHandle(context, descriptor);
        EpollAioPipe pipe = new EpollAioPipe(context, handle);
        if (context.inEventLoop()) {
            remember(handle);
        } else if (!context.execute(() -> remember(handle))) {
            pipe.closeWithoutLoop();
        }
        return pipe;
    }

    private void remember(PipeHandle handle) {
        open.add(handle);
        if (context.isClosing()) {
            handle.close(true);
        }
    }

    void forget(PipeHandle handle) {
        open.remove(handle);
    }

    boolean isEmpty() {
        return open.isEmpty();
    }

    int size() {
        return open.size();
    }

    /** The context closes. */
    void closeAll() {
        for (PipeHandle handle : new ArrayList<>(open)) {
            handle.close(true);
        }
    }

    // ---- operations ----------------------------------------------------------------------------------------------

    /** An operation to fill in: used anew where possible. */
    PipeTransfer newTransfer() {
        if (context.inEventLoop()) {
            PipeTransfer used = reusable.poll();
            if (used != null) {
                return used;
            }
        }
        return new PipeTransfer(context);
    }

    /** It has told whoever waited. */
    void settled(PipeTransfer transfer) {
        boolean room = reusable.size() < context.config().queueDepth();
        if (room && transfer.isReusable() && context.inEventLoop() && !context.isClosing()) {
            transfer.reset();
            reusable.push(transfer);
        }
    }
}
