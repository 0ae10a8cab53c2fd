package io.nettyaio.handler;

import static java.util.Map.entry;

import java.util.Locale;
import java.util.Map;

/** The media type of a file, told by the extension of its name. */
final class MimeTypes {

    /** What is said of a file that nothing is known of. */
    static final String UNKNOWN = "application/octet-stream";

    private static final Map<String, String> BY_EXTENSION = Map.ofEntries(
            entry("avif", "image/avif"),
            entry("bmp", "image/bmp"),
            entry("bz2", "application/x-bzip2"),
            entry("css", "text/css; charset=utf-8"),
            entry("csv", "text/csv; charset=utf-8"),
            entry("epub", "application/epub+zip"),
            entry("flac", "audio/flac"),
            entry("gif", "image/gif"),
            entry("gz", "application/gzip"),
            entry("htm", "text/html; charset=utf-8"),
            entry("html", "text/html; charset=utf-8"),
            entry("ico", "image/vnd.microsoft.icon"),
            entry("jar", "application/java-archive"),
            entry("java", "text/plain; charset=utf-8"),
            entry("jpeg", "image/jpeg"),
            entry("jpg", "image/jpeg"),
            entry("js", "text/javascript; charset=utf-8"),
            entry("json", "application/json"),
            entry("log", "text/plain; charset=utf-8"),
            entry("m4a", "audio/mp4"),
            entry("map", "application/json"),
            entry("md", "text/markdown; charset=utf-8"),
            entry("mjs", "text/javascript; charset=utf-8"),
            entry("mkv", "video/matroska"),
            entry("mp3", "audio/mpeg"),
            entry("mp4", "video/mp4"),
            entry("mpeg", "video/mpeg"),
            entry("oga", "audio/ogg"),
            entry("ogg", "audio/ogg"),
            entry("ogv", "video/ogg"),
            entry("opus", "audio/ogg"),
            entry("otf", "font/otf"),
            entry("pdf", "application/pdf"),
            entry("png", "image/png"),
            entry("svg", "image/svg+xml"),
            entry("tar", "application/x-tar"),
            entry("tif", "image/tiff"),
            entry("tiff", "image/tiff"),
            entry("ttf", "font/ttf"),
            entry("txt", "text/plain; charset=utf-8"),
            entry("wasm", "application/wasm"),
            entry("wav", "audio/wav"),
            entry("webm", "video/webm"),
            entry("webmanifest", "application/manifest+json"),
            entry("webp", "image/webp"),
            entry("woff", "font/woff"),
            entry("woff2", "font/woff2"),
            entry("xhtml", "application/xhtml+xml"),
            entry("xml", "application/xml"),
            entry("xz", "application/x-xz"),
            entry("yaml", "application/yaml"),
            entry("yml", "application/yaml"),
            entry("zip", "application/zip"),
            entry("zst", "application/zstd"));

    private MimeTypes() {}

    /**
     * The {@code Content-Type} of a file.
     *
     * @param name the file's name, without directories
     */
    static String of(String name) {
        int dot = name.lastIndexOf('.');
        // A name that only begins with a dot (".profile") has no extension.
        return dot <= 0
                ? UNKNOWN
                : BY_EXTENSION.getOrDefault(name.substring(dot + 1).toLowerCase(Locale.ROOT), UNKNOWN);
    }
}
