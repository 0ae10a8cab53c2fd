package io.nettyaio.epoll;

import io.nettyaio.AioRoute;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Opens a {@link FileChannel} on the descriptor's file, once for all views. */
final class ChannelOperation extends HelperOperation<FileChannel> {

    private final FileHandle handle;
    private @Nullable FileChannel channel;

    ChannelOperation(EpollAioFile file) {
        super(file.context(), "channel", file.path(), file);
        handle = file.handle();
        if (handle.kind() != FileHandle.Kind.REGULAR && handle.kind() != FileHandle.Kind.BLOCK_DEVICE) {
            refuse(Failures.argument(
                    Errno.EINVAL, name(), path(), "only regular files and block devices have a FileChannel"));
        }
    }

    @Override
    void submit() {
        channel = handle.channel();
        if (channel != null) {
            routed(AioRoute.INLINE);
            complete(0);
        } else {
            super.submit();
        }
    }

    @Override
    long work() {
        try {
            // The same file, whatever its path names by now; a descriptor of its own, since the JDK closes it.
            channel = handle.shareChannel(
                    FileChannel.open(Path.of("/proc/self/fd/" + handle.fd()), StandardOpenOption.READ));
            return 0;
        } catch (AccessDeniedException notAgain) {
            return -Errno.EACCES;
        } catch (NoSuchFileException noProc) {
            return -Errno.ENOENT;
        } catch (IOException failed) {
            return -Errno.EIO;
        }
    }

    @Override
    protected @Nullable FileChannel value(long result) {
        return channel;
    }
}
