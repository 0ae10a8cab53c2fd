package io.nettyaio.examples.doctor;

import io.nettyaio.examples.Terminal;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** One bar for each directory in turn, on standard error, where that is a terminal. */
final class ProgressBars implements AutoCloseable {

    private static final int WHOLE = 100;
    private static final int REDRAW_MILLIS = 100;

    private final boolean drawn = Terminal.isStandardError();
    private @Nullable ProgressBar bar;

    /** The directory's turn. */
    Progress next(String path) {
        close();
        if (!drawn) {
            return Progress.NONE;
        }
        ProgressBar made = new ProgressBarBuilder()
                .setTaskName(path)
                .setInitialMax(WHOLE)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setStyle(ProgressBarStyle.ASCII)
                .hideEta()
                .clearDisplayOnFinish()
                .setConsumer(new ConsoleProgressBarConsumer(System.err))
                .build();
        bar = made;
        return (what, share) -> {
            made.setExtraMessage(what);
            made.stepTo(Math.round(share * WHOLE));
        };
    }

    @Override
    public void close() {
        ProgressBar last = bar;
        bar = null;
        if (last != null) {
            last.close();
        }
    }
}
