package io.nettyaio.epoll;

import io.nettyaio.AioRoute;

/** Asks for, or changes, how much a pipe holds: {@code fcntl(2)}, on the loop, which it does not make wait. */
final class CapacityOperation extends HelperOperation<Integer> {

    private final PipeHandle pipe;
    private final int command;
    private final int argument;

    CapacityOperation(EpollAioContext context, PipeHandle pipe, int command, int argument) {
        super(context, "capacity", pipe.path(), null);
        this.pipe = pipe;
        this.command = command;
        this.argument = argument;
    }

    @Override
    void submit() {
        routed(AioRoute.INLINE);
        if (isCancelled()) {
            finish(null);
        } else if (pipe.isClosing()) {
            fail(Failures.pipeClosed(name(), pipe.path()));
        } else {
            complete(context().syscalls().fcntl(pipe.number(), command, argument));
        }
    }

    @Override
    protected Integer value(long result) {
        return (int) result;
    }
}
