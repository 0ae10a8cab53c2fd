package io.nettyaio.epoll.blockhound;

import io.netty.util.concurrent.FastThreadLocalThread;
import io.nettyaio.LoopThreads;
import java.util.List;
import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * What BlockHound has to know of netty-aio; it finds this class by itself. BlockHound is an optional dependency, meant for
 * tests: {@code io.projectreactor.tools:blockhound}.
 *
 * <p>Threads of event loops that have an {@link io.nettyaio.AioContext} are not to block, whatever made them; those of Netty's own thread
 * factory are not anyway, by Netty's integration. The library's own system calls that may wait for a disk are taken for
 * blocking, as the JDK's are: whoever brings one to a loop is found.
 *
 * <p><b>Threading.</b> Called by BlockHound, once.
 */
public final class AioBlockHoundIntegration implements BlockHoundIntegration {

    private static final String NATIVE = "io.nettyaio.epoll.Native";
    private static final String CLOSER = "io.nettyaio.epoll.ContextCloser";

    /** A system call that may wait: the native method, and its JNI signature. */
    record Blocking(String method, String signature) {}

    /** Somewhere on a loop where something may block, and why it may. */
    record Allowed(String type, String method, String why) {}

    /**
     * Not among them: reads and writes, of which those with RWF_NOWAIT and those of pipes are the loop's own, and those
     * without a helper's; readahead, which waits no longer than the attempt that it follows; close, of eventfds and pipes.
     */
    static final List<Blocking> BLOCKING = List.of(
            new Blocking("ioDestroy", "(J)I"),
            new Blocking("openAt", "(IJII)I"),
            new Blocking("openBeneath", "(IJII)I"),
            new Blocking("fsync", "(IZ)I"),
            new Blocking("syncRange", "(IJJ)I"),
            new Blocking("fallocate", "(IJJ)I"),
            new Blocking("ftruncate", "(IJ)I"),
            new Blocking("statx", "(IIJ)I"),
            new Blocking("statxPath", "(JZIJ)I"),
            new Blocking("fileSystemType", "(I)J"),
            new Blocking("rename", "(IJJZ)I"),
            new Blocking("unlink", "(IJZ)I"),
            new Blocking("mkdir", "(JI)I"),
            new Blocking("symlink", "(JJ)I"),
            new Blocking("readlink", "(JJI)I"),
            new Blocking("getdents", "(IJI)I"),
            new Blocking("fchmod", "(II)I"),
            new Blocking("futimens", "(IJIJI)I"),
            new Blocking("seekData", "(IJZ)J"),
            new Blocking("makeFifo", "(JI)I"));

    /** All there is. */
    static final List<Allowed> ALLOWED = List.of(new Allowed(
            CLOSER,
            "drain",
            "a loop that shuts down waits for what the kernel still holds, with short parks, and for io_destroy:"
                    + " its sockets are closed, it serves nobody any more, and memory the kernel writes to is not"
                    + " to be freed before"));

    /** Made by {@link java.util.ServiceLoader}. */
    public AioBlockHoundIntegration() {}

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.nonBlockingThreadPredicate(
                others -> others.or(thread -> thread == Thread.currentThread() && LoopThreads.isOne()));
        // A thread becomes a loop's after it has been started. Of Netty's threads it is known by their type.
        builder.addDynamicThreadPredicate(thread -> !(thread instanceof FastThreadLocalThread));
        for (Blocking call : BLOCKING) {
            builder.markAsBlocking(NATIVE, call.method(), call.signature());
        }
        for (Allowed place : ALLOWED) {
            builder.allowBlockingCallsInside(place.type(), place.method());
        }
    }
}
