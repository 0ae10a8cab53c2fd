package io.nettyaio.examples.cp;

import static io.nettyaio.examples.cp.Copies.assertNoTemporaries;
import static io.nettyaio.examples.cp.Copies.copy;
import static io.nettyaio.examples.cp.Copies.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.Need;
import io.nettyaio.tests.OnEachFileSystem;
import io.nettyaio.tests.Patterns;
import io.nettyaio.tests.Shell;
import io.nettyaio.tests.TestFileSystem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Single files: contents, holes, modes, what is replaced and what is refused, files that change, full disks. */
@Timeout(60)
class CopyIT {

    private static final CopyOptions PLAIN = CopyOptions.defaults();
    private static final CopyOptions DIRECT = PLAIN.withDirect(true);
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static long blocks(Path file) throws Exception {
        return Long.parseLong(Shell.run("stat", "-c", "%b", file.toString()));
    }

    private static int mode(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:mode") & 07777;
    }

    private static void write(Path file, long offset, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), offset);
        }
    }

    // ---- contents ------------------------------------------------------------------------------------------------

    /** Every byte and the exact length, also where direct I/O can only move whole blocks. */
    @OnEachFileSystem
    void shouldHaveSameContentsWhenCopied(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        for (long size : new long[] {0, 1, 4095, 4096, 4097, 256 * 1024, MIB + 13, 5 * MIB - 1}) {
            Path source = Patterns.file(directory.resolve("s" + size), size, size);
            for (CopyOptions options : List.of(PLAIN, DIRECT, PLAIN.withLimits(2, 16 * 1024, 4096, 3))) {
                Path target = directory.resolve("t" + size);
                CopyResult result = copy(aio.context(), options, source, target);
                assertThat(result).isEqualTo(new CopyResult(1, 0, 0, size, 0, false));
                assertThat(Files.size(target)).isEqualTo(size);
                Patterns.check(Files.readAllBytes(target), size, 0);
                Files.delete(target);
            }
        }
        assertNoTemporaries(directory);
    }

    /** Holes stay holes: before, between and after the data, and where there is nothing else. */
    @OnEachFileSystem
    void shouldKeepHolesWhenSparse(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path source = Files.createFile(directory.resolve("sparse"));
        byte[] data = Patterns.bytes(3, 0, (int) MIB);
        write(source, 4 * MIB, data);
        write(source, 5 * GIB, data);
        write(source, 5 * GIB + 9 * MIB + 77, data);
        Shell.run("truncate", "-s", "6G", source.toString());
        Path hole = Files.createFile(directory.resolve("hole"));
        Shell.run("truncate", "-s", Long.toString(5 * GIB + 1), hole.toString());
        for (CopyOptions options : List.of(PLAIN, DIRECT)) {
            Path target = directory.resolve("copy");
            assertThat(copy(aio.context(), options, source, target).bytes()).isEqualTo(6 * GIB);
            assertThat(Files.size(target)).isEqualTo(6 * GIB);
            assertThat(blocks(target)).isLessThanOrEqualTo(blocks(source) + 64);
            for (long at : new long[] {4 * MIB, 5 * GIB, 5 * GIB + 9 * MIB + 77}) {
                Patterns.check(Patterns.read(target, at, (int) MIB), 3, 0);
                assertThat(Patterns.read(target, at - 16, 16)).containsOnly(0);
                assertThat(Patterns.read(target, at + MIB, 16)).containsOnly(0);
            }
            copy(aio.context(), options, hole, target);
            assertThat(Files.size(target)).isEqualTo(5 * GIB + 1);
            assertThat(blocks(target)).isLessThanOrEqualTo(8);
            Files.delete(target);
        }
    }

    /** Files that have no length before they are read, or a length that is none. */
    @Test
    void shouldCopyWhatIsThereWhenFileIsMadeByTheKernel() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        for (String name : List.of("/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled")) {
            Need.that(Files.isReadable(Path.of(name)), "there is no " + name);
            Path target = directory.resolve("copy");
            copy(aio.context(), PLAIN, name, target);
            assertThat(Files.readString(target))
                    .isEqualTo(Files.readString(Path.of(name)))
                    .isNotEmpty();
        }
    }

    // ---- attributes ----------------------------------------------------------------------------------------------

    /** The source's permissions, whatever the umask and whatever the target had. */
    @OnEachFileSystem
    void shouldKeepModesWhenCopied(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 100);
        Path target = directory.resolve("target");
        for (int mode : new int[] {0644, 0666, 0777, 0400, 0, 04755, 02711}) {
            Need.that(mode != 0 || "root".equals(System.getProperty("user.name")), "only root reads what nobody may");
            Shell.run("chmod", Integer.toOctalString(mode), source.toString());
            copy(aio.context(), PLAIN, source, target);
            assertThat(mode(target)).isEqualTo(mode);
        }
    }

    /** Rights of the owner do not come into being by a copy that has another owner. */
    @Test
    void shouldDropSetIdBitsWhenCopyHasAnotherOwner() throws Exception {
        Need.root();
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 100);
        Shell.run("chown", "12345:0", source.toString());
        Shell.run("chmod", "6755", source.toString());
        copy(aio.context(), PLAIN, source, directory.resolve("target"));
        assertThat(mode(directory.resolve("target"))).isEqualTo(02755);
    }

    /** Times are kept where that is asked for. */
    @OnEachFileSystem
    void shouldKeepTimesWhenAsked(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 100_000);
        FileTime modified = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));
        FileTime accessed = FileTime.from(Instant.parse("2031-02-03T04:05:06Z"));
        Files.getFileAttributeView(source, BasicFileAttributeView.class).setTimes(modified, accessed, null);
        copy(aio.context(), PLAIN.withPreserveTimes(true).withSync(true), source, directory.resolve("kept"));
        BasicFileAttributes kept = Files.readAttributes(directory.resolve("kept"), BasicFileAttributes.class);
        assertThat(kept.lastModifiedTime()).isEqualTo(modified);
        assertThat(kept.lastAccessTime()).isEqualTo(accessed);
        copy(aio.context(), PLAIN, source, directory.resolve("new"));
        assertThat(Files.getLastModifiedTime(directory.resolve("new"))).isGreaterThan(modified);
    }

    // ---- what is replaced ----------------------------------------------------------------------------------------

    /** Who has the old file open, or by another name, keeps it: the name goes over to the new file at once. */
    @OnEachFileSystem
    void shouldReplaceByRenameWhenTargetExists(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 300_000);
        Path target = Patterns.file(directory.resolve("target"), 2, 200_000);
        Path other = Files.createLink(directory.resolve("other"), target);
        try (InputStream reader = Files.newInputStream(target)) {
            copy(aio.context(), PLAIN, source, target);
            Patterns.check(reader.readAllBytes(), 2, 0);
        }
        Patterns.check(Files.readAllBytes(other), 2, 0);
        Patterns.check(Files.readAllBytes(target), 1, 0);
    }

    /** A target that is a link stays one; what it leads to is replaced. One that leads nowhere is refused. */
    @Test
    void shouldReplaceWhatLinkLeadsToWhenTargetIsALink() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path inner = Files.createDirectory(directory.resolve("inner"));
        Path source = Patterns.file(directory.resolve("source"), 1, 1000);
        Path real = Patterns.file(inner.resolve("real"), 2, 1000);
        Path middle = Files.createSymbolicLink(inner.resolve("middle"), Path.of("real"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("inner/middle"));
        copy(aio.context(), PLAIN, source, link);
        assertThat(link).isSymbolicLink();
        assertThat(middle).isSymbolicLink();
        Patterns.check(Files.readAllBytes(real), 1, 0);

        Files.delete(real);
        assertThat(refusal(aio.context(), PLAIN, source, link)).contains("leads nowhere");
        assertThat(real).doesNotExist();
        Path circle = Files.createSymbolicLink(directory.resolve("circle"), Path.of("circle"));
        assertThat(refusal(aio.context(), PLAIN, source, circle)).contains("ELOOP");
        assertNoTemporaries(directory);
    }

    /** Without -r a source that is a link is followed. */
    @Test
    void shouldCopyFileWhenSourceIsALink() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 1000);
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("source"));
        copy(aio.context(), PLAIN, link, directory.resolve("target"));
        assertThat(directory.resolve("target")).isRegularFile().isNotEqualTo(source);
        Patterns.check(Files.readAllBytes(directory.resolve("target")), 1, 0);
        assertThat(Files.isSymbolicLink(directory.resolve("target"))).isFalse();
    }

    // ---- what is refused -----------------------------------------------------------------------------------------

    /** One inode, by whatever names. */
    @Test
    void shouldRefuseWhenSourceAndTargetAreTheSameFile() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 1000);
        Path hardLink = Files.createLink(directory.resolve("hard"), file);
        Path link = Files.createSymbolicLink(directory.resolve("soft"), Path.of("hard"));
        for (Path target :
                List.of(file, hardLink, link, directory, directory.resolve("../" + directory.getFileName()))) {
            assertThat(refusal(aio.context(), PLAIN, file, target)).contains("are the same file");
        }
        Patterns.check(Files.readAllBytes(file), 1, 0);
        assertNoTemporaries(directory);
    }

    /** What stays as it is: directories in the way, devices, what is no file. */
    @Test
    void shouldRefuseWhenKindsDoNotFit() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 1000);
        Path fifo = directory.resolve("fifo");
        Shell.run("mkfifo", fifo.toString());
        Path into = Files.createDirectory(directory.resolve("into"));
        Files.createDirectory(into.resolve("file"));
        assertThat(refusal(aio.context(), PLAIN, file, into)).contains("is a directory");
        assertThat(refusal(aio.context(), PLAIN, into, directory.resolve("x"))).contains("copy it with -r");
        assertThat(refusal(aio.context(), PLAIN, fifo, directory.resolve("x"))).contains("neither a regular file");
        assertThat(refusal(aio.context(), PLAIN, file, fifo)).contains("is a FIFO");
        assertThat(refusal(aio.context(), PLAIN, file, "/dev/null")).contains("is a character device");
        assertThat(refusal(aio.context(), PLAIN, directory.resolve("none"), directory.resolve("x")))
                .contains("ENOENT");
        assertThat(refusal(aio.context(), PLAIN, file, directory.resolve("no/x")))
                .contains("ENOENT");
        assertThat(refusal(aio.context(), PLAIN, file, directory.resolve("x") + "/"))
                .contains("not a directory");
        assertThat(refusal(aio.context(), PLAIN, file, file, directory.resolve("x")))
                .contains("not a directory");
        assertThat(directory.resolve("x")).doesNotExist();
        assertNoTemporaries(directory);
    }

    /** Several go into a directory; two of one name do not both fit. */
    @Test
    void shouldCopyIntoDirectoryWhenThereAreSeveral() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path into = Files.createDirectory(directory.resolve("into"));
        Path other = Files.createDirectory(directory.resolve("other"));
        Path one = Patterns.file(directory.resolve("one"), 1, 1000);
        Path two = Patterns.file(directory.resolve("two"), 2, 1000);
        Path again = Patterns.file(other.resolve("one"), 3, 1000);
        Copies copies = new Copies();
        CopyResult result = copies.run(aio.context(), PLAIN, one, two, again, into);
        assertThat(result.files()).isEqualTo(2);
        assertThat(copies.messages).singleElement().asString().contains("has just been copied");
        Patterns.check(Files.readAllBytes(into.resolve("one")), 1, 0);
        Patterns.check(Files.readAllBytes(into.resolve("two")), 2, 0);
    }

    // ---- what goes wrong on the way ------------------------------------------------------------------------------

    /** A full disk leaves neither a part nor a temporary file, and the old file as it was. */
    @Test
    void shouldLeaveNothingWhenDiskIsFull() throws Exception {
        Path small = TestFileSystem.tmpfs(4 << 20);
        Path source = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("big"), 1, 8 * MIB);
        Path old = Patterns.file(small.resolve("old"), 2, 1000);
        assertThat(refusal(aio.context(), PLAIN, source, small.resolve("new"))).contains("ENOSPC");
        assertThat(refusal(aio.context(), PLAIN, source, old)).contains("ENOSPC");
        assertThat(small.resolve("new")).doesNotExist();
        Patterns.check(Files.readAllBytes(old), 2, 0);
        assertNoTemporaries(small);
        Path fits = Patterns.file(source.resolveSibling("fits"), 3, 3 * MIB);
        copy(aio.context(), PLAIN, fits, small);
    }

    /** Changes a file in the middle of its copy. */
    private static Copies inTheMiddle(Path file, long newSize) {
        return new Copies() {
            private boolean done;

            @Override
            public void copied(long bytes) {
                super.copied(bytes);
                if (!done) {
                    done = true;
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        if (newSize < channel.size()) {
                            channel.truncate(newSize);
                        } else {
                            channel.write(ByteBuffer.wrap(Patterns.bytes(9, 0, 10)), newSize - 10);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        };
    }

    /** A file that is cut while it is copied is a failure that says so; whether it has holes or not. */
    @Test
    void shouldFailWhenSourceGetsShorter() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        CopyOptions slowly = PLAIN.withLimits(1, 8192, 4096, 1);
        Path source = Patterns.file(directory.resolve("source"), 1, MIB);
        Path sparse = Patterns.file(directory.resolve("sparse"), 1, MIB);
        Shell.run("truncate", "-s", "8M", sparse.toString());
        for (Path each : List.of(source, sparse)) {
            Copies copies = inTheMiddle(each, 50_000);
            CopyResult unused = copies.run(aio.context(), slowly, each, directory.resolve("target"));
            assertThat(copies.messages).singleElement().asString().contains("to 50000 bytes while it was copied");
            assertThat(directory.resolve("target")).doesNotExist();
        }
        assertNoTemporaries(directory);
    }

    /** What is appended while it is copied is not copied. */
    @Test
    void shouldCopyFormerLengthWhenSourceGrows() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, MIB - 7);
        Copies copies = inTheMiddle(source, 2 * MIB);
        CopyResult result =
                copies.run(aio.context(), PLAIN.withLimits(1, 8192, 4096, 1), source, directory.resolve("target"));
        assertThat(result.bytes()).isEqualTo(MIB - 7);
        assertThat(Files.size(directory.resolve("target"))).isEqualTo(MIB - 7);
        Patterns.check(Files.readAllBytes(directory.resolve("target")), 1, 0);
    }

    /** A job that is stopped leaves nothing of what it had not completed. */
    @Test
    void shouldLeaveNothingWhenStopped() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 4 * MIB);
        Copies copies = new Copies() {
            private volatile CopyJob job;

            @Override
            void started(CopyJob started) {
                job = started;
            }

            @Override
            public void copied(long bytes) {
                super.copied(bytes);
                while (job == null) {
                    Thread.onSpinWait();
                }
                job.stop();
            }
        };
        CopyResult result =
                copies.run(aio.context(), PLAIN.withLimits(2, 8192, 4096, 2), source, directory.resolve("target"));
        assertThat(result.stopped()).isTrue();
        assertThat(result.files()).isZero();
        assertThat(copies.messages).isEmpty();
        assertThat(directory.resolve("target")).doesNotExist();
        assertNoTemporaries(directory);
    }
}
