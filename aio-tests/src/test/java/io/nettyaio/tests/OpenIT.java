package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.CREATE_NEW;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.DIRECTORY;
import static io.nettyaio.AioOpenOption.DSYNC;
import static io.nettyaio.AioOpenOption.NOATIME;
import static io.nettyaio.AioOpenOption.NOFOLLOW;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.SYNC;
import static io.nettyaio.AioOpenOption.TRUNCATE;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import io.nettyaio.AioStat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Opening: each option, permissions, every refusal with its errno, and paths that stay beneath a directory. */
@Timeout(60)
class OpenIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    /** A new file gets the given permissions, less the umask. */
    @OnEachFileSystem
    void shouldGivePermissionsWhenFileIsCreated(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        int umask = umask();
        AioFile plain = aio.open(directory.resolve("plain"), CREATE, WRITE);
        AioFile secret =
                aio.closeLater(get(aio.context().open(directory.resolve("secret"), EnumSet.of(CREATE, WRITE), 0600)));
        AioFile wide =
                aio.closeLater(get(aio.context().open(directory.resolve("wide"), EnumSet.of(CREATE, WRITE), 0777)));
        assertThat(get(plain.stat()).permissions()).isEqualTo(0666 & ~umask);
        assertThat(get(secret.stat()).permissions()).isEqualTo(0600 & ~umask);
        assertThat(get(wide.stat()).permissions()).isEqualTo(0777 & ~umask);
    }

    /** The permissions count for a new file only: an existing one keeps its own. */
    @OnEachFileSystem
    void shouldKeepPermissionsWhenFileExists(TestFileSystem fileSystem) throws Exception {
        Path file = Files.createFile(fileSystem.newDirectory().resolve("file"));
        int before = (int) Files.getAttribute(file, "unix:mode") & 07777;
        AioFile opened = aio.closeLater(get(aio.context().open(file, EnumSet.of(CREATE, WRITE), 0111)));
        assertThat(get(opened.stat()).permissions()).isEqualTo(before);
    }

    /** CREATE opens an existing file as it is; CREATE_NEW fails with EEXIST and leaves it as it is. */
    @OnEachFileSystem
    void shouldFailWithEexistWhenNewFileExists(TestFileSystem fileSystem) throws Exception {
        Path file = Patterns.file(fileSystem.newDirectory().resolve("file"), 1, 100);
        AioException failure = failure(aio.context().open(file, CREATE_NEW, WRITE));
        assertThat(failure.errnoName()).isEqualTo("EEXIST");
        assertThat(failure.errno()).isEqualTo(17);
        assertThat(failure.kind()).isEqualTo(AioException.Kind.SYSTEM);
        assertThat(get(aio.open(file, CREATE, WRITE).size())).isEqualTo(100);
    }

    /** CREATE_NEW makes the file and opens it. */
    @OnEachFileSystem
    void shouldCreateFileWhenNew(TestFileSystem fileSystem) throws Exception {
        Path file = fileSystem.newDirectory().resolve("file");
        AioFile opened = aio.open(file, CREATE_NEW, WRITE);
        assertThat(get(opened.write(Unpooled.copiedBuffer("new", StandardCharsets.UTF_8), 0)))
                .isEqualTo(3);
        assertThat(file).hasContent("new");
    }

    /** A failure carries errno, its name, the operation and the path. */
    @OnEachFileSystem
    void shouldFailWithEnoentWhenMissing(TestFileSystem fileSystem) throws Exception {
        Path file = fileSystem.newDirectory().resolve("missing");
        AioException failure = failure(aio.context().open(file));
        assertThat(failure.errnoName()).isEqualTo("ENOENT");
        assertThat(failure.errno()).isEqualTo(2);
        assertThat(failure.kind()).isEqualTo(AioException.Kind.SYSTEM);
        assertThat(failure.operation()).isEqualTo("open");
        assertThat(failure.path()).isEqualTo(file.toString());
        assertThat(failure).hasMessageContaining("ENOENT").hasMessageContaining(file.toString());
        assertThat(failure.bytesTransferred()).isZero();
    }

    /** A directory opens to read, never to write. */
    @OnEachFileSystem
    void shouldFailWithEisdirWhenDirectoryIsOpenedToWrite(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        assertThat(failure(aio.context().open(directory, WRITE)).errnoName()).isEqualTo("EISDIR");
        assertThat(get(aio.open(directory, READ).stat()).isDirectory()).isTrue();
        assertThat(get(aio.open(directory, READ, DIRECTORY).stat()).isDirectory())
                .isTrue();
    }

    /** DIRECTORY refuses anything else. */
    @OnEachFileSystem
    void shouldFailWithEnotdirWhenDirectoryIsExpected(TestFileSystem fileSystem) throws Exception {
        Path file = Files.createFile(fileSystem.newDirectory().resolve("file"));
        assertThat(failure(aio.context().open(file, READ, DIRECTORY)).errnoName())
                .isEqualTo("ENOTDIR");
    }

    /** NOFOLLOW refuses a symbolic link at the end of the path; without it the link is followed. */
    @OnEachFileSystem
    void shouldFailWithEloopWhenLinkIsNotToBeFollowed(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 10);
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThat(failure(aio.context().open(link, READ, NOFOLLOW)).errnoName())
                .isEqualTo("ELOOP");
        assertThat(get(aio.open(link, READ).size())).isEqualTo(10);
    }

    /** TRUNCATE empties the file. */
    @OnEachFileSystem
    void shouldEmptyFileWhenTruncated(TestFileSystem fileSystem) throws Exception {
        Path file = Patterns.file(fileSystem.newDirectory().resolve("file"), 1, 5000);
        AioFile opened = aio.open(file, WRITE, TRUNCATE);
        assertThat(get(opened.size())).isZero();
    }

    /** A read-only mount refuses to create, and to open for writing, with EROFS; reading works. */
    @OnEachFileSystem
    void shouldFailWithErofsWhenMountedReadOnly(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Patterns.file(directory.resolve("file"), 1, 10);
        Path view = TestFileSystem.readOnly(directory);
        assertThat(failure(aio.context().open(view.resolve("file"), WRITE)).errnoName())
                .isEqualTo("EROFS");
        assertThat(failure(aio.context().open(view.resolve("new"), CREATE, WRITE))
                        .errnoName())
                .isEqualTo("EROFS");
        ByteBuf read = get(aio.open(view.resolve("file"), READ).read(0, 10));
        Patterns.check(read, 1, 0, 10);
        read.release();
    }

    /** Where permissions say no, it is EACCES; a constant of the kernel says no to root too. */
    @Test
    void shouldFailWithEaccesWhenNotPermitted() throws Exception {
        AioException failure = failure(aio.context().open(Path.of("/proc/sys/kernel/ostype"), WRITE));
        assertThat(failure.errnoName()).isEqualTo("EACCES");
        assertThat(failure.kind()).isEqualTo(AioException.Kind.SYSTEM);
    }

    /** READ is the default; what the file was not opened for fails with EBADF, and the source is released. */
    @OnEachFileSystem
    void shouldFailWithEbadfWhenNotOpenedForIt(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), 1, 100);
        AioFile readOnly = aio.open(path);
        AioFile writeOnly = aio.open(path, WRITE);
        ByteBuf src = aio.buffers().directBuffer().writeZero(10);
        assertThat(failure(readOnly.write(src, 0)).errnoName()).isEqualTo("EBADF");
        assertThat(src.refCnt()).isZero();
        ByteBuf appended = aio.buffers().directBuffer().writeZero(10);
        assertThat(failure(readOnly.append(appended)).errnoName()).isEqualTo("EBADF");
        assertThat(appended.refCnt()).isZero();
        ByteBuf dst = aio.buffers().directBuffer(10, 10);
        assertThat(failure(writeOnly.read(dst, 0)).errnoName()).isEqualTo("EBADF");
        assertThat(failure(writeOnly.read(0, 10)).errnoName()).isEqualTo("EBADF");
        assertThat(dst.refCnt()).isOne();
        assertThat(dst.writerIndex()).isZero();
        dst.release();
        Patterns.check(Patterns.read(path, 0, 100), 1, 0);
    }

    /** Options that only change how the kernel works: everything else stays the same. */
    @OnEachFileSystem
    void shouldReadAndWriteWhenOpenedWithSyncOrNoatime(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        for (var option : Set.of(DSYNC, SYNC, NOATIME)) {
            AioFile file = aio.open(directory.resolve(option.name()), CREATE, READ, WRITE, option);
            byte[] content = Patterns.bytes(3, 0, 10_000);
            assertThat(get(file.write(aio.buffers().directBuffer().writeBytes(content), 0)))
                    .isEqualTo(content.length);
            ByteBuf read = get(file.read(0, content.length));
            Patterns.check(read, 3, 0, content.length);
            read.release();
        }
    }

    /** A file that is reached by a relative path or has a name beyond ASCII. */
    @Test
    void shouldOpenWhenPathIsRelativeOrNotAscii() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path relative = Path.of("").toAbsolutePath().relativize(directory).resolve("file");
        aio.open(relative, CREATE, WRITE);
        assertThat(directory.resolve("file")).isRegularFile();

        AioFile opened = aio.open(directory, READ);
        aio.closeLater(get(aio.context().openBeneath(opened, "Größe", CREATE_NEW, WRITE)));
        aio.closeLater(get(aio.context().openBeneath(opened, "Grüße", CREATE_NEW, WRITE)));
        assertThat(failure(aio.context().openBeneath(opened, "Größe", CREATE_NEW, WRITE))
                        .errnoName())
                .isEqualTo("EEXIST");
        assertThat(Shell.run("ls", "-b", "--quoting-style=escape", directory.toString())
                        .lines())
                .as("names, escaped unless the locale is UTF-8")
                .hasSize(3);
    }

    /** A name that the file system cannot hold. */
    @OnEachFileSystem
    void shouldFailWithEnametoolongWhenNameIsTooLong(TestFileSystem fileSystem) throws Exception {
        Path file = fileSystem.newDirectory().resolve("x".repeat(300));
        assertThat(failure(aio.context().open(file, CREATE, WRITE)).errnoName()).isEqualTo("ENAMETOOLONG");
    }

    /** Opening a FIFO would wait for its other end; it is refused, and at once. */
    @Test
    void shouldRefuseWithEopnotsuppWhenFifo() throws Exception {
        Path fifo = TestFileSystem.DISK.newDirectory().resolve("fifo");
        Shell.run("mkfifo", fifo.toString());
        var open = aio.context().open(fifo, READ);
        assertThat(open.await(5, TimeUnit.SECONDS)).as("settled within 5 s").isTrue();
        assertThat(failure(open).errnoName()).isEqualTo("EOPNOTSUPP");
        var readWrite = aio.context().open(fifo, READ, WRITE);
        assertThat(failure(readWrite).errnoName()).isEqualTo("EOPNOTSUPP");
        var write = aio.context().open(fifo, WRITE);
        assertThat(write.await(5, TimeUnit.SECONDS)).as("settled within 5 s").isTrue();
        assertThat(write.isSuccess()).isFalse();
    }

    /** Memory devices can be opened. */
    @Test
    void shouldReadAndWriteWhenMemoryDevice() throws Exception {
        AioFile zero = aio.open(Path.of("/dev/zero"), READ);
        ByteBuf dst = aio.buffers().directBuffer(10_000, 10_000).setByte(9_999, 1);
        assertThat(get(zero.read(dst, 0))).isEqualTo(10_000);
        assertThat(dst.getByte(9_999)).isZero();
        dst.release();
        AioFile none = aio.open(Path.of("/dev/null"), READ, WRITE);
        assertThat(get(none.write(aio.buffers().directBuffer().writeZero(10_000), 0)))
                .isEqualTo(10_000);
        ByteBuf nothing = get(none.read(0, 100));
        assertThat(nothing.readableBytes()).isZero();
        nothing.release();
    }

    /** A block device opens, tells its size, and is read, direct too. */
    @Test
    void shouldReadWhenBlockDevice() throws Exception {
        String device = TestFileSystem.EXT4.device();
        AioFile buffered = aio.open(Path.of(device), READ);
        long size = get(buffered.size());
        assertThat(size).isEqualTo(Long.parseLong(Shell.run("blockdev", "--getsize64", device)));
        AioFile direct = aio.open(Path.of(device), READ, DIRECT);
        assertThat(get(direct.size())).isEqualTo(size);
        ByteBuf superblock = get(direct.read(1024, 1024));
        assertThat(superblock.getUnsignedShortLE(0x38)).as("magic of ext4").isEqualTo(0xEF53);
        superblock.release();
        ByteBuf end = get(direct.read(size - 100, 4096));
        assertThat(end.readableBytes()).isEqualTo(100);
        end.release();
    }

    /** What statx tells is what the JDK is told. */
    @OnEachFileSystem
    void shouldTellWhatFileSystemKnowsWhenAsked(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), 1, 12_345);
        Files.createLink(path.resolveSibling("link"), path);
        AioStat stat = get(aio.open(path).stat());
        assertThat(stat.isRegularFile()).isTrue();
        assertThat(stat.isDirectory()).isFalse();
        assertThat(stat.sizeBytes()).isEqualTo(12_345);
        assertThat(stat.links()).isEqualTo(2);
        assertThat(stat.mode()).isEqualTo(Files.getAttribute(path, "unix:mode"));
        assertThat(stat.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
        assertThat(stat.uid()).isEqualTo(Files.getAttribute(path, "unix:uid"));
        assertThat(stat.gid()).isEqualTo(Files.getAttribute(path, "unix:gid"));
        assertThat(stat.modified()).isEqualTo(Files.getLastModifiedTime(path).toInstant());
        assertThat(stat.deviceMajor() + ":" + stat.deviceMinor())
                .isEqualTo(Shell.run("stat", "-c", "%Hd:%Ld", path.toString()));
        assertThat(Long.toString(stat.blocks())).isEqualTo(Shell.run("stat", "-c", "%b", path.toString()));
    }

    /** Beneath a directory: names below it open, also through links that stay below it. */
    @OnEachFileSystem
    void shouldOpenWhenPathStaysBeneath(TestFileSystem fileSystem) throws Exception {
        Path root = fileSystem.newDirectory();
        Path inner = Files.createDirectories(root.resolve("served/a/b"));
        Patterns.file(inner.resolve("file"), 5, 64);
        Files.createSymbolicLink(root.resolve("served/link"), Path.of("a/b/file"));
        AioFile directory = aio.open(root.resolve("served"), READ, DIRECTORY);
        for (String name : new String[] {"a/b/file", "a/../a/b/file", "link", "./a/b/file"}) {
            AioFile file = aio.closeLater(get(aio.context().openBeneath(directory, name, READ)));
            ByteBuf content = get(file.read(0, 100));
            Patterns.check(content, 5, 0, 64);
            content.release();
        }
        AioFile made = aio.closeLater(get(aio.context().openBeneath(directory, "a/new", CREATE_NEW, WRITE)));
        assertThat(root.resolve("served/a/new")).isRegularFile();
        assertThat(get(made.size())).isZero();
    }

    /** What leaves the directory fails with EXDEV, however it leaves; nothing outside is touched. */
    @OnEachFileSystem
    void shouldFailWithExdevWhenPathLeavesDirectory(TestFileSystem fileSystem) throws Exception {
        Path root = fileSystem.newDirectory();
        Path outside = Patterns.file(root.resolve("outside"), 5, 64);
        Files.createDirectories(root.resolve("served/a"));
        Files.createSymbolicLink(root.resolve("served/link"), Path.of("../outside"));
        Files.createSymbolicLink(root.resolve("served/absolute"), outside);
        Files.createSymbolicLink(root.resolve("served/up"), Path.of(".."));
        AioFile directory = aio.open(root.resolve("served"), READ, DIRECTORY);
        for (String name :
                new String[] {"../outside", "a/../../outside", outside.toString(), "link", "absolute", "up/outside"}) {
            AioException failure = failure(aio.context().openBeneath(directory, name, READ));
            assertThat(failure.errnoName()).as(name).isEqualTo("EXDEV");
        }
        assertThat(failure(aio.context().openBeneath(directory, "../new", CREATE, WRITE))
                        .errnoName())
                .isEqualTo("EXDEV");
        assertThat(root.resolve("new")).doesNotExist();
        assertThat(failure(aio.context().openBeneath(directory, "nothing", READ))
                        .errnoName())
                .isEqualTo("ENOENT");
    }

    /** Linux 5.12: what the kernel has in memory is opened on the loop, and is what the path leads to at that moment. */
    @ParameterizedTest
    @EnumSource(names = {"EXT4", "XFS", "BTRFS", "TMPFS"})
    void shouldOpenOnLoopWhenKernelHasThePathInMemory(TestFileSystem fileSystem) throws Exception {
        Path base = fileSystem.newDirectory();
        Path path = Patterns.file(base.resolve("file"), 1, 100);
        Files.createSymbolicLink(base.resolve("link"), Path.of("file"));
        AioFile directory = aio.open(base, READ, DIRECTORY);
        // By a helper, which finds out about the mount.
        aio.closeLater(get(aio.context().openBeneath(directory, "file", READ)));
        for (String name : List.of("file", "link")) {
            AioFuture<AioFile> opening = aio.context().openBeneath(directory, name, READ);
            AioFile file = aio.closeLater(get(opening));
            if (name.equals("file")) {
                // A link whose access time is to be changed is a helper's, and on xfs every one.
                assertThat(opening.route()).isEqualTo(AioRoute.INLINE);
            }
            assertThat(file.openedStat()).isEqualTo(get(aio.open(path, READ).stat()));
            ByteBuf read = get(file.read(0, 100));
            Patterns.check(read, 1, 0, 100);
            read.release();
        }
        Path replacement = Patterns.file(base.resolve("replacement"), 2, 50);
        Files.move(replacement, path, StandardCopyOption.ATOMIC_MOVE);
        AioFile replaced = aio.closeLater(get(aio.context().openBeneath(directory, "file", READ)));
        assertThat(replaced.openedStat().sizeBytes()).isEqualTo(50);
        AioFuture<AioFile> writable = aio.context().openBeneath(directory, "file", READ, WRITE);
        aio.closeLater(get(writable));
        assertThat(writable.route()).isEqualTo(AioRoute.HELPER);
    }

    /** What it would have to read from the disk, a helper looks for; and what may lie on another machine. */
    @Test
    void shouldLeaveOpenToHelperWhenKernelHasToAskTheDisk() throws Exception {
        Path control = Path.of("/proc/sys/vm/drop_caches");
        Need.that(Files.isWritable(control), "needs root, to drop the kernel's memory of paths");
        Path base = TestFileSystem.EXT4.newDirectory();
        Files.createDirectory(base.resolve("a"));
        Patterns.file(base.resolve("a/file"), 1, 100);
        AioFile directory = aio.open(base, READ, DIRECTORY);
        get(get(aio.context().openBeneath(directory, "a/file", READ)).close());
        Shell.run("sync");
        Files.writeString(control, "2");
        AioFuture<AioFile> cold = aio.context().openBeneath(directory, "a/file", READ);
        get(get(cold).close());
        AioFuture<AioFile> warm = aio.context().openBeneath(directory, "a/file", READ);
        get(get(warm).close());
        assertThat(List.of(cold.route(), warm.route())).containsExactly(AioRoute.HELPER, AioRoute.INLINE);

        Path overlay = TestFileSystem.OVERLAY.newDirectory();
        Patterns.file(overlay.resolve("file"), 1, 100);
        AioFile onOverlay = aio.open(overlay, READ, DIRECTORY);
        for (int i = 0; i < 2; i++) {
            AioFuture<AioFile> opening = aio.context().openBeneath(onOverlay, "file", READ);
            aio.closeLater(get(opening));
            assertThat(opening.route()).isEqualTo(AioRoute.HELPER);
        }
    }

    /** Beneath something that is no directory, or is closed. */
    @Test
    void shouldFailWhenNotBeneathAnOpenDirectory() throws Exception {
        Path root = TestFileSystem.DISK.newDirectory();
        AioFile file = aio.open(Patterns.file(root.resolve("file"), 1, 1));
        assertThat(failure(aio.context().openBeneath(file, "x", READ)).errnoName())
                .isEqualTo("ENOTDIR");
        AioFile directory = aio.open(root, READ);
        get(directory.close());
        assertThat(failure(aio.context().openBeneath(directory, "file", READ)).errnoName())
                .isEqualTo("EBADF");
    }

    /** What a file tells of itself without asking the kernel. */
    @Test
    void shouldTellPathAndModeWhenOpened() throws Exception {
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), 1, 1);
        AioFile file = aio.open(path, READ);
        assertThat(file.path()).isEqualTo(path.toString());
        assertThat(file.context()).isSameAs(aio.context());
        assertThat(file.isDirect()).isFalse();
        assertThat(file.alignment()).isOne();
        assertThat(file.isOpen()).isTrue();
        assertThat(aio.context().stats().openFiles()).isOne();
    }

    private static int umask() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("Umask:")) {
                return Integer.parseInt(line.substring(6).strip(), 8);
            }
        }
        throw new IllegalStateException("no Umask in /proc/self/status");
    }
}
