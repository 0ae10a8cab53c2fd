package io.nettyaio.epoll;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.nio.channels.FileChannel;

/**
 * The JDK's channel over a descriptor that stays the engine's, for Netty's {@code sendfile(2)}, which takes no other. The
 * JDK did not open it and so does not close it: neither has a cleaner. Never given to users, who could close it.
 */
final class JdkChannel {

    private static final int NONE = -1;

    private final FileDescriptor descriptor = new FileDescriptor();
    private final FileChannel channel;

    @SuppressWarnings("resource") // what it would close is not its own
    JdkChannel(int fd) {
        Native.setDescriptor(descriptor, fd);
        channel = new FileInputStream(descriptor).getChannel();
    }

    FileChannel channel() {
        return channel;
    }

    /** The number is about to become somebody else's. */
    void forget() {
        Native.setDescriptor(descriptor, NONE);
    }
}
