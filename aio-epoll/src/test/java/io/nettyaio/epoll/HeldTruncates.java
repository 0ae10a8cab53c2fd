package io.nettyaio.epoll;

/** A helper that truncates is held up until it is let go. */
class HeldTruncates extends ScriptedSyscalls {

    final Holdup holdup = new Holdup();

    @Override
    public int ftruncate(int fd, long length) {
        holdup.pass();
        return super.ftruncate(fd, length);
    }

    @Override
    void letGo() {
        holdup.letGo();
    }
}
