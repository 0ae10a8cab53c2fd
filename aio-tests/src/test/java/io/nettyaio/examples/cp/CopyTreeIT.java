package io.nettyaio.examples.cp;

import static io.nettyaio.examples.cp.Copies.assertNoTemporaries;
import static io.nettyaio.examples.cp.Copies.assertSame;
import static io.nettyaio.examples.cp.Copies.copy;
import static io.nettyaio.examples.cp.Copies.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.Need;
import io.nettyaio.tests.OnEachFileSystem;
import io.nettyaio.tests.Patterns;
import io.nettyaio.tests.Shell;
import io.nettyaio.tests.TestFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Trees: all that is in them, of any size, and what a tree must not be copied to. */
@Timeout(120)
class CopyTreeIT {

    private static final CopyOptions TREE = CopyOptions.defaults().withRecursive(true);

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    /** Files, links and directories by chance, with modes that forbid, on the way back, what was done on the way in. */
    private static Path randomTree(Path root, long seed, int names) throws Exception {
        Random random = new Random(seed);
        Path at = Files.createDirectory(root);
        for (int i = 0; i < names; i++) {
            int kind = random.nextInt(10);
            Path name = at.resolve((i % 7 == 0 ? "ü " : "n") + i);
            if (kind < 3) {
                Files.createDirectory(name);
                at = random.nextInt(3) == 0 ? root : name;
            } else if (kind < 4) {
                Files.createSymbolicLink(name, Path.of(random.nextBoolean() ? "../n" + i : "/nowhere"));
            } else {
                long size = random.nextInt(5) == 0 ? random.nextInt(3 << 20) : random.nextInt(9000);
                byte[] bytes = Patterns.bytes(seed + i, 0, (int) size);
                Files.write(name, bytes);
                Shell.run("chmod", Integer.toOctalString(random.nextInt(01000)), name.toString());
            }
        }
        Shell.run("sh", "-c", "find \"$0\" -mindepth 1 -type d -exec chmod 0550 {} +", root.toString());
        return root;
    }

    /** The tests delete what they have made, by whoever runs them. */
    private static void unlock(Path... trees) throws Exception {
        for (Path tree : trees) {
            Shell.run("chmod", "-R", "u+rwX", tree.toString());
        }
    }

    /** The same names, kinds, modes, links and contents; to a new name, and again over what is there. */
    @OnEachFileSystem
    void shouldBeTheSameWhenTreeIsCopied(TestFileSystem fileSystem) throws Exception {
        Need.root(); // for modes that forbid to read
        Path directory = fileSystem.newDirectory();
        Path source = randomTree(directory.resolve("source"), fileSystem.name().hashCode(), 60);
        Path target = directory.resolve("target");
        CopyResult result = copy(aio.context(), TREE.withLimits(3, 64 * 1024, 16 * 1024, 2), source, target);
        assertSame(source, target);
        assertThat(result.files() + result.links() + result.directories()).isEqualTo(61);
        copy(aio.context(), TREE.withDirect(true).withSync(true), source + "/.", target + "/");
        assertSame(source, target);
        unlock(source, target);
    }

    /** Into a directory a tree goes under its own name. */
    @Test
    void shouldKeepNameWhenTargetIsADirectory() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectories(directory.resolve("source/inner"));
        Patterns.file(source.resolve("file"), 1, 10);
        Path into = Files.createDirectory(directory.resolve("into"));
        copy(aio.context(), TREE, directory.resolve("source"), into);
        assertSame(directory.resolve("source"), into.resolve("source"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("source"));
        copy(aio.context(), TREE, link, into);
        assertThat(into.resolve("link")).isSymbolicLink();
        Files.delete(into.resolve("link"));
        copy(aio.context(), TREE, link + "/", into);
        assertThat(Files.isSymbolicLink(into.resolve("link")))
                .as("a slash follows")
                .isFalse();
        assertSame(directory.resolve("source"), into.resolve("link"));
    }

