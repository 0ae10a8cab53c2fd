package io.nettyaio.examples.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What lies where, by the kernel's table. */
@Timeout(10)
class MountPointTest {

    @TempDir
    private Path root;

    @BeforeEach
    void mount() throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/self/mountinfo"), """
                22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
                30 22 0:25 / /data rw,relatime shared:1 master:2 - overlay overlay rw,lowerdir=/a
                31 30 7:3 / /data/deep rw,noatime - xfs /dev/loop3 rw
                32 30 0:40 / /data/deep rw,nosuid shared:7 - tmpfs tmpfs rw
                33 22 0:41 / /with\\040blank\\134 rw - btrfs /dev/vdb rw
                no mount at all
                34 22 0 / /odd rw - odd odd rw
                """);
    }

    private MountPoint at(String path) {
        return MountPoint.of(new HostFiles(root), Path.of(path));
    }

    @Test
    void shouldBeTheDeepestThatBeginsThePath() {
        assertThat(at("/home/me")).isEqualTo(new MountPoint("ext4", "/dev/vda", "/", "rw,relatime", 254, 0));
        assertThat(at("/data/shallow").isOverlay()).isTrue();
        assertThat(at("/database").type()).as("no part of a name").isEqualTo("ext4");
    }

    @Test
    void shouldBeTheLastWhenMountedOver() {
        assertThat(at("/data/deep/er").type()).isEqualTo("tmpfs");
        assertThat(at("/data/deep").isMemory()).isTrue();
        assertThat(at("/data/deep").options()).isEqualTo("rw,nosuid");
    }

    @Test
    void shouldReadEscapedNames() {
        assertThat(at("/with blank\\/x").source()).isEqualTo("/dev/vdb");
    }

    @Test
    void shouldBeUnknownWhenThereIsNoTable() {
        assertThat(MountPoint.of(new HostFiles(root.resolve("none")), Path.of("/")))
                .isNull();
    }

    @Test
    void shouldReadQueueOfDiskWhenDeviceIsAPartition() throws IOException {
        Path disk = Files.createDirectories(root.resolve("sys/devices/vda"));
        Path queue = Files.createDirectories(disk.resolve("queue"));
        Files.createDirectories(disk.resolve("vda1"));
        Files.createDirectories(root.resolve("sys/dev/block"));
        Files.createSymbolicLink(root.resolve("sys/dev/block/254:1"), disk.resolve("vda1"));
        Files.writeString(queue.resolve("nr_requests"), "256\n");
        Files.writeString(queue.resolve("max_sectors_kb"), "1280\n");
        Files.writeString(queue.resolve("logical_block_size"), "512\n");
        Files.writeString(queue.resolve("rotational"), "1\n");
        Files.writeString(queue.resolve("scheduler"), "none [mq-deadline] kyber\n");
        MountPoint mount = new MountPoint("ext4", "/dev/vda1", "/", "rw", 254, 1);
        assertThat(BlockDevice.of(new HostFiles(root), mount))
                .isEqualTo(new BlockDevice("254:1", "vda1", 256, "mq-deadline", true, 1280 << 10, 512));
    }

    @Test
    void shouldHaveNoDeviceWhenSourceIsNone() {
        assertThat(BlockDevice.of(new HostFiles(root), new MountPoint("nfs4", "host:/x", "/", "rw", 0, 50)))
                .isNull();
    }
}
