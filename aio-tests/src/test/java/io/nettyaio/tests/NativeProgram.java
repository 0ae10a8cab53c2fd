package io.nettyaio.tests;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Programs in C that tests need beside them: {@code src/test/native/NAME.c}, compiled on first use. */
public final class NativeProgram {

    private static final Map<String, Path> MADE = new HashMap<>();

    private NativeProgram() {}

    /** Where the program is. */
    public static synchronized Path of(String name) throws Exception {
        Path made = MADE.get(name);
        if (made == null) {
            // Surefire and failsafe run in the module's directory.
            Path source = Path.of("src", "test", "native", name + ".c").toAbsolutePath();
            made = Files.createDirectories(Path.of("target").toAbsolutePath()).resolve(name);
            Shell.run(
                    "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o", made.toString(), source.toString());
            MADE.put(name, made);
        }
        return made;
    }
}
