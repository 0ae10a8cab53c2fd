package io.nettyaio.examples.serve;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a server shows, and its key.
 *
 * @param certificate a chain of certificates, PEM; {@code null} to make one
 * @param key         the private key of the first of them, PEM (PKCS#8, without a password); {@code null} to make one
 */
public record TlsIdentity(
        @Nullable Path certificate, @Nullable Path key) {

    private static final long KEYTOOL_SECONDS = 30;

    /**
     * One that is made at the start, signed by itself, for this machine's names: clients have to be told to trust it. By
     * the JDK's {@code keytool}: nothing in the JDK's API or in Netty makes certificates without another library.
     */
    public static TlsIdentity selfSigned() {
        return new TlsIdentity(null, null);
    }

    /**
     * For HTTP/2 and HTTP/1.1, picked by ALPN; TLS 1.3 and 1.2.
     *
     * @param bind the address that the server listens on
     * @throws IOException in one sentence, with the remedy
     */
    SslContext context(String bind) throws IOException, InterruptedException {
        SslContextBuilder builder = builder(bind);
        return builder.ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .protocols("TLSv1.3", "TLSv1.2")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .build();
    }

    private SslContextBuilder builder(String bind) throws IOException, InterruptedException {
        Path chain = certificate;
        Path secret = key;
        if (chain == null || secret == null) {
            return SslContextBuilder.forServer(make(bind));
        }
        try (InputStream certificates = Files.newInputStream(chain);
                InputStream keys = Files.newInputStream(secret)) {
            return SslContextBuilder.forServer(certificates, keys);
        } catch (IOException e) {
            throw new IOException("cannot read " + e.getMessage() + "; name readable files by --cert and --key", e);
        } catch (IllegalArgumentException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    "cannot use " + chain + " and " + secret + ": " + why.getMessage()
                            + "; --cert takes PEM certificates, --key a PEM key in PKCS#8 without a password",
                    e);
        }
    }

    private static KeyManagerFactory make(String bind) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("aio-serve-"); // for this user only
        Path file = directory.resolve("identity.p12");
        String password = UUID.randomUUID().toString();
        try {
            keytool(file, password, bind);
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, password.toCharArray());
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password.toCharArray());
            return keys;
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make a certificate: " + e.getMessage() + "; give --cert and --key", e);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }

    private static void keytool(Path file, String password, String bind) throws IOException, InterruptedException {
        Path program = Path.of(System.getProperty("java.home"), "bin", "keytool");
        if (!Files.isExecutable(program)) {
            throw new IOException("cannot make a certificate: this JDK has no " + program + "; give --cert and --key");
        }
        boolean address = bind.matches("[0-9.]+|.*:.*");
        String names = "SAN=dns:localhost,ip:127.0.0.1,ip:0:0:0:0:0:0:0:1," + (address ? "ip:" : "dns:") + bind;
        ProcessBuilder builder = new ProcessBuilder(List.of(
                program.toString(),
                "-genkeypair",
                "-alias",
                "serve",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "90",
                "-dname",
                "CN=localhost, O=aio serve",
                "-ext",
                names,
                "-ext",
                "EKU=serverAuth",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass:env",
                "AIO_SERVE_STORE"));
        // Not an argument: those can be read by everybody.
        builder.environment().put("AIO_SERVE_STORE", password);
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("cannot make a certificate: keytool does not end; give --cert and --key");
        }
        if (process.exitValue() != 0) {
            throw new IOException("cannot make a certificate: " + output + "; give --cert and --key");
        }
    }
}
