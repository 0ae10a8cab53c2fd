package io.nettyaio.examples.top;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/**
 * Shows frames on a terminal, one in place of the other, and takes its keys. Gives the terminal back as it was.
 *
 * <p><b>Threading.</b> One thread; {@link #quit()} and {@link #close()} from any.
 */
final class TopScreen implements AutoCloseable {

    private static final Size USUAL = new Size(120, 40);
    private static final int LOOK_MILLIS = 100;
    private static final int CONTROL_C = 3;

    private final Terminal terminal;
    private final Attributes before;
    private final Display display;
    private final NonBlockingReader keys;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean quit;
    private volatile boolean resized = true;

    TopScreen(Terminal terminal) {
        this.terminal = terminal;
        before = terminal.enterRawMode();
        keys = terminal.reader();
        terminal.handle(Terminal.Signal.INT, signal -> quit = true);
        terminal.handle(Terminal.Signal.WINCH, signal -> resized = true);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        display = new Display(terminal, true);
    }

    /** Puts a frame in the place of the last one, as much of it as fits. */
    void show(List<AttributedString> frame) {
        Size size = size();
        if (resized) {
            resized = false;
            display.clear();
            display.resize(size.getRows(), size.getColumns());
        }
        List<AttributedString> fitting = frame.stream()
                .limit(size.getRows())
                .map(line -> line.columnSubSequence(0, size.getColumns()))
                .toList();
        display.update(fitting, 0);
        terminal.flush();
    }

    private Size size() {
        Size size = terminal.getSize();
        return size.getRows() <= 0 || size.getColumns() <= 0 ? USUAL : size;
    }

    /** Has {@link #isQuitWithin} say so soon. */
    void quit() {
        quit = true;
    }

    /**
     * Waits for the time of the next frame.
     *
     * @param millis how long
     * @return whether the user wants no more; true at once when he says so
     */
    boolean isQuitWithin(long millis) throws IOException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (!quit && System.nanoTime() - end < 0) {
            int key = keys.read(LOOK_MILLIS);
            if (key == 'q' || key == 'Q' || key == CONTROL_C || key == NonBlockingReader.EOF) {
                quit = true;
            } else if (resized) {
                return false; // the next frame comes early
            }
        }
        return quit;
    }

    /** Without effect the second time. */
    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            terminal.puts(Capability.exit_ca_mode);
            terminal.puts(Capability.cursor_normal);
            terminal.flush();
            terminal.setAttributes(before);
            terminal.close();
        }
    }
}