    /** Ten thousand small files, in wide and deep directories, with few at a time. */
    @Test
    void shouldCopyAllWhenTreeIsLarge() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectory(directory.resolve("source"));
        Path wide = Files.createDirectory(source.resolve("wide"));
        byte[] content = Patterns.bytes(1, 0, 4096);
        for (int i = 0; i < 9_000; i++) {
            Files.write(wide.resolve("file" + i), content);
        }
        Path deep = source;
        for (int i = 0; i < 250; i++) {
            deep = Files.createDirectory(deep.resolve("d" + i));
            for (int n = 0; n < 4; n++) {
                Files.write(deep.resolve("file" + n), content);
            }
        }
        CopyResult result = copy(aio.context(), TREE, source, directory.resolve("target"));
        assertThat(result).isEqualTo(new CopyResult(10_000, 0, 252, 10_000L * 4096, 0, false));
        assertSame(source, directory.resolve("target"));
    }

    /** The copy of a directory is made where the directory itself is not. */
    @Test
    void shouldRefuseWhenTargetLiesInSource() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectories(directory.resolve("source/inner")).getParent();
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("source/inner"));
        for (Path target : new Path[] {
            source,
            source.resolve("new"),
            source.resolve("inner"),
            source.resolve("inner/new"),
            link,
            link.resolve("new"),
            source.resolve("inner/../new")
        }) {
            assertThat(refusal(aio.context(), TREE, source, target)).contains("into itself");
        }
        assertThat(refusal(aio.context(), TREE, source + "/.", source)).contains("into itself");
        assertThat(source.resolve("inner")).isEmptyDirectory();
        assertThat(source.toFile().list()).containsExactly("inner");
        Path sibling = directory.resolve("source2");
        copy(aio.context(), TREE, source, sibling);
        assertThat(sibling.resolve("inner")).isEmptyDirectory();
    }

    /** A directory that holds, through a mount, the place its copy goes to does not go on for ever. */
    @Test
    void shouldLeaveOutTheCopyWhenItIsMetOnTheWay() throws Exception {
        Need.root();
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectories(directory.resolve("source/mount")).getParent();
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Patterns.file(elsewhere.resolve("file"), 1, 10);
        Shell.run(
                "mount", "--bind", elsewhere.toString(), source.resolve("mount").toString());
        try {
            assertThat(refusal(aio.context(), TREE, source, elsewhere.resolve("copy")))
                    .contains("is where the copy goes to");
        } finally {
            Shell.run("umount", source.resolve("mount").toString());
        }
        Patterns.check(Files.readAllBytes(elsewhere.resolve("copy/mount/file")), 1, 0);
        assertThat(elsewhere.resolve("copy/mount/copy")).doesNotExist();
    }

    /** What cannot be copied is told; all else is copied. */
    @Test
    void shouldGoOnWhenSomethingCannotBeCopied() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectory(directory.resolve("source"));
        for (int i = 0; i < 50; i++) {
            Patterns.file(source.resolve("file" + i), i, 100);
        }
        Shell.run("mkfifo", source.resolve("fifo").toString());
        Files.createDirectory(source.resolve("file-there"));
        Files.createSymbolicLink(source.resolve("link"), Path.of("file1"));
        Path target = Files.createDirectories(directory.resolve("target/source"));
        Files.createDirectory(target.resolve("file7"));
        Files.createDirectory(target.resolve("link"));
        Files.createFile(target.resolve("file-there"));
        Copies copies = new Copies();
        CopyResult result = copies.run(aio.context(), TREE, source, directory.resolve("target"));
        assertThat(result.files()).isEqualTo(49);
        assertThat(copies.messages).hasSize(4);
        assertThat(String.join("\n", copies.messages))
                .contains("fifo' is not copied")
                .contains("file7' is a directory")
                .contains("link' is a directory")
                .contains("file-there' is a regular file");
        Files.delete(source.resolve("fifo"));
        assertNoTemporaries(directory);
        Patterns.check(Files.readAllBytes(target.resolve("file49")), 49, 0);
    }

    /** Links replace links and files, atomically too. */
    @Test
    void shouldReplaceWhenLinkIsCopied() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectory(directory.resolve("source"));
        Files.createSymbolicLink(source.resolve("a"), Path.of("new a"));
        Files.createSymbolicLink(source.resolve("b"), Path.of("new b"));
        Path target = Files.createDirectory(directory.resolve("target"));
        Files.createSymbolicLink(target.resolve("a"), Path.of("old a"));
        Patterns.file(target.resolve("b"), 1, 10);
        copy(aio.context(), TREE, source + "/.", target);
        assertSame(source, target);
    }

    /** Names are bytes. */
    @Test
    void shouldKeepNamesWhenTheyAreNoText() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path source = Files.createDirectory(directory.resolve("source"));
        Shell.run(
                "sh",
                "-c",
                "cd \"$0\" && d=\"$(printf 'd\\344')\" && mkdir \"$d\" && echo x > \"$d/$(printf '\\377')\""
                        + " && ln -s \"$d\" \"$(printf 'l\\200')\" && echo y > \"$(printf 'new\\nline')\"",
                source.toString());
        assertThat(copy(aio.context(), TREE, source, directory.resolve("target"))
                        .failures())
                .isZero();
        assertSame(source, directory.resolve("target"));
    }

    /** Directories keep their times, though names are made in them. */
    @Test
    void shouldKeepTimesOfDirectoriesWhenAsked() throws Exception {
        Path directory = TestFileSystem.DISK.newDirectory();
        Path inner = Files.createDirectories(directory.resolve("source/inner"));
        Patterns.file(inner.resolve("file"), 1, 10);
        FileTime time = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));
        Files.setLastModifiedTime(inner, time);
        Files.setLastModifiedTime(inner.getParent(), time);
        copy(aio.context(), TREE.withPreserveTimes(true), inner.getParent(), directory.resolve("target"));
        assertThat(Files.getLastModifiedTime(directory.resolve("target"))).isEqualTo(time);
        assertThat(Files.getLastModifiedTime(directory.resolve("target/inner"))).isEqualTo(time);
    }
}
