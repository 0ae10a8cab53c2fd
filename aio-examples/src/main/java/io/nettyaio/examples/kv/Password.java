package io.nettyaio.examples.kv;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** The password that clients have to give, if any. Compared in a time that tells nothing of it. */
public final class Password {

    private static final Password NONE = new Password(null);

    private final byte @Nullable [] digest;

    private Password(byte @Nullable [] digest) {
        this.digest = digest;
    }

    /** Clients need none. */
    public static Password none() {
        return NONE;
    }

    /**
     * Clients need this one.
     *
     * @param text not empty
     */
    public static Password of(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the password is empty: give one, or none at all");
        }
        return new Password(sha256(text.getBytes(StandardCharsets.UTF_8)));
    }

    boolean isRequired() {
        return digest != null;
    }

    /** Any will do where none is required, as with Redis. */
    boolean matches(byte[] given) {
        return digest == null || MessageDigest.isEqual(digest, sha256(given));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
