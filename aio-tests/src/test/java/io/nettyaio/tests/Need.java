package io.nettyaio.tests;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import org.jspecify.annotations.Nullable;

/** What a test needs of its machine. Without it the test is skipped with the reason; in CI ({@code aio.ci}) it fails. */
public final class Need {

    private static final boolean CI = Boolean.getBoolean("aio.ci");

    private Need() {}

    /** Skips the test, or fails it in CI, unless the condition holds. */
    public static void that(boolean condition, String reason) {
        that(condition, reason, null);
    }

    /** As {@link #that(boolean, String)}, with what has led to it. */
    public static void that(boolean condition, String reason, @Nullable Throwable cause) {
        if (condition) {
            return;
        }
        if (CI) {
            fail("would be skipped: " + reason, cause);
        } else {
            abort(reason + (cause == null ? "" : ": " + cause));
        }
    }

    /** Skips the test, or fails it in CI, unless it runs as root. */
    public static void root() {
        that("root".equals(System.getProperty("user.name")), "needs root, to mount file systems");
    }

    /** Skips the test, or fails it in CI, unless there is such a program. */
    public static void program(String name, String debianPackage) {
        that(Shell.has(name), "needs " + name + ": apt-get install " + debianPackage);
    }
}
