package io.nettyaio.epoll;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the engine logs: an error there is a bug, unless the test has provoked it. */
final class EngineLog {

    private static final Logger ROOT = Logger.getLogger("io.nettyaio");
    private static final Logger NETTY = Logger.getLogger("io.netty");
    private static final Queue<LogRecord> RECORDS = new ConcurrentLinkedQueue<>();

    static {
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        Handler collector = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
                    RECORDS.add(entry);
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        // What is expected needs no place in the build's output; what is not is in the failure's message.
        for (Logger logger : new Logger[] {ROOT, NETTY}) {
            logger.addHandler(collector);
            logger.setUseParentHandlers(false);
        }
    }

    private EngineLog() {}

    /** Forgets what was logged before; must be called before the engine's classes make their loggers. */
    static void begin() {
        RECORDS.clear();
    }

    static List<String> errors() {
        return atLeast(Level.SEVERE);
    }

    static List<String> warnings() {
        return atLeast(Level.WARNING);
    }

    private static List<String> atLeast(Level level) {
        List<String> found = new ArrayList<>();
        for (LogRecord entry : RECORDS) {
            if (entry.getLevel().intValue() >= level.intValue()) {
                StringWriter text = new StringWriter();
                text.append(entry.getLoggerName()).append(": ").append(entry.getMessage());
                if (entry.getThrown() != null) {
                    entry.getThrown().printStackTrace(new PrintWriter(text.append(": "), true));
                }
                found.add(text.toString());
            }
        }
        return found;
    }
}
