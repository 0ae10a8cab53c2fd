package io.nettyaio.epoll;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A system call on one or two names in an open directory that a helper makes: {@code renameat2(2)}, {@code unlinkat(2)}.
 * From the directory's descriptor, and a name is no path: whoever renames and links meanwhile leads it nowhere else.
 */
final class NameOperation extends HelperOperation<Void> {

    /** A call on names with a NUL at their end; the second is zero where there is one. */
    private interface Call {
        long make(Syscalls syscalls, int directory, long first, long second);
    }

    private final EpollAioContext context;
    private final @Nullable EpollAioFile directory;
    private final Call call;
    private final String first;
    private final @Nullable String second;

    private NameOperation(
            EpollAioContext context,
            @Nullable EpollAioFile directory,
            String operation,
            String path,
            Call call,
            String first,
            @Nullable String second) {
        super(context, operation, path, directory);
        this.context = context;
        this.directory = directory;
        this.call = call;
        this.first = first;
        this.second = second;
        String whyNot = NativePath.whyNoName(first);
        if (whyNot == null && second != null) {
            whyNot = NativePath.whyNoName(second);
        }
        if (whyNot != null) {
            refuse(Failures.argument(Errno.EINVAL, operation, path, whyNot));
        } else if (!isName(first) || (second != null && !isName(second))) {
            refuse(Failures.argument(
                    Errno.EINVAL, operation, path, "a name in a directory is not empty, no dots alone, and no path"));
        } else if (directory != null && directory.handle().kind() != FileHandle.Kind.DIRECTORY) {
            refuse(Failures.argument(Errno.ENOTDIR, operation, path, "open it with AioOpenOption.DIRECTORY"));
        }
    }

    /** @param in how a failure names the directory */
    static NameOperation rename(
            EpollAioContext context,
            @Nullable EpollAioFile directory,
            String in,
            String source,
            String target,
            boolean noReplace) {
        return new NameOperation(
                context,
                directory,
                noReplace ? "renameNoReplaceIn" : "renameIn",
                in + "/" + source + " -> " + target,
                (syscalls, fd, from, to) -> syscalls.rename(fd, from, to, noReplace),
                source,
                target);
    }

    /** @param in how a failure names the directory */
    static NameOperation unlink(EpollAioContext context, @Nullable EpollAioFile directory, String in, String name) {
        return new NameOperation(
                context,
                directory,
                "unlinkIn",
                in + "/" + name,
                (syscalls, fd, first, none) -> syscalls.unlink(fd, first, false),
                name,
                null);
    }

    /** Whether text is a name in a directory, and nothing that leads out of it or elsewhere in it. */
    static boolean isName(String text) {
        return !text.isEmpty() && !text.equals(".") && !text.equals("..") && text.indexOf('/') < 0;
    }

    @Override
    long work() {
        EpollAioFile in = directory;
        if (in == null) {
            throw new IllegalStateException("refused, and carried out");
        }
        ByteBuffer firstName = NativePath.terminated(first);
        ByteBuffer secondName = second == null ? firstName : NativePath.terminated(second);
        try {
            long firstAddress = Native.addressOf(firstName);
            long secondAddress = second == null ? 0 : Native.addressOf(secondName);
            long result;
            do {
                result = call.make(context.syscalls(), in.handle().fd(), firstAddress, secondAddress);
            } while (result == -Errno.EINTR);
            return result;
        } finally {
            // The memory is the garbage collector's to free, and has to live until here.
            Reference.reachabilityFence(firstName);
            Reference.reachabilityFence(secondName);
        }
    }

    @Override
    protected @Nullable Void value(long result) {
        return null;
    }
}
