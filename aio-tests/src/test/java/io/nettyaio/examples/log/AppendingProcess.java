package io.nettyaio.examples.log;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.nettyaio.epoll.EpollAio;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * Opens a log, checks what it holds, says {@code R <last>}, and appends until it is killed, saying {@code A <sequence>} of
 * each record that is acknowledged.
 */
final class AppendingProcess {

    private static final long SEED = 9;
    private static final int AT_ONCE = 16;

    private final PrintStream out = System.out;
    private final boolean direct;
    private WriteAheadLog log;
    private long next;

    private AppendingProcess(boolean direct) {
        this.direct = direct;
    }

    public static void main(String[] args) throws Exception {
        new AppendingProcess(args[1].equals("direct")).run(Path.of(args[0]));
    }

    private void run(Path directory) throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Records found = new Records();
        LogConfig config = LogConfig.builder(directory)
                .segmentBytes(256 * 1024)
                .direct(direct)
                .build();
        log = WriteAheadLog.open(EpollAio.context(group.next()), config, found)
                .sync()
                .getNow();
        for (int i = 0; i < found.records.size(); i++) {
            if (!found.records.get(i).equals(Records.contents(SEED, i + 1, 2000))) {
                throw new AssertionError("record " + (i + 1) + " is not what was appended");
            }
        }
        out.println("R " + found.last());
        next = found.last() + 1;
        log.eventLoop().execute(() -> {
            for (int i = 0; i < AT_ONCE; i++) {
                append();
            }
        });
        Thread.sleep(60_000);
    }

    private void append() {
        log.append(
                1,
                Records.payload(Records.contents(SEED, next++, 2000)),
                LogDurability.ALWAYS,
                this,
                (sequence, cause, self) -> {
                    if (cause != null) {
                        throw new AssertionError(cause);
                    }
                    out.println("A " + sequence);
                    append();
                });
    }
}
