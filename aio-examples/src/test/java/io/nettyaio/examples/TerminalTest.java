package io.nettyaio.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a terminal is. */
@Timeout(10)
class TerminalTest {

    private static final List<String> DRIVERS = List.of(
            "/dev/tty             /dev/tty        5       0 system:/dev/tty",
            "/dev/ptmx            /dev/ptmx       5       2 system",
            "serial               /dev/ttyS       4 64-95 serial",
            "pty_slave            /dev/pts      136 0-1048575 pty:slave",
            "",
            "what nobody knows");

    private static long device(long major, long minor) {
        return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFFL) << 12 | (major & ~0xFFFL) << 32;
    }

    @Test
    void shouldBeATerminalWhenItsDriverIs() {
        assertThat(Terminal.isTerminal(device(136, 3), DRIVERS)).isTrue();
        assertThat(Terminal.isTerminal(device(136, 70_000), DRIVERS)).isTrue();
        assertThat(Terminal.isTerminal(device(4, 64), DRIVERS)).isTrue();
        assertThat(Terminal.isTerminal(device(5, 0), DRIVERS)).isTrue();
    }

    @Test
    void shouldBeNoTerminalWhenItIsAnotherDevice() {
        assertThat(Terminal.isTerminal(device(1, 3), DRIVERS)).as("/dev/null").isFalse();
        assertThat(Terminal.isTerminal(device(5, 1), DRIVERS)).isFalse();
        assertThat(Terminal.isTerminal(device(4, 96), DRIVERS)).isFalse();
        assertThat(Terminal.isTerminal(device(4, 63), DRIVERS)).isFalse();
        assertThat(Terminal.isTerminal(device(136, 0), List.of())).isFalse();
    }
}
