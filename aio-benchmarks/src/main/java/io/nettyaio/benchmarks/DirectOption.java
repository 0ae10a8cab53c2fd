package io.nettyaio.benchmarks;

import java.nio.file.OpenOption;

/** The JDK's own option for {@code O_DIRECT}, of a package that a compiler warns of. */
final class DirectOption {

    private DirectOption() {}

    static OpenOption get() {
        try {
            for (Object option :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option.toString().equals("DIRECT")) {
                    return (OpenOption) option;
                }
            }
        } catch (ClassNotFoundException unknown) {
            throw new UnsupportedOperationException("this JDK opens no file with O_DIRECT", unknown);
        }
        throw new UnsupportedOperationException("this JDK opens no file with O_DIRECT");
    }
}
