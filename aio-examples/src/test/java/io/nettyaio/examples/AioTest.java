package io.nettyaio.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class AioTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine commandLine =
            Aio.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "help",
                "serve --help",
                "help serve",
                "cp --help",
                "help cp",
                "cat --help",
                "doctor --help",
                "top --help"
            })
    void shouldSayHowItIsUsedWhenAskedForHelp(String line) {
        assertThat(commandLine.execute(line.split(" "))).isZero();
        assertThat(out.toString()).startsWith("Usage: aio").containsAnyOf("serve", "cp", "cat", "doctor", "top");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "serve --version"})
    void shouldSayItsVersionWhenAsked(String line) {
        assertThat(commandLine.execute(line.split(" "))).isZero();
        assertThat(out.toString()).startsWith("netty-aio ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "unheard-of",
                "serve",
                "serve a b",
                "serve . --port x",
                "serve . --port 65536",
                "serve . --port -1",
                "serve . --loops -1",
                "serve . --grace -1",
                "serve . --unheard-of",
                "cp",
                "cp a",
                "cp a b --unheard-of",
                "cp a b --progress sometimes",
                "cat --unheard-of",
                "serve . --admin-port -1",
                "serve . --admin-port 65536",
                "kv --dir d --admin-port -1",
                "kv --dir d --admin-port 65536",
                "top",
                "top 0",
                "top 65536",
                "top x",
                "top :80",
                "top a b:80",
                "top 80 --delay 0",
                "top 80 --unheard-of",
                "doctor --unheard-of",
                "doctor . --seconds x",
                "doctor . --seconds -1",
                "doctor . --seconds 601",
            })
    void shouldExitWith2WhenItIsCalledWrongly(String line) {
        assertThat(commandLine.execute(line.isEmpty() ? new String[0] : line.split(" ")))
                .isEqualTo(2);
        assertThat(err.toString()).containsAnyOf("Usage: aio", "Did you mean: aio");
        assertThat(out.toString()).isEmpty();
    }
}
