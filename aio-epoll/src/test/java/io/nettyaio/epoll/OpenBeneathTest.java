package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioOpenOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Beneath a directory where the kernel, or a sandbox, does not have openat2(2). */
@Timeout(20)
class OpenBeneathTest {

    private static final Set<AioOpenOption> NEW = EnumSet.of(AioOpenOption.WRITE, AioOpenOption.CREATE_NEW);

    @TempDir
    Path outside;

    private Path served;

    @BeforeEach
    void make() throws Exception {
        served = Files.createDirectory(outside.resolve("served"));
        Files.createDirectory(served.resolve("sub"));
        Files.writeString(served.resolve("sub/file"), "file");
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createSymbolicLink(served.resolve("inner"), Path.of("sub/file"));
        Files.createSymbolicLink(served.resolve("out"), Path.of("../secret"));
        Files.createSymbolicLink(served.resolve("dangling"), Path.of("../new"));
        Files.createSymbolicLink(served.resolve("sub/up"), Path.of("../.."));
    }

    private static Engine engine(int errno) {
        return new Engine(new ScriptedSyscalls() {
            @Override
            public int openBeneath(int directory, long path, int options, int mode) {
                return -errno;
            }

            @Override
            public int openCached(int directory, long path, int options, int statxMask, long statx) {
                return -errno;
            }
        });
    }

    private AioFile root(Engine engine) {
        return engine.open(served, AioOpenOption.READ, AioOpenOption.DIRECTORY);
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOSYS, Errno.EPERM})
    void shouldReadWhatIsBeneathAndNothingElse(int errno) {
        try (Engine engine = engine(errno)) {
            AioFile root = root(engine);
            for (String name : new String[] {"sub/file", "inner", "sub/../sub/file"}) {
                AioFile opened = Await.value(engine.context.openBeneath(root, name));
                assertThat(Await.value(opened.size())).isEqualTo(4);
                Await.value(opened.close());
            }
            for (String name : new String[] {"out", "../secret", "sub/up/secret", "/etc/passwd", "sub/../../secret"}) {
                assertErrno("EXDEV", engine, root, name, Set.of());
            }
        }
    }

    @Test
    void shouldCreateByAPlainNameOnly() {
        try (Engine engine = engine(Errno.ENOSYS)) {
            AioFile root = root(engine);
            Await.value(Await.value(engine.context.openBeneath(root, "made", NEW, 0600))
                    .close());
            assertThat(served.resolve("made")).isEmptyFile();
            assertErrno("EEXIST", engine, root, "made", NEW);
            assertErrno("EEXIST", engine, root, "dangling", NEW);
            assertErrno("ENOSYS", engine, root, "sub/made", NEW);
            assertErrno("ENOSYS", engine, root, "sub/up/made", NEW);
            assertErrno("ENOSYS", engine, root, "..", NEW);
            assertErrno("ENOSYS", engine, root, "other", EnumSet.of(AioOpenOption.WRITE, AioOpenOption.CREATE));
            assertErrno("ENOSYS", engine, root, "out", EnumSet.of(AioOpenOption.WRITE, AioOpenOption.TRUNCATE));
            assertThat(outside).isDirectoryNotContaining("glob:**/{made,new,other}");
            assertThat(outside.resolve("secret")).hasContent("secret");
        }
    }

    private static void assertErrno(
            String expected, Engine engine, AioFile root, String name, Set<AioOpenOption> options) {
        assertThat(Await.failure(engine.context.openBeneath(root, name, options, 0600)))
                .as(name)
                .isInstanceOfSatisfying(
                        AioException.class,
                        failure -> assertThat(failure.errnoName()).isEqualTo(expected));
    }
}
