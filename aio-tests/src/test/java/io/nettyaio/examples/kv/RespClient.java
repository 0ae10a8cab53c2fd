package io.nettyaio.examples.kv;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A blocking client that hides nothing: replies come as they were typed on the wire. */
final class RespClient implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    RespClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    static byte[] encode(List<String> command) {
        StringBuilder text = new StringBuilder();
        text.append('*').append(command.size()).append("\r\n");
        for (String argument : command) {
            text.append('$')
                    .append(argument.length())
                    .append("\r\n")
                    .append(argument)
                    .append("\r\n");
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    void send(String... command) throws IOException {
        send(List.of(command));
    }

    void send(List<String> command) throws IOException {
        socket.getOutputStream().write(encode(command));
    }

    /** Several commands in one piece. */
    void sendAll(List<List<String>> commands) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (List<String> command : commands) {
            all.write(encode(command));
        }
        socket.getOutputStream().write(all.toByteArray());
    }

    String ask(String... command) throws IOException {
        send(command);
        return read();
    }

    /** The next reply, types and lengths included, as {@code $1 v}; the elements of aggregates in brackets. */
    String read() throws IOException {
        String line = line();
        char type = line.charAt(0);
        String rest = line.substring(1);
        return switch (type) {
            case '$', '=' -> {
                int length = Integer.parseInt(rest);
                yield length < 0 ? line : line + ' ' + bulk(length);
            }
            case '*', '~', '>' -> line + elements(Integer.parseInt(rest));
            case '%' -> line + elements(2 * Integer.parseInt(rest));
            default -> line;
        };
    }

    private String elements(int count) throws IOException {
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(read());
        }
        return elements.toString();
    }

    private String bulk(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
            throw new EOFException("within a bulk");
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int one; (one = in.read()) != '\n'; ) {
            if (one < 0) {
                throw new EOFException("the server has closed the connection");
            }
            line.append((char) one);
        }
        line.setLength(line.length() - 1);
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
