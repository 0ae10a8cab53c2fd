package io.nettyaio.examples.top;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Frames on a terminal that a test looks at. */
@Timeout(20)
class TopScreenTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private Terminal terminal(String type, InputStream keys) throws IOException {
        Terminal made = TerminalBuilder.builder()
                .system(false)
                .streams(keys, written)
                .type(type)
                .encoding(StandardCharsets.UTF_8)
                .build();
        made.setSize(new Size(20, 4));
        return made;
    }

    private String shown() {
        return written.toString(StandardCharsets.UTF_8);
    }

    private static List<AttributedString> lines(String... lines) {
        return List.of(lines).stream().map(AttributedString::new).toList();
    }

    @Test
    void shouldGiveTheTerminalBackAsItWas() throws Exception {
        try (PipedOutputStream typed = new PipedOutputStream();
                Terminal terminal = terminal("xterm", new PipedInputStream(typed))) {
            String before = terminal.getAttributes().toString();
            TopScreen screen = new TopScreen(terminal);
            assertThat(terminal.getAttributes().toString()).as("raw").isNotEqualTo(before);
            screen.show(lines("one", "two"));
            screen.show(lines("one", "TWO"));
            assertThat(screen.isQuitWithin(200)).as("nothing typed").isFalse();
            typed.write('x');
            typed.write('q');
            typed.flush();
            assertThat(screen.isQuitWithin(10_000)).isTrue();
            screen.close();
            assertThat(terminal.getAttributes().toString()).isEqualTo(before);
            screen.close();
        }
        String shown = shown();
        assertThat(shown).contains("one").contains("two").contains("TWO");
        assertThat(shown.indexOf("\033[?1049h")).as("another screen").isBetween(0, shown.indexOf("one"));
        assertThat(shown.lastIndexOf("\033[?1049l")).as("and back").isGreaterThan(shown.indexOf("TWO"));
    }

    @Test
    void shouldShowWhatFitsWhenTheTerminalIsSmall() throws Exception {
        try (PipedOutputStream typed = new PipedOutputStream();
                Terminal terminal = terminal("dumb", new PipedInputStream(typed));
                TopScreen screen = new TopScreen(terminal)) {
            List<AttributedString> frame = lines("a line that is longer than twenty columns", "2", "3", "4", "fifth");
            screen.show(frame);
            assertThat(shown())
                    .contains("a line that is longe")
                    .doesNotContain("longer")
                    .doesNotContain("fifth");
            screen.quit();
            assertThat(screen.isQuitWithin(10_000)).isTrue();
        }
    }

    @Test
    void shouldQuitWhenTheTerminalIsGone() throws Exception {
        try (Terminal terminal = terminal("dumb", InputStream.nullInputStream());
                TopScreen screen = new TopScreen(terminal)) {
            screen.show(Collections.nCopies(2, AttributedString.EMPTY));
            assertThat(screen.isQuitWithin(10_000)).isTrue();
        }
    }
}
