package io.nettyaio.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends what it is told to, byte for byte, and takes in as much as it is told to. */
final class RawClient implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 30_000;

    /** The header of a response, and its body if it was read. */
    static final class Response {

        private final int status;
        private final Map<String, String> header;
        private final byte[] body;

        private Response(int status, Map<String, String> header, byte[] body) {
            this.status = status;
            this.header = header;
            this.body = body;
        }

        int status() {
            return status;
        }

        Map<String, String> header() {
            return header;
        }

        byte[] body() {
            return body;
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        long contentLength() {
            return Long.parseLong(header.get("content-length"));
        }
    }

    private final Socket socket;
    private final InputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        in = new BufferedInputStream(socket.getInputStream(), 512);
    }

    static RawClient connect(InetSocketAddress address) throws IOException {
        return connect(address, 0);
    }

    /** With a receive buffer of so many bytes: the less there is in the kernel, the sooner the server has to wait. */
    static RawClient connect(InetSocketAddress address, int receiveBytes) throws IOException {
        Socket socket = new Socket();
        if (receiveBytes > 0) {
            socket.setReceiveBufferSize(receiveBytes);
        }
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        socket.connect(address, TIMEOUT_MILLIS);
        return new RawClient(socket);
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    RawClient get(String target) throws IOException {
        return send("GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
    }

    /** Says that nothing more will be sent. */
    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** A whole response. */
    Response receive() throws IOException {
        Response header = receiveHeader();
        byte[] body = in.readNBytes(Math.toIntExact(header.contentLength()));
        assertThat(body).hasSize(Math.toIntExact(header.contentLength()));
        return new Response(header.status, header.header, body);
    }

    /** A response without its body, which may be read from {@link #body()}. */
    Response receiveHeader() throws IOException {
        String[] statusLine = line().split(" ", 3);
        assertThat(statusLine).hasSize(3);
        assertThat(statusLine[0]).isEqualTo("HTTP/1.1");
        Map<String, String> header = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            assertThat(header.put(
                            line.substring(0, colon).toLowerCase(Locale.ROOT),
                            line.substring(colon + 1).strip()))
                    .isNull();
        }
        assertThat(header).containsKey("date");
        return new Response(Integer.parseInt(statusLine[1]), header, new byte[0]);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("end of connection after: " + line);
            }
            line.append((char) c);
        }
        assertThat(line).endsWith("\r");
        return line.substring(0, line.length() - 1);
    }

    InputStream body() {
        return in;
    }

    /** Asserts that the server has ended the connection, and had nothing more to say. */
    void assertEnd() throws IOException {
        assertThat(in.read()).isEqualTo(-1);
    }

    /** Goes away without a word: the kernel sends a reset. */
    void vanish() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
