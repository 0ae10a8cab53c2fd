package io.nettyaio.examples.kv;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestParserTest {

    private static final RequestParser.Limits LIMITS = new RequestParser.Limits(100_000, 1000, 200_000);

    private final List<List<String>> commands = new ArrayList<>();
    private RequestParser parser = parser(true);

    private RequestParser parser(boolean trusted) {
        return new RequestParser(
                LIMITS,
                trusted,
                arguments -> commands.add(Arrays.stream(arguments)
                        .map(argument -> new String(argument, ISO_8859_1))
                        .toList()));
    }

    private void parse(String text) throws ProtocolException {
        ByteBuf in = Unpooled.copiedBuffer(text, ISO_8859_1);
        parser.parse(in);
        assertThat(in.isReadable()).isFalse();
    }

    private static String array(String... arguments) {
        StringBuilder text = new StringBuilder("*" + arguments.length + "\r\n");
        for (String argument : arguments) {
            text.append('$')
                    .append(argument.length())
                    .append("\r\n")
                    .append(argument)
                    .append("\r\n");
        }
        return text.toString();
    }

    @Test
    void shouldGiveEachCommandWhenManyComeAtOnce() throws Exception {
        parse(array("SET", "k", "") + array("GET", "k\r\nx") + "PING\r\n" + array("DEL", "a", "b", "c"));
        assertThat(commands)
                .containsExactly(
                        List.of("SET", "k", ""),
                        List.of("GET", "k\r\nx"),
                        List.of("PING"),
                        List.of("DEL", "a", "b", "c"));
    }

    @Test
    void shouldGiveTheSameWhenBytesComeInAnyPieces() throws Exception {
        String large = "x".repeat(90_000);
        String text =
                array("SET", "k", large) + "ECHO \"a b\"\n" + array("MGET", "1", "2") + "*0\r\n\r\n" + array("PING");
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            commands.clear();
            for (int at = 0; at < text.length(); ) {
                int most = round == 0 ? 1 : 1 + random.nextInt(random.nextBoolean() ? 5 : 40_000);
                int end = Math.min(text.length(), at + most);
                parse(text.substring(at, end));
                at = end;
            }
            assertThat(commands)
                    .containsExactly(
                            List.of("SET", "k", large),
                            List.of("ECHO", "a b"),
                            List.of("MGET", "1", "2"),
                            List.of("PING"));
        }
    }

    @Test
    void shouldGiveAllArgumentsWhenThereAreMany() throws Exception {
        String[] arguments = new String[1000];
        Arrays.setAll(arguments, i -> "a" + i);
        parse(array(arguments));
        assertThat(commands).containsExactly(List.of(arguments));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "set a b|set,a,b",
                "  set   a\tb  |set,a,b",
                "set 'a b' \"c d\"|set,a b,c d",
                "set \"a\\\"b\" 'c\\'d'|set,a\"b,c'd",
                "set \"\\x41.\"|set,A.",
            })
    void shouldSplitWordsWhenTypedByHand(String line, String words) throws Exception {
        parse(line + "\r\n");
        assertThat(String.join(",", commands.get(0))).isEqualTo(words);
    }

    @Test
    void shouldTakeALetterAsItIsWhenItIsNoEscape() throws Exception {
        parse("set \"\\xzz\\q\" 'a\\n'\r\n");
        assertThat(commands).containsExactly(List.of("set", "xzzq", "a\\n"));
        parse("set '' \"\\n\"\r\n");
        assertThat(commands.get(1)).containsExactly("set", "", "\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "*x~|invalid multibulk length",
                "*~|invalid multibulk length",
                "*1001~|invalid multibulk length",
                "*99999999999999999999~|invalid multibulk length",
                "*1~x|expected '$', got 'x'",
                "*1~~|expected '$', got ' '",
                "*1~$x~|invalid bulk length",
                "*1~$-1~|invalid bulk length",
                "*1~$100001~|invalid bulk length",
                "*1~$1~abc|expected the end of a bulk, got 'b'",
                "set 'a~|unbalanced quotes in request",
                "set 'a'b~|unbalanced quotes in request",
                "set \"a\"b~|unbalanced quotes in request",
            })
    void shouldRefuseWhenItIsNoRequest(String text, String message) {
        // A line that ends where more is expected needs something behind it to be found wrong.
        String lines = text.replace("~", "\r\n") + (text.endsWith("~") ? "" : "\r\n");
        assertThatThrownBy(() -> parse(lines))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("Protocol error: " + message);
        assertThat(commands).isEmpty();
    }

    @Test
    void shouldRefuseWhenALineHasNoEnd() throws Exception {
        parse("x".repeat(60_000));
        assertThatThrownBy(() -> parse("x".repeat(10_000))).hasMessage("Protocol error: too big inline request");
        parser = parser(true);
        parse("*");
        assertThatThrownBy(() -> parse("1".repeat(70_000))).hasMessage("Protocol error: too big mbulk count string");
    }

    @Test
    void shouldRefuseWhenACommandIsTooLongInAll() throws Exception {
        assertThatThrownBy(() -> parse("*3\r\n$100000\r\n" + "x".repeat(100_000) + "\r\n$100000\r\n"
                        + "x".repeat(100_000) + "\r\n$1\r\n"))
                .hasMessageStartingWith("Protocol error: too big query");
    }

    @Test
    void shouldTrustNobodyUntilThePasswordHasCome() throws Exception {
        parser = parser(false);
        parse(array("AUTH", "secret"));
        assertThatThrownBy(() -> parse("*11\r\n")).hasMessage("Protocol error: unauthenticated multibulk length");
        parser = parser(false);
        assertThatThrownBy(() -> parse("*1\r\n$16385\r\n")).hasMessage("Protocol error: unauthenticated bulk length");
        parser = parser(false);
        parser.trust();
        parse(array("SET", "k", "x".repeat(20_000)));
        assertThat(commands).hasSize(2);
    }
}
