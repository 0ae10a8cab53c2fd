package io.nettyaio.epoll;

import io.nettyaio.AioCallback;
import io.nettyaio.AioClass;
import io.nettyaio.AioRoute;
import io.nettyaio.AioSyncPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An fsync or fdatasync. Waits for the writes started before it, then joins the file's {@link SyncGroup}: one leads and
 * makes the system call, those it covers are settled with it.
 *
 * <p>Never reused: other loops may hold it.
 */
final class SyncOperation extends Operation {

    private final EpollAioFile view;
    private final boolean dataOnly;
    private final boolean external;
    private final @Nullable AioPromise<Void> promise;
    private final @Nullable AioCallback<Object> callback;
    private final @Nullable Object attachment;
    private WriteBarrier.@Nullable Epoch awaited;
    private boolean leads;
    private boolean begun;
    private List<SyncOperation> covered = List.of();

    private SyncOperation(
            EpollAioFile view,
            boolean dataOnly,
            @Nullable AioPromise<Void> promise,
            @Nullable AioCallback<Object> callback,
            @Nullable Object attachment) {
        super(view.context());
        this.view = view;
        this.dataOnly = dataOnly;
        this.promise = promise;
        this.callback = callback;
        this.attachment = attachment;
        this.external = view.operationCalled(this);
        this.awaited = view.handle().writes().seal();
    }

    static SyncOperation promised(EpollAioFile view, boolean dataOnly, AioPromise<Void> promise) {
        SyncOperation operation = new SyncOperation(view, dataOnly, promise, null, null);
        AioPromise<Void> unused = promise.of(operation);
        return operation;
    }

    @SuppressWarnings("unchecked")
    static <A extends @Nullable Object> SyncOperation calling(
            EpollAioFile view, boolean dataOnly, A attachment, AioCallback<? super A> callback) {
        return new SyncOperation(view, dataOnly, null, (AioCallback<Object>) callback, attachment);
    }

    @Override
    String name() {
        return dataOnly ? "fdatasync" : "fsync";
    }

    @Override
    AioClass ioClass() {
        return view.ioClass();
    }

    @Override
    String path() {
        return view.path();
    }

    @Override
    boolean gives(AioPromise<?> to) {
        return to == promise;
    }

    @Override
    boolean isCancelled() {
        return promise != null && promise.isDone();
    }

    /** Once it has begun, others are settled with it. */
    @Override
    boolean isDroppable() {
        return !begun;
    }

    @Override
    void started() {
        view.operationStarted(external);
    }

    @Override
    void submit() {
        if (isCancelled() && !begun) {
            finish(null);
            return;
        }
        if (awaited != null) {
            if (handle().writes().await(awaited, this)) {
                context().elsewhere(this);
                return;
            }
            awaited = null;
        }
        if (!leads) {
            if (!handle().syncs().enter(this)) {
                context().elsewhere(this);
                return;
            }
            leads = true;
        }
        if (!passDevice(view.deviceLane())) {
            return;
        }
        boolean kernel = context().config().syncPolicy() == AioSyncPolicy.KERNEL
                && context().hasKernelAio()
                && handle().mount().knowsKernelSync();
        if (kernel) {
            toKernel();
        } else {
            toHelper(AioRoute.HELPER);
        }
    }

    @Override
    void prepare(Slot in) {
        int opcode = begin() ? IocbTable.FDSYNC : IocbTable.FSYNC;
        context().iocbs().prepare(in.index(), in.data(), opcode, handle().fd(), 0, 0, 0, 0);
    }

    @Override
    long work() {
        boolean data = begin();
        int result;
        do {
            result = context().syscalls().fsync(handle().fd(), data);
        } while (result == -Errno.EINTR);
        return result;
    }

    /**
     * The call begins: what has come by now is covered.
     *
     * @return whether all of them want data only
     */
    private boolean begin() {
        begun = true;
        List<SyncOperation> all = new ArrayList<>(covered);
        all.addAll(handle().syncs().begin());
        covered = all;
        boolean data = dataOnly;
        for (SyncOperation member : all) {
            data &= member.dataOnly;
        }
        return data;
    }

    @Override
    void complete(long result) {
        if (result >= 0) {
            finish(null);
        } else if (route() == AioRoute.KERNEL
                && (result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP || result == -Errno.EAGAIN)) {
            if (result != -Errno.EAGAIN) {
                handle().mount().refuseKernelSync();
            }
            toHelper(AioRoute.HELPER);
        } else {
            fail(Failures.system((int) -result, name(), view.path(), 0));
        }
    }

    @Override
    void settle(@Nullable Throwable cause) {
        for (SyncOperation member : covered) {
            member.coveredBy(this, cause);
        }
        covered = List.of();
        handle().syncs().end(this);
        view.operationEnded();
        if (promise != null) {
            promise.routed(route());
            if (cause == null) {
                promise.trySuccess(null);
            } else {
                promise.tryFailure(cause);
            }
        } else if (callback != null) {
            TransferResult.completed(callback, 0, cause, attachment);
        }
    }

    /** The leader's call, which covers this one, has ended. On the leader's loop. */
    private void coveredBy(SyncOperation leader, @Nullable Throwable cause) {
        AioRoute taken = leader.route();
        if (context().inEventLoop()) {
            endWith(taken, cause);
            return;
        }
        try {
            context().eventLoop().execute(() -> endWith(taken, cause));
        } catch (RejectedExecutionException loopIsGone) {
            // Its context failed it when it closed.
        }
    }

    private void endWith(@Nullable AioRoute taken, @Nullable Throwable cause) {
        if (!isFinished()) {
            context().noLongerElsewhere(this);
            if (taken != null) {
                routed(taken);
            }
            finish(cause);
        }
    }

    private FileHandle handle() {
        return view.handle();
    }
}
