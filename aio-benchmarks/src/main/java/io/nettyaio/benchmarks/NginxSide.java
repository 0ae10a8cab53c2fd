package io.nettyaio.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** nginx with one worker. */
final class NginxSide implements HttpServerSide {

    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String name;
    private final Path directory;
    private final InetSocketAddress address;
    private final Process process;

    private NginxSide(String name, Path directory, InetSocketAddress address, Process process) {
        this.name = name;
        this.directory = directory;
        this.address = address;
        this.process = process;
    }

    /**
     * Starts it, or gives {@code null} where it is not installed or built without threads; the report says so.
     *
     * @param threads whether with {@code aio threads}, besides {@code sendfile on}
     */
    static @Nullable NginxSide tryCreate(String name, Path root, boolean threads, Report report)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("bench-nginx-");
        try {
            String built = Programs.require(List.of("nginx", "-V")).errors();
            if (threads && !built.contains("--with-threads")) {
                report.note("nginx is built without threads: no comparison with 'aio threads'");
                remove(directory);
                return null;
            }
        } catch (IOException e) {
            report.note("nginx is not installed: no comparison with it; install nginx-light");
            remove(directory);
            return null;
        }
        InetSocketAddress address = freeAddress();
        Path configuration = directory.resolve("nginx.conf");
        Files.writeString(configuration, configuration(directory, root, address, threads));
        Process process = new ProcessBuilder(
                        "nginx",
                        "-p",
                        directory.toString(),
                        "-e",
                        directory + "/errors",
                        "-c",
                        configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        NginxSide side = new NginxSide(name, directory, address, process);
        Stop.lastResort(side::close);
        side.awaitStart();
        return side;
    }

    private static InetSocketAddress freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
        }
    }

    private static String configuration(Path directory, Path root, InetSocketAddress address, boolean threads) {
        String user = System.getProperty("user.name");
        return String.join(
                "\n",
                user.equals("root") ? "user root;" : "",
                "worker_processes 1;",
                "daemon off;",
                "pid " + directory + "/pid;",
                "error_log " + directory + "/errors;",
                "events { worker_connections 1024; }",
                "http {",
                "  access_log off;",
                "  sendfile on;",
                threads ? "  aio threads;" : "  aio off;",
                "  tcp_nopush on;",
                "  keepalive_requests 1000000000;",
                "  client_body_temp_path " + directory + "/body;",
                "  proxy_temp_path " + directory + "/proxy;",
                "  fastcgi_temp_path " + directory + "/fastcgi;",
                "  uwsgi_temp_path " + directory + "/uwsgi;",
                "  scgi_temp_path " + directory + "/scgi;",
                "  default_type application/octet-stream;",
                "  server {",
                "    listen " + address.getHostString() + ':' + address.getPort() + ';',
                "    root " + root + ';',
                "    location = " + HttpProbe.PATH + " { return 200 'a small response out of memory'; }",
                "  }",
                "}",
                "");
    }

    private void awaitStart() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (true) {
            try {
                new Socket(address.getAddress(), address.getPort()).close();
                return;
            } catch (IOException notYet) {
                if (!process.isAlive() || System.nanoTime() - begin > START_NANOS) {
                    Path errors = directory.resolve("errors");
                    String why = Files.exists(errors) ? Files.readString(errors) : "";
                    close();
                    throw new BenchException("nginx does not start: " + why.strip());
                }
                Stop.sleep(TimeUnit.MILLISECONDS.toNanos(20));
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean inJvm() {
        return false;
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public synchronized void close() {
        // The worker ends with its master, given a moment to tell it.
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        remove(directory);
    }

    private static void remove(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            Progress.say("could not remove " + directory + ": " + e);
        }
    }
}
