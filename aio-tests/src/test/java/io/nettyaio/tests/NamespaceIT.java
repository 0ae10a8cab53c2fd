package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.CREATE_NEW;
import static io.nettyaio.AioOpenOption.DIRECTORY;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFileType;
import io.nettyaio.AioFuture;
import io.nettyaio.AioRoute;
import io.nettyaio.AioStat;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Names and what hangs on them: rename, unlink, directories, links, attributes, holes. */
@Timeout(60)
class NamespaceIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static void assertFailed(AioFuture<?> future, String errnoName, String operation, Path path)
            throws Exception {
        AioException failure = failure(future);
        assertThat(failure.errnoName()).isEqualTo(errnoName);
        assertThat(failure.kind()).isEqualTo(AioException.Kind.SYSTEM);
        assertThat(failure.operation()).isEqualTo(operation);
        assertThat(failure.path()).isEqualTo(path.toString());
        assertThat(failure.bytesTransferred()).isZero();
    }

    // ---- rename --------------------------------------------------------------------------------------------------

    /** The file has its new name and no longer its old one; who holds it open goes on. */
    @OnEachFileSystem
    void shouldHaveNewNameWhenRenamed(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 100);
        AioFile open = aio.open(source);
        AioFuture<Void> renamed = aio.context().rename(source, directory.resolve("target"));
        assertThat(get(renamed)).isNull();
        assertThat(renamed.route()).isEqualTo(AioRoute.HELPER);
        assertThat(source).doesNotExist();
        Patterns.check(Files.readAllBytes(directory.resolve("target")), 1, 0);
        assertThat(get(open.size())).isEqualTo(100);
    }

    /** rename replaces an existing target; renameNoReplace leaves both as they are. */
    @OnEachFileSystem
    void shouldReplaceOrFailWithEexistWhenTargetExists(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path source = Patterns.file(directory.resolve("source"), 1, 100);
        Path target = Patterns.file(directory.resolve("target"), 2, 50);
        AioException failure = failure(aio.context().renameNoReplace(source, target));
        assertThat(failure.errnoName()).isEqualTo("EEXIST");
        assertThat(failure.operation()).isEqualTo("renameNoReplace");
        assertThat(failure.path()).isEqualTo(source + " -> " + target);
        Patterns.check(Files.readAllBytes(source), 1, 0);
        Patterns.check(Files.readAllBytes(target), 2, 0);

        get(aio.context().rename(source, target));
        assertThat(source).doesNotExist();
        Patterns.check(Files.readAllBytes(target), 1, 0);

        get(aio.context().renameNoReplace(target, source));
        assertThat(target).doesNotExist();
        Patterns.check(Files.readAllBytes(source), 1, 0);
    }

    /** What cannot be renamed: nothing, onto a full directory, below itself, a file onto a directory. */
    @OnEachFileSystem
    void shouldFailWhenRenameIsImpossible(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path inner = Files.createDirectories(directory.resolve("full/inner"));
        Path full = inner.getParent();
        Path empty = Files.createDirectory(directory.resolve("empty"));
        Path file = Files.createFile(directory.resolve("file"));
        assertThat(failure(aio.context().rename(directory.resolve("none"), file))
                        .errnoName())
                .isEqualTo("ENOENT");
        assertThat(failure(aio.context().rename(empty, full)).errnoName()).isIn("ENOTEMPTY", "EEXIST");
        assertThat(failure(aio.context().rename(full, inner.resolve("x"))).errnoName())
                .isEqualTo("EINVAL");
        assertThat(failure(aio.context().rename(file, empty)).errnoName()).isEqualTo("EISDIR");
        assertThat(failure(aio.context().rename(empty, file)).errnoName()).isEqualTo("ENOTDIR");
        assertThat(file).isEmptyFile();
        assertThat(inner).isEmptyDirectory();
    }

    /** From one file system to another nothing is renamed; the message says what to do. */
    @Test
    void shouldFailWithExdevWhenOnAnotherFileSystem() throws Exception {
        Path source = Patterns.file(TestFileSystem.EXT4.newDirectory().resolve("file"), 1, 10);
        Path target = TestFileSystem.TMPFS.newDirectory().resolve("file");
        AioException failure = failure(aio.context().rename(source, target));
        assertThat(failure.errnoName()).isEqualTo("EXDEV");
        assertThat(failure).hasMessageContaining("different file systems");
    }

    // ---- in an open directory ------------------------------------------------------------------------------------

    /** From the descriptor: whatever its path leads to meanwhile, it is the directory that was opened. */
    @OnEachFileSystem
    void shouldStayInOpenDirectoryWhenItsPathLeadsElsewhere(TestFileSystem fileSystem) throws Exception {
        Path base = fileSystem.newDirectory();
        Path path = Files.createDirectory(base.resolve("directory"));
        AioFile directory = aio.open(path, READ, DIRECTORY);
        Path moved = Files.move(path, base.resolve("moved"));
        Path elsewhere = Files.createDirectory(base.resolve("elsewhere"));
        Files.createSymbolicLink(path, elsewhere);
        Patterns.file(elsewhere.resolve("a"), 3, 30);
        Patterns.file(moved.resolve("a"), 1, 100);
        Patterns.file(moved.resolve("b"), 2, 50);

        AioFile made =
                aio.closeLater(get(aio.context().openBeneath(directory, "made", EnumSet.of(WRITE, CREATE_NEW), 0640)));
        assertThat((int) Files.getAttribute(moved.resolve("made"), "unix:mode") & 0777 & ~0640)
                .isZero();
        assertThat(get(made.size())).isZero();
        AioException exists = failure(aio.context().renameNoReplaceIn(directory, "a", "b"));
        assertThat(exists.errnoName()).isEqualTo("EEXIST");
        assertThat(exists.operation()).isEqualTo("renameNoReplaceIn");
        assertThat(exists.path()).isEqualTo(path + "/a -> b");
        AioFuture<Void> renamed = aio.context().renameIn(directory, "a", "b");
        assertThat(get(renamed)).isNull();
        assertThat(renamed.route()).isEqualTo(AioRoute.HELPER);
        Patterns.check(Files.readAllBytes(moved.resolve("b")), 1, 0);
        get(aio.context().renameNoReplaceIn(directory, "b", "Größe"));
        get(get(aio.context().openBeneath(directory, "Größe", READ)).close());
        get(aio.context().unlinkIn(directory, "Größe"));
        get(aio.context().unlinkIn(directory, "made"));
        assertFailed(aio.context().unlinkIn(directory, "made"), "ENOENT", "unlinkIn", path.resolve("made"));
        assertThat(moved).isEmptyDirectory();
        try (Stream<Path> untouched = Files.list(elsewhere)) {
            assertThat(untouched).containsExactly(elsewhere.resolve("a"));
        }
    }

    /** Only names: nothing that leads out of the directory, or further into it. */
    @Test
    void shouldRefuseWhenNameIsNone() throws Exception {
        Path path = TestFileSystem.DISK.newDirectory();
        Files.createFile(path.resolve("a"));
        Files.createDirectory(path.resolve("sub"));
        AioFile directory = aio.open(path, READ, DIRECTORY);
        for (String name : List.of("", ".", "..", "../a", "sub/a", "/a", "a/", "a\0b")) {
            for (AioFuture<Void> refused : List.of(
                    aio.context().renameIn(directory, "a", name),
                    aio.context().renameIn(directory, name, "a"),
                    aio.context().renameNoReplaceIn(directory, "a", name),
                    aio.context().unlinkIn(directory, name))) {
                assertThat(failure(refused).errnoName()).as(name).isEqualTo("EINVAL");
            }
        }
        AioFile file = aio.open(path.resolve("a"), READ);
        assertThat(failure(aio.context().unlinkIn(file, "a")).errnoName()).isEqualTo("ENOTDIR");
        AioException otherLoop = failure(aio.context(1).unlinkIn(directory, "a"));
        assertThat(otherLoop.errnoName()).isEqualTo("EINVAL");
        assertThat(otherLoop).hasMessageContaining("directory.on(eventLoop)");
        get(aio.context(1).unlinkIn(aio.closeLater(directory.on(aio.loop(1))), "a"));
        assertThat(path.resolve("a")).doesNotExist();
        get(directory.close());
        assertThat(failure(aio.context().unlinkIn(directory, "sub")).errnoName())
                .isEqualTo("EBADF");
    }

    // ---- unlink, mkdir, rmdir ------------------------------------------------------------------------------------

    /** The name goes; a symbolic link goes itself. */
    @OnEachFileSystem
    void shouldRemoveNameWhenUnlinked(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 10);
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        get(aio.context().unlink(link));
        assertThat(file).exists();
        AioFile open = aio.open(file);
        get(aio.context().unlink(file));
        assertThat(directory).isEmptyDirectory();
        assertThat(get(open.stat()).links()).isZero();
        assertFailed(aio.context().unlink(file), "ENOENT", "unlink", file);
        assertFailed(aio.context().unlink(directory), "EISDIR", "unlink", directory);
    }

    /** Directories are made with their permissions less the umask, and removed once empty. */
    @OnEachFileSystem
    void shouldMakeAndRemoveWhenDirectory(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory().resolve("made");
        get(aio.context().mkdir(directory, 0710));
        assertThat((int) Files.getAttribute(directory, "unix:mode") & 0777 & ~0710)
                .isZero();
        assertFailed(aio.context().mkdir(directory, 0700), "EEXIST", "mkdir", directory);
        Path inner = directory.resolve("a/b");
        assertFailed(aio.context().mkdir(inner, 0700), "ENOENT", "mkdir", inner);
        Path file = Files.createFile(directory.resolve("file"));
        AioFuture<Void> full = aio.context().rmdir(directory);
        assertFailed(full, "ENOTEMPTY", "rmdir", directory);
        assertThat(full.cause()).hasMessageContaining("the directory is not empty");
        assertFailed(aio.context().rmdir(file), "ENOTDIR", "rmdir", file);
        get(aio.context().unlink(file));
        get(aio.context().rmdir(directory));
        assertThat(directory).doesNotExist();
        assertFailed(aio.context().rmdir(directory), "ENOENT", "rmdir", directory);
    }

    // ---- links, stat ---------------------------------------------------------------------------------------------

    /** A link says what it was told; stat follows it, lstat does not, and neither needs to open anything. */
    @OnEachFileSystem
    void shouldTellWhatLinkSaysWhenRead(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Path file = Patterns.file(directory.resolve("file"), 1, 1234);
        Path link = directory.resolve("link");
        get(aio.context().symlink(Path.of("../" + directory.getFileName() + "/file"), link));
        assertThat(get(aio.context().readlink(link))).isEqualTo(Files.readSymbolicLink(link));
        AioStat followed = get(aio.context().stat(link));
        assertThat(followed.sizeBytes()).isEqualTo(1234);
        assertThat(followed.isSameFile(get(aio.context().lstat(file)))).isTrue();
        AioStat itself = get(aio.context().lstat(link));
        assertThat(itself.isSymbolicLink()).isTrue();
        assertThat(itself.isSameFile(followed)).isFalse();
        assertThat(itself.inode()).isEqualTo(Files.getAttribute(link, "unix:ino", LinkOption.NOFOLLOW_LINKS));

        Path dangling = directory.resolve("dangling");
        get(aio.context().symlink(Path.of("/nowhere/at all"), dangling));
        assertThat(get(aio.context().readlink(dangling))).isEqualTo(Path.of("/nowhere/at all"));
        assertFailed(aio.context().stat(dangling), "ENOENT", "stat", dangling);
        assertFailed(aio.context().readlink(file), "EINVAL", "readlink", file);
        AioException taken = failure(aio.context().symlink(file, link));
        assertThat(taken.errnoName()).isEqualTo("EEXIST");
        assertThat(taken.path()).isEqualTo(link + " -> " + file);
    }

    /** What cannot be opened has a stat, too. */
    @Test
    void shouldTellTypeWhenFifoOrDevice() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path fifo = directory.resolve("fifo");
        Shell.run("mkfifo", fifo.toString());
        assertThat(get(aio.context().stat(fifo)).type()).isEqualTo(AioFileType.FIFO);
        assertThat(get(aio.context().stat(Path.of("/dev/null"))).type()).isEqualTo(AioFileType.CHARACTER_DEVICE);
        Path none = directory.resolve("none");
        assertFailed(aio.context().lstat(none), "ENOENT", "lstat", none);
        assertThat(failure(aio.context().stat(Path.of(""))).errnoName()).isEqualTo("ENOENT");
    }

    /** A path that is not the kernel's. */
    @Test
    void shouldFailWithEinvalWhenPathIsOfAnotherFileSystem() throws Exception {
        Path zip = TestFileSystem.DISK.newDirectory().resolve("x.zip");
        try (FileSystem inZip = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            AioException failure = failure(aio.context().unlink(inZip.getPath("a")));
            assertThat(failure.errnoName()).isEqualTo("EINVAL");
            assertThat(failure.kind()).isEqualTo(AioException.Kind.ARGUMENT);
            assertThat(failure(aio.context().rename(zip.getParent(), inZip.getPath("a")))
                            .kind())
                    .isEqualTo(AioException.Kind.ARGUMENT);
            assertThat(failure(aio.context().open(inZip.getPath("a"), READ)).kind())
                    .isEqualTo(AioException.Kind.ARGUMENT);
        }
    }

    // ---- attributes ----------------------------------------------------------------------------------------------

    /** Permissions are exactly those given; a file that was opened to read will do. */
    @OnEachFileSystem
    void shouldHavePermissionsAndTimesWhenSet(TestFileSystem fileSystem) throws Exception {
        Path path = Patterns.file(fileSystem.newDirectory().resolve("file"), 1, 10);
        AioFile file = aio.open(path, READ);
        get(file.chmod(01666));
        assertThat(get(file.stat()).permissions()).isEqualTo(01666);
        Instant accessed = Instant.parse("2001-02-03T04:05:06.000000700Z");
        Instant modified = Instant.parse("1969-12-31T23:59:59.500000000Z");
        get(file.setTimes(accessed, modified));
        AioStat stat = get(aio.context().stat(path));
        assertThat(stat.accessed()).isEqualTo(accessed);
        assertThat(stat.modified()).isEqualTo(modified);
        AioException failure = failure(file.chmod(0100644));
        assertThat(failure.kind()).isEqualTo(AioException.Kind.ARGUMENT);
        assertThat(failure.errnoName()).isEqualTo("EINVAL");
        get(file.fsync());
    }

    // ---- holes ---------------------------------------------------------------------------------------------------

    /** A hole, data, a hole up to the end. */
    @OnEachFileSystem
    void shouldFindDataAndHolesWhenSparse(TestFileSystem fileSystem) throws Exception {
        long mib = 1 << 20;
        AioFile file = aio.open(fileSystem.newDirectory().resolve("sparse"), CREATE, READ, WRITE);
        get(file.truncate(4 * mib));
        get(file.write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(1, 0, 1 << 20)), mib));
        assertThat(get(file.nextData(0))).isEqualTo(mib);
        assertThat(get(file.nextHole(0))).isZero();
        assertThat(get(file.nextData(mib + 5))).isEqualTo(mib + 5);
        assertThat(get(file.nextHole(mib))).isEqualTo(2 * mib);
        assertThat(get(file.nextData(2 * mib))).isEqualTo(-1);
        assertThat(get(file.nextHole(3 * mib))).isEqualTo(3 * mib);
        assertThat(get(file.nextData(4 * mib))).isEqualTo(-1);
        assertThat(get(file.nextHole(4 * mib))).isEqualTo(-1);
        assertThat(failure(file.nextData(-1)).kind()).isEqualTo(AioException.Kind.ARGUMENT);

        AioFile full = aio.open(Patterns.file(fileSystem.newDirectory().resolve("full"), 1, 10_000));
        assertThat(get(full.nextData(0))).isZero();
        assertThat(get(full.nextHole(0))).as("the end is a hole").isEqualTo(10_000);
    }

    // ---- directories ---------------------------------------------------------------------------------------------

    /** Every name once, with its type, in pieces; then nothing, again and again. */
    @OnEachFileSystem
    void shouldGiveEveryNameOnceWhenListed(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Set<String> made = new HashSet<>();
        for (int i = 0; i < 3000; i++) {
            String name = "file-with-a-longer-name-" + i;
            Files.createFile(directory.resolve(name));
            made.add(name);
        }
        AioFile open = aio.open(directory, READ, DIRECTORY);
        int pieces = 0;
        for (List<AioDirectoryEntry> piece = get(open.nextEntries()); !piece.isEmpty(); ) {
            for (AioDirectoryEntry entry : piece) {
                assertThat(made.remove(entry.name().toString()))
                        .as("made, and not seen yet: %s", entry)
                        .isTrue();
                assertThat(entry.type()).isIn(AioFileType.REGULAR, AioFileType.UNKNOWN);
            }
            pieces++;
            piece = get(open.nextEntries());
        }
        assertThat(made).isEmpty();
        assertThat(pieces).isGreaterThan(1);
        assertThat(get(open.nextEntries())).isEmpty();
    }

    /** Each type has its name; . and .. are no entries. */
    @OnEachFileSystem
    void shouldGiveTypesWhenListed(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        Files.createFile(directory.resolve("file"));
        Files.createDirectory(directory.resolve("directory"));
        Files.createSymbolicLink(directory.resolve("link"), Path.of("directory"));
        Shell.run("mkfifo", directory.resolve("fifo").toString());
        Files.createFile(directory.resolve("..."));
        Map<String, AioFileType> types = new TreeMap<>();
        for (AioDirectoryEntry entry : get(aio.open(directory, READ, DIRECTORY).nextEntries())) {
            types.put(entry.name().toString(), entry.type());
        }
        assertThat(types)
                .isEqualTo(new TreeMap<>(Map.of(
                        "...", AioFileType.REGULAR,
                        "file", AioFileType.REGULAR,
                        "directory", AioFileType.DIRECTORY,
                        "link", AioFileType.SYMBOLIC_LINK,
                        "fifo", AioFileType.FIFO)));
        AioFile file = aio.open(directory.resolve("file"));
        assertThat(failure(file.nextEntries()).errnoName()).isEqualTo("ENOTDIR");
        AioFile empty = aio.open(directory.resolve("directory"), READ, DIRECTORY);
        assertThat(get(empty.nextEntries())).isEmpty();
    }

    /** A name of any bytes comes out of the list, and back in to every operation. */
    @Test
    void shouldFindFileAgainWhenNameIsNoText() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Shell.run("sh", "-c", "cd \"$0\" && printf x > \"$(printf 'a\\344\\377')\"", directory.toString());
        Path name =
                get(aio.open(directory, READ, DIRECTORY).nextEntries()).get(0).name();
        Path path = directory.resolve(name);
        assertThat(get(aio.open(path).size())).isOne();
        assertThat(get(aio.context().lstat(path)).isRegularFile()).isTrue();
        Path link = directory.resolve("link");
        get(aio.context().symlink(name, link));
        assertThat(get(aio.context().stat(link)).sizeBytes()).isOne();
        assertThat(get(aio.context().readlink(link))).isEqualTo(name);
        get(aio.context().rename(path, directory.resolve("text")));
        assertThat(directory.resolve("text")).hasContent("x");
    }

    // ---- loops, cancel, close ------------------------------------------------------------------------------------

    /** Started from another thread or from a loop, the completion runs on the context's own loop. */
    @Test
    void shouldCompleteOnOwnLoopWhenStartedAnywhere() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        for (int loop = 0; loop < 2; loop++) {
            int own = loop;
            CompletableFuture<Boolean> inLoop = new CompletableFuture<>();
            Path made = directory.resolve("made" + loop);
            AioFuture<Void> future = aio.onLoop(1 - loop, () -> aio.context(own).mkdir(made, 0700));
            future.addListener(done -> inLoop.complete(aio.loop(own).inEventLoop()));
            get(future);
            assertThat(inLoop.get()).isTrue();
            AioFuture<AioStat> stat = aio.onLoop(loop, () -> aio.context(own).stat(made));
            assertThat(get(stat).isDirectory()).isTrue();
        }
    }

    /** Held up by the file system, it holds up no loop; cancelled, its future is settled at once. */
    @Test
    void shouldSettleAtOnceWhenCancelledWhileHeldUp() throws Exception {
        Path directory = TestFileSystem.EXT4.newDirectory();
        Path source = Files.createFile(directory.resolve("source"));
        AioFuture<Void> rename;
        AioFuture<Void> mkdir;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            rename = aio.context().rename(source, directory.resolve("target"));
            mkdir = aio.context().mkdir(directory.resolve("made"), 0700);
            assertThat(mkdir.await(200)).as("done while frozen").isFalse();
            assertThat(aio.isResponsive(0)).isTrue();
            assertThat(rename.cancel(false)).isTrue();
            assertThat(rename.isCancelled()).isTrue();
            assertThat(rename.cause()).isInstanceOf(CancellationException.class);
            frozen.thaw();
        }
        get(mkdir);
        assertThat(directory.resolve("made")).isDirectory();
    }

    /** A closed context refuses, and nothing happens. */
    @Test
    void shouldFailWithEcanceledWhenContextIsClosed() throws Exception {
        Path file = Files.createFile(TestFileSystem.DISK.newDirectory().resolve("file"));
        get(aio.context().close());
        for (AioFuture<?> future : List.<AioFuture<?>>of(
                aio.context().rename(file, file.resolveSibling("x")),
                aio.context().renameNoReplace(file, file.resolveSibling("x")),
                aio.context().unlink(file),
                aio.context().mkdir(file.resolveSibling("x"), 0700),
                aio.context().rmdir(file.getParent()),
                aio.context().symlink(file, file.resolveSibling("x")),
                aio.context().readlink(file),
                aio.context().stat(file),
                aio.context().lstat(file))) {
            AioException failure = failure(future);
            assertThat(failure.kind()).isEqualTo(AioException.Kind.CLOSED);
            assertThat(failure.errnoName()).isEqualTo("ECANCELED");
        }
        assertThat(file).exists();
        assertThat(file.resolveSibling("x")).doesNotExist();
    }
}
