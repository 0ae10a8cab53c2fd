package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {

    @ParameterizedTest
    @CsvSource({
        "/a.txt, a.txt",
        "/a/b/c, a/b/c",
        "/a%20b, a b",
        "/a+b, a+b",
        "/%41%2e%74xt, A.txt",
        "/%c3%a9, \u00e9",
        "/%E2%82%AC, \u20ac",
        "/a%2Fb, a/b",
        "/a%3Fb, a?b",
        "/a%23b, a#b",
        "/a%5Cb, a\\b",
        "/a//b, a/b",
        "/./a/./b, a/b",
        "/a/../b, b",
        "/a/b/../../c, c",
        "/a/%2e%2E/b, b",
        "/..., ...",
        "/..a, ..a",
        "http://host/a, a",
        "HTTP://host:80/a?x, a",
        "https://host/a/b, a/b",
    })
    void shouldDecodeWhenTheTargetIsWellFormed(String target, String expected) throws Exception {
        assertThat(RequestPath.parse(target).relative()).isEqualTo(expected);
    }

    @Test
    void shouldDecodeOnceWhenAPercentSignIsEncoded() throws Exception {
        assertThat(RequestPath.parse("/%252e%252e/a").relative()).isEqualTo("%2e%2e/a");
        assertThat(RequestPath.parse("/100%25").relative()).isEqualTo("100%");
    }

    @Test
    void shouldTakeOctetsAsTheyAreWhenTheyAreNotEncoded() throws Exception {
        // What the codec makes of UTF-8 in a request line.
        assertThat(RequestPath.parse("/\u00c3\u00a9").relative()).isEqualTo("\u00e9");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/.", "/a/..", "/./", "http://host", "http://host/", "http://host?x", "/?a/b"})
    void shouldBeTheRootWhenNothingIsNamed(String target) throws Exception {
        RequestPath path = RequestPath.parse(target);
        assertThat(path.relative()).isEmpty();
        assertThat(path.name()).isEmpty();
        assertThat(path.directory()).isTrue();
        assertThat(path.child("index.html")).isEqualTo("index.html");
    }

    @ParameterizedTest
    @CsvSource({"/a/, true", "/a/., true", "/a/b/.., true", "/a/?x, true", "/a%2F, true", "/a, false", "/a?x/, false"})
    void shouldAskForADirectoryWhenThePathEndsInASlash(String target, boolean directory) throws Exception {
        RequestPath path = RequestPath.parse(target);
        assertThat(path.directory()).isEqualTo(directory);
        assertThat(path.relative()).isEqualTo("a");
        assertThat(path.child("i")).isEqualTo("a/i");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..",
                "/../",
                "/../a",
                "/a/../../b",
                "/%2e%2e/a",
                "/%2E./a",
                "/..%2fa",
                "/a/..%2f..%2fb",
                "//etc/passwd",
                "/%2fetc/passwd",
                "http://host/../a",
                "http://host//etc/passwd",
            })
    void shouldForbidWhenThePathLeadsOut(String target) {
        assertRefused(target, 403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "*",
                "?x",
                "host:80",
                "ftp://host/a",
                "/%",
                "/%4",
                "/%zz",
                "/%4g",
                "/%-1",
                "/% 1",
                "/a%00b",
                "/a\u0000b",
                "/a\u0001b",
                "/a b",
                "/a\u007f",
                "/a#b",
                "/a?b#c",
                "/a?b\u000bc",
                "/%ff",
                "/%c3",
                "/%c0%ae%c0%ae/a",
                "/%ed%a0%80",
                "/\u00ff",
                "/\u20ac",
            })
    void shouldRefuseWhenTheTargetIsMalformed(String target) {
        assertRefused(target, 400);
    }

    @Test
    void shouldRefuseWhenTheDigitsAreOfAnotherScript() {
        assertRefused("/%\uff14\uff11", 400);
        assertRefused("/%\u0664\u0661", 400);
    }

    @Test
    void shouldEncodeAnewWhenItRedirectsToADirectory() throws Exception {
        assertThat(RequestPath.parse("/a").directoryLocation()).isEqualTo("/a/");
        assertThat(RequestPath.parse("/a%20b/%c3%a9?q=%20").directoryLocation()).isEqualTo("/a%20b/%C3%A9/?q=%20");
        assertThat(RequestPath.parse("/a%3Fb%23%25").directoryLocation()).isEqualTo("/a%3Fb%23%25/");
        assertThat(RequestPath.parse("/./x/../a:@&=+$,;").directoryLocation()).isEqualTo("/a:@&=+$,;/");
    }

    @Test
    void shouldStayOnThisHostWhenItRedirects() throws Exception {
        // Browsers take both for the beginning of another host's name.
        assertThat(RequestPath.parse("/\\evil.example").directoryLocation()).isEqualTo("/%5Cevil.example/");
        assertRefused("//evil.example", 403);
        assertThat(RequestPath.parse("/.//evil.example").directoryLocation()).isEqualTo("/evil.example/");
    }

    private static void assertRefused(String target, int status) {
        assertThatThrownBy(() -> RequestPath.parse(target))
                .isInstanceOfSatisfying(
                        RequestPath.Refused.class,
                        refused -> assertThat(refused.status().code()).isEqualTo(status));
    }
}
