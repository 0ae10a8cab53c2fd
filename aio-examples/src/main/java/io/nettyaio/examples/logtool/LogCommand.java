package io.nettyaio.examples.logtool;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioContext;
import io.nettyaio.epoll.EpollAio;
import io.nettyaio.examples.CommandException;
import io.nettyaio.examples.Version;
import io.nettyaio.examples.log.LogRepair;
import io.nettyaio.examples.log.LogReplay;
import io.nettyaio.examples.log.LogSummary;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code aio log}: verify, dump, repair. */
@Command(
        name = "log",
        description = "Looks into a write-ahead log that nobody has open, and repairs a damaged one.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"1:the log is damaged or in use; a sentence on stderr says where", "2:it was called wrongly"})
public final class LogCommand implements Runnable {

    private static final int MOST_SHOWN_BYTES = 32;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name one of: verify, dump, repair");
    }

    @Command(name = "verify", description = "Reads everything and says what there is.", mixinStandardHelpOptions = true)
    int verify(
            @Option(names = "--dir", paramLabel = "DIR", required = true, description = "The log's directory.")
                    Path directory)
            throws CommandException {
        LogSummary summary = await(aio -> LogRepair.verify(aio, directory, (sequence, type, payload) -> {}));
        print(summary);
        return 0;
    }

    @Command(name = "dump", description = "Prints every record.", mixinStandardHelpOptions = true)
    int dump(
            @Option(names = "--dir", paramLabel = "DIR", required = true, description = "The log's directory.")
                    Path directory)
            throws CommandException {
        PrintWriter out = spec.commandLine().getOut();
        LogReplay print = new LogReplay() {
            @Override
            public void record(long sequence, int type, ByteBuf payload) {
                out.println(sequence + " " + describe(type, payload));
            }

            @Override
            public void snapshotRecord(int type, ByteBuf payload) {
                out.println("snapshot " + describe(type, payload));
            }
        };
        try {
            print(await(aio -> LogRepair.verify(aio, directory, print)));
        } finally {
            out.flush();
        }
        return 0;
    }

    private static String describe(int type, ByteBuf payload) {
        int shown = Math.min(MOST_SHOWN_BYTES, payload.readableBytes());
        return "type=" + type + " length=" + payload.readableBytes() + " "
                + ByteBufUtil.hexDump(payload, payload.readerIndex(), shown)
                + (shown < payload.readableBytes() ? "..." : "");
    }

    @Command(
            name = "repair",
            description = "Gives up a damaged record and all behind it. What is given up is kept in files *.damaged.",
            mixinStandardHelpOptions = true)
    int repair(
            @Option(names = "--dir", paramLabel = "DIR", required = true, description = "The log's directory.")
                    Path directory,
            @Option(names = "--yes", description = "Do it; without, it says what is damaged and changes nothing.")
                    boolean yes)
            throws CommandException {
        PrintWriter out = spec.commandLine().getOut();
        if (!yes) {
            print(await(aio -> LogRepair.verify(aio, directory, (sequence, type, payload) -> {})));
            out.println("nothing to repair");
            out.flush();
            return 0;
        }
        LogRepair.Outcome outcome = await(aio -> LogRepair.repair(aio, directory));
        outcome.actions().forEach(out::println);
        if (outcome.actions().isEmpty()) {
            out.println("nothing to repair");
        }
        print(outcome.summary());
        return 0;
    }

    private void print(LogSummary summary) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("snapshot=" + summary.snapshot() + " snapshotBytes=" + summary.snapshotBytes() + " segments="
                + summary.segments() + " lastSequence=" + summary.lastSequence() + " end=" + summary.endFile() + ":"
                + summary.endOffset() + " tornBytes=" + summary.tornBytes());
        out.flush();
    }

    private static <V> V await(Function<AioContext, Future<V>> use) throws CommandException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            Future<V> done = use.apply(EpollAio.context(group.next())).awaitUninterruptibly();
            if (!done.isSuccess()) {
                throw new CommandException(String.valueOf(done.cause().getMessage()), done.cause());
            }
            return done.getNow();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }
}
