package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;

/** A descriptor that is ready whenever the loop looks: tells when it looks after its sockets, and keeps it from sleeping. */
final class ReadySocket implements EpollIoHandle, AutoCloseable {

    private final FileDescriptor descriptor = new FileDescriptor(Syscalls.NATIVE.eventFd());
    private final Engine engine;
    private final Runnable onLook;
    private final IoRegistration registration;
    private int looks;

    ReadySocket(Engine engine) {
        this(engine, () -> {});
    }

    /** @param onLook run on the loop each time it looks */
    ReadySocket(Engine engine, Runnable onLook) {
        this.engine = engine;
        this.onLook = onLook;
        assertThat(Syscalls.NATIVE.eventFdSignal(descriptor.intValue())).isNotNegative();
        registration = Await.value(engine.loop.register(this));
        engine.onLoop(() -> registration.submit(EpollIoOps.EPOLLIN));
    }

    /** On the loop: how often it has looked after its sockets. */
    int looks() {
        return looks;
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        looks++;
        onLook.run();
    }

    @Override
    public void close() {
        engine.onLoop(registration::cancel);
        assertThat(Syscalls.NATIVE.close(descriptor.intValue())).isZero();
    }
}
