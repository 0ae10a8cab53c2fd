package io.nettyaio.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioCallback;
import io.nettyaio.AioClass;
import io.nettyaio.AioContext;
import io.nettyaio.AioDirectory;
import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioStat;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A view whose operations have a deadline each. */
final class DeadlineFile implements AioFile {

    private final AioFile file;
    private final Duration timeout;

    DeadlineFile(AioFile file, Duration timeout) {
        this.file = file;
        this.timeout = Objects.requireNonNull(timeout, "timeout");
    }

    /** The view itself. */
    static EpollAioFile unwrap(AioFile view) {
        return (EpollAioFile) (view instanceof DeadlineFile limited ? limited.file : view);
    }

    /** Of its operations; {@code null} where they have no deadline. */
    static @Nullable Duration timeout(AioFile view) {
        return view instanceof DeadlineFile limited ? limited.timeout : null;
    }

    private <V extends @Nullable Object> AioFuture<V> limited(AioFuture<V> future) {
        return future.deadline(timeout);
    }

    /** A callback cannot be told twice, and a future is not: so the callback hears of the future. */
    private <A extends @Nullable Object> void call(AioFuture<?> future, A attachment, AioCallback<? super A> callback) {
        Future<?> unused = limited(future).addListener(done -> {
            Throwable cause = done.cause();
            long moved = cause instanceof AioException failed ? failed.bytesTransferred() : 0;
            if (done.getNow() instanceof Integer bytes) {
                moved = bytes;
            }
            callback.completed(moved, cause, attachment);
        });
    }

    // ---- what it is ----------------------------------------------------------------------------------------------

    @Override
    public AioContext context() {
        return file.context();
    }

    @Override
    public String path() {
        return file.path();
    }

    @Override
    public boolean isDirect() {
        return file.isDirect();
    }

    @Override
    public int alignment() {
        return file.alignment();
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public AioFile on(EventLoop eventLoop) {
        AioFile there = file.on(eventLoop);
        return there == file ? this : there.withDeadline(timeout);
    }

    @Override
    public AioFile withDeadline(Duration another) {
        return file.withDeadline(another);
    }

    @Override
    public AioClass ioClass() {
        return file.ioClass();
    }

    @Override
    public AioFile in(AioClass ioClass) {
        AioFile other = file.in(ioClass);
        return other == file ? this : other.withDeadline(timeout);
    }

    @Override
    public AioStat openedStat() {
        return file.openedStat();
    }

    // ---- operations ----------------------------------------------------------------------------------------------

    @Override
    public AioFuture<ByteBuf> read(long offsetBytes, int lengthBytes) {
        return limited(file.read(offsetBytes, lengthBytes));
    }

    @Override
    public AioFuture<Integer> read(ByteBuf dst, long offsetBytes) {
        return limited(file.read(dst, offsetBytes));
    }

    @Override
    public AioFuture<Long> read(ByteBuf[] dsts, long offsetBytes) {
        return limited(file.read(dsts, offsetBytes));
    }

    @Override
    public <A extends @Nullable Object> void read(
            ByteBuf dst, long offsetBytes, A attachment, AioCallback<? super A> callback) {
        call(file.read(dst, offsetBytes), attachment, callback);
    }

    @Override
    public AioFuture<Integer> write(ByteBuf src, long offsetBytes) {
        return limited(file.write(src, offsetBytes));
    }

    @Override
    public AioFuture<Long> write(ByteBuf[] srcs, long offsetBytes) {
        return limited(file.write(srcs, offsetBytes));
    }

    @Override
    public <A extends @Nullable Object> void write(
            ByteBuf src, long offsetBytes, A attachment, AioCallback<? super A> callback) {
        call(file.write(src, offsetBytes), attachment, callback);
    }

    @Override
    public AioFuture<Integer> append(ByteBuf src) {
        return limited(file.append(src));
    }

    @Override
    public AioFuture<Void> fsync() {
        return limited(file.fsync());
    }

    @Override
    public AioFuture<Void> fdatasync() {
        return limited(file.fdatasync());
    }

    @Override
    public <A extends @Nullable Object> void fdatasync(A attachment, AioCallback<? super A> callback) {
        call(file.fdatasync(), attachment, callback);
    }

    @Override
    public AioFuture<Void> syncRange(long offsetBytes, long lengthBytes) {
        return limited(file.syncRange(offsetBytes, lengthBytes));
    }

    @Override
    public AioFuture<Void> allocate(long offsetBytes, long lengthBytes) {
        return limited(file.allocate(offsetBytes, lengthBytes));
    }

    @Override
    public AioFuture<Void> truncate(long sizeBytes) {
        return limited(file.truncate(sizeBytes));
    }

    @Override
    public AioFuture<Long> size() {
        return limited(file.size());
    }

    @Override
    public AioFuture<List<AioDirectoryEntry>> nextEntries() {
        return limited(file.nextEntries());
    }

    @Override
    public AioFuture<Long> nextData(long offsetBytes) {
        return limited(file.nextData(offsetBytes));
    }

    @Override
    public AioFuture<Long> nextHole(long offsetBytes) {
        return limited(file.nextHole(offsetBytes));
    }

    @Override
    public AioFuture<Void> chmod(int mode) {
        return limited(file.chmod(mode));
    }

    @Override
    public AioFuture<Void> setTimes(Instant accessed, Instant modified) {
        return limited(file.setTimes(accessed, modified));
    }

    @Override
    public AioFuture<Long> prefetch(long offsetBytes, long lengthBytes) {
        return limited(file.prefetch(offsetBytes, lengthBytes));
    }

    @Override
    public FileRegion region(long offsetBytes, long lengthBytes, Runnable released) {
        return file.region(offsetBytes, lengthBytes, released);
    }

    @Override
    public AioFuture<Integer> writeDurably(ByteBuf src, long offsetBytes) {
        return limited(file.writeDurably(src, offsetBytes));
    }

    @Override
    public <A extends @Nullable Object> void writeDurably(
            ByteBuf src, long offsetBytes, A attachment, AioCallback<? super A> callback) {
        call(file.writeDurably(src, offsetBytes), attachment, callback);
    }

    @Override
    public <T> AioFuture<T> list(int maxEntries, Function<? super AioDirectory, ? extends T> then) {
        return limited(file.list(maxEntries, then));
    }

    @Override
    public AioFuture<AioStat> stat() {
        return limited(file.stat());
    }

    @Override
    public AioFuture<Void> close() {
        return file.close();
    }
}
