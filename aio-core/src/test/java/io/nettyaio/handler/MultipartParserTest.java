package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Multipart bodies in pieces of any size. */
@Timeout(20)
class MultipartParserTest {

    private static final String B = "--XX";

    /** Notes what a body consists of, as {@code name/file:content|}. */
    private static final class Parts implements MultipartParser.Listener {
        final StringBuilder seen = new StringBuilder();
        final List<MultipartHeader> headers = new ArrayList<>();

        @Override
        public void part(MultipartHeader header) {
            headers.add(header);
            seen.append(header.name()).append('/').append(header.fileName()).append(':');
        }

        @Override
        public void content(ByteBuf content) {
            assertThat(content.isReadable()).isTrue();
            seen.append(content.toString(StandardCharsets.ISO_8859_1));
            content.release();
        }

        @Override
        public void partEnd() {
            seen.append('|');
        }
    }

    private static String part(String name, String content) {
        return B + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n";
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.directBuffer().writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static MultipartParser parser(Parts parts) throws HttpUploadException {
        return new MultipartParser("XX", 200, 10, parts);
    }

    private static void feed(MultipartParser parser, String text) throws HttpUploadException {
        ByteBuf piece = bytes(text);
        try {
            parser.feed(piece);
        } finally {
            assertThat(piece.refCnt())
                    .as("nobody keeps the piece, for its content was released")
                    .isEqualTo(1);
            piece.release();
        }
    }

    private static String parse(String... pieces) throws HttpUploadException {
        Parts parts = new Parts();
        MultipartParser parser = parser(parts);
        for (String piece : pieces) {
            feed(parser, piece);
        }
        parser.end();
        return parts.seen.toString();
    }

    /** In two pieces, cut at each place, and in pieces of each small size. */
    private static void checkHoweverCut(String body, String expected) throws HttpUploadException {
        assertThat(parse(body)).isEqualTo(expected);
        for (int cut = 1; cut < body.length(); cut++) {
            assertThat(parse(body.substring(0, cut), body.substring(cut)))
                    .as("cut at %d", cut)
                    .isEqualTo(expected);
        }
        for (int size = 1; size <= 7; size++) {
            List<String> pieces = new ArrayList<>();
            for (int at = 0; at < body.length(); at += size) {
                pieces.add(body.substring(at, Math.min(body.length(), at + size)));
            }
            assertThat(parse(pieces.toArray(String[]::new))).as("by %d", size).isEqualTo(expected);
        }
    }

    @Test
    void shouldGivePartsWhenCutAnywhere() throws Exception {
        checkHoweverCut(
                part("a", "one") + part("b", "two\r\nlines\r\n") + B + "--\r\n", "a/null:one|b/null:two\r\nlines\r\n|");
    }

    @Test
    void shouldSkipPreambleAndEpilogueWhenCutAnywhere() throws Exception {
        checkHoweverCut("preamble --XX no\r\n--X\r\n" + part("a", "x") + B + "--\r\nepilogue\r\n--XX\r\n", "a/null:x|");
    }

    @Test
    void shouldTakeForContentWhenItOnlyBeginsLikeDelimiter() throws Exception {
        String content = "\r\r\n\r\n-\r\n--\r\n--X\r\n--XXY\r\n--XX-\r\n--XX \tz--XX\r\n\r";
        checkHoweverCut(part("a", content) + B + "--", "a/null:" + content + "|");
    }

    @Test
    void shouldTakePaddingAndEmptyPartsWhenCutAnywhere() throws Exception {
        checkHoweverCut(
                B + " \t\r\nContent-Disposition: form-data; name=e\r\n\r\n\r\n" + part("f", "") + B + "--",
                "e/null:|f/null:|");
    }

    @Test
    void shouldGiveNothingWhenNoParts() throws Exception {
        checkHoweverCut(B + "--\r\n", "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "--X", "--XX\r\n", "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nabc\r\n--XX-"})
    void shouldFailWhenBodyEndsBeforeLastBoundary(String body) {
        assertThatThrownBy(() -> parse(body))
                .isInstanceOf(HttpUploadException.class)
                .hasMessageContaining("last boundary");
    }

    @Test
    void shouldRefuseWhenBeyondLimits() {
        assertThatThrownBy(() -> parse(B + "\r\nX-Long: " + "y".repeat(300)))
                .hasMessageContaining("more than 200 bytes");
        assertThatThrownBy(() -> parse(part("a", "").repeat(11) + B + "--"))
                .isInstanceOfSatisfying(
                        HttpUploadException.class,
                        e -> assertThat(e.status().code()).isEqualTo(413))
                .hasMessageContaining("10 parts");
        assertThatThrownBy(() -> new MultipartParser("", 1, 1, new Parts())).hasMessageContaining("boundary");
        assertThatThrownBy(() -> new MultipartParser("x".repeat(71), 1, 1, new Parts()))
                .hasMessageContaining("71");
    }

    // ---- headers -------------------------------------------------------------------------------------------------

    private static MultipartHeader header(String disposition) throws HttpUploadException {
        return MultipartHeader.parse("content-TYPE: image/png\r\nContent-Disposition: " + disposition);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "form-data; name=\"a\"; filename=\"b.txt\"~b.txt",
                "form-data; name=a; filename=b.txt~b.txt",
                "form-data ;name = a ; filename = b.txt ~b.txt",
                "form-data; filename=\"a;b=c.txt\"; name=a~a;b=c.txt",
                "form-data; name=a; filename=\"say \\\"hi\\\".txt\"~say \"hi\".txt",
                "form-data; name=a; filename=\"say %22hi%22 100%.txt\"~say \"hi\" 100%.txt",
                "form-data; name=a; filename=\"C:\\dir\\b.txt\"~b.txt",
                "form-data; name=a; filename=\"../../etc/passwd\"~passwd",
                "form-data; name=a; filename=\"x\"; filename*=UTF-8''na%C3%AFve.txt~naïve.txt",
                "form-data; name=a; filename*=iso-8859-1'en'%A3.txt~£.txt",
                "form-data; name=a; filename=\"żółw.txt\"~żółw.txt",
                "FORM-DATA; NAME=a; FileName=b~b"
            })
    void shouldFindFileNameWhen(String disposition, String expected) throws Exception {
        MultipartHeader header = header(disposition);
        assertThat(header.name()).isEqualTo("a");
        assertThat(header.fileName()).isEqualTo(expected);
        assertThat(header.contentType()).isEqualTo("image/png");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "attachment; name=a",
                "form-data",
                "form-data; name=\"a",
                "form-data; name=a; name=b",
                "form-data; name=a; filename*=b.txt",
                "form-data; name=a; filename*=UTF-8''%4",
                "form-data; name=a; filename*=nope''x"
            })
    void shouldRefuseWhenDispositionIs(String disposition) {
        assertThatThrownBy(() -> header(disposition)).isInstanceOf(HttpUploadException.class);
    }

    @Test
    void shouldUnfoldAndCheckEncodingWhenHeaderSaysSo() throws Exception {
        assertThat(header("form-data;\r\n\t name=a").name()).isEqualTo("a");
        assertThat(header("form-data; name=a\r\nContent-Transfer-Encoding: Binary")
                        .name())
                .isEqualTo("a");
        assertThatThrownBy(() -> header("form-data; name=a\r\nContent-Transfer-Encoding: base64"))
                .hasMessageContaining("base64");
        assertThatThrownBy(() -> MultipartHeader.parse("Content-Type: x")).hasMessageContaining("Disposition");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a b.txt", "naïve", "a..b", "😀.png"})
    void shouldTakeNameWhenPlain(String name) throws Exception {
        assertThat(UploadNames.checked(name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", ".hidden", "a/b", "a\\b", "a\0b", "a\nb", "a\u007fb", "\uFFFD", "\ud83d"})
    void shouldRefuseNameWhenNotPlain(String name) {
        assertThatThrownBy(() -> UploadNames.checked(name)).isInstanceOf(HttpUploadException.class);
        assertThatThrownBy(() -> UploadNames.checked("x".repeat(256))).isInstanceOf(HttpUploadException.class);
    }

    @Test
    void shouldTakeLastOfPathWhenPut() throws Exception {
        assertThat(UploadNames.ofPath("/d/a%20b+c.txt?x=/y")).isEqualTo("a b+c.txt");
        for (String path : List.of("/", "/a/", "/..", "/%2e%2e", "/a%2Fb", "/a%00", "/%zz", "/%ff")) {
            assertThatThrownBy(() -> UploadNames.ofPath(path)).as(path).isInstanceOf(HttpUploadException.class);
        }
    }
}
