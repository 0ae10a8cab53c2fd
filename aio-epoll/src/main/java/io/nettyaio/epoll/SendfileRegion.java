package io.nettyaio.epoll;

import io.netty.channel.DefaultFileRegion;
import java.nio.channels.FileChannel;

/** A range of a file on its way to a socket. Keeps the descriptor open as a view would. */
final class SendfileRegion extends DefaultFileRegion {

    private final EpollAioFile file;
    private final Runnable released;

    /** @param file whose descriptor has been retained for it */
    SendfileRegion(EpollAioFile file, FileChannel channel, long offsetBytes, long lengthBytes, Runnable released) {
        super(channel, offsetBytes, lengthBytes);
        this.file = file;
        this.released = released;
    }

    /** In place of the channel's close: the descriptor is shared. */
    @Override
    protected void deallocate() {
        file.regionReleased();
        released.run();
    }
}
