package io.nettyaio.tests;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.nettyaio.AioCallback;
import io.nettyaio.AioConfig;
import io.nettyaio.AioContext;
import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFileType;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/**
 * One directory on a disk that can lose power: an {@link AioContext} in memory that records every write, sync and change
 * of a name, so that {@link #crash} can tell what the disk may hold if the power had failed at any moment.
 *
 * <p><b>Model.</b> A write is safe once a sync of its file that was started after it has completed (or, written with
 * DSYNC, once it has completed itself). Of a write that is not safe, each sector may be on the disk or not, whatever was
 * started before or after it; a sector may be cut at any byte, with old bytes behind new ones. A file's length is between
 * the one that was synced and the one it has. A new, changed or removed name is safe once a sync of the directory that
 * was started after it has completed; of those that are not, any may be lost.
 *
 * <p>Confined to its loop, but for {@link #crash}, which wants the loop idle.
 */
public final class SimulatedDisk {

    private static final int SECTOR_BYTES = 512;
    private static final int NEVER = Integer.MAX_VALUE;

    /** How much of what was not synced has reached the disk. */
    public enum Fate {
        /** Nothing. */
        DROPPED,
        /** Everything. */
        KEPT,
        /** Each write wholly or not at all. */
        WRITES,
        /** Each sector by itself. */
        SECTORS,
        /** Each sector by itself, and some cut inside. */
        TORN
    }

    private static final class Inode {
        byte[] content = new byte[0];
        /** What it held when the disk was made. */
        byte[] initial = new byte[0];

        final List<Write> writes = new ArrayList<>();
    }

    /** A write, or a change of the length where there are no bytes. */
    private static final class Write {
        final int begun;
        final long offset;
        final byte[] bytes;
        final int length;
        int safe = NEVER;

        Write(int begun, long offset, byte[] bytes, int length) {
            this.begun = begun;
            this.offset = offset;
            this.bytes = bytes;
            this.length = length;
        }
    }

    private static final class NameChange {
        final int begun;
        final String removed;
        final String name;
        final Inode inode;
        int safe = NEVER;

        NameChange(int begun, String removed, String name, Inode inode) {
            this.begun = begun;
            this.removed = removed;
            this.name = name;
            this.inode = inode;
        }
    }

    private final EventLoop loop;
    private final Random random;
    private final Map<String, Inode> names = new TreeMap<>();
    private final Map<String, Inode> initialNames = new TreeMap<>();
    private final List<NameChange> changes = new ArrayList<>();
    private final AioContext context;
    private int clock;
    private boolean lying;
    private int syncsToFail;

    /** An empty directory. */
    public SimulatedDisk(EventLoop loop, long seed) {
        this(loop, seed, Map.of());
    }

    /** A directory that holds these files, safely. */
    public SimulatedDisk(EventLoop loop, long seed, Map<String, byte[]> files) {
        this.loop = loop;
        this.random = new Random(seed);
        files.forEach((name, bytes) -> {
            Inode inode = new Inode();
            inode.content = bytes.clone();
            inode.initial = inode.content.clone();
            names.put(name, inode);
            initialNames.put(name, inode);
        });
        context = proxy(AioContext.class, this::callContext);
    }

    /** The way in. Every path's last part is a name in the directory; so is every directory's path the directory. */
    public AioContext context() {
        return context;
    }

    /** How many things have happened: a moment for {@link #crash}. */
    public int now() {
        return clock;
    }

    /** What the files hold, with the power on. */
    public Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>();
        names.forEach((name, inode) -> files.put(name, inode.content.clone()));
        return files;
    }

    /** From now on syncs complete and do nothing: what a test is to notice. */
    public void lieAboutSyncs() {
        lying = true;
    }

    /**
     * The next syncs of files and durable writes that end fail: EIO. What they were to make safe never is, and those behind
     * them succeed all the same: so does the kernel, which reports an error once and drops the pages.
     */
    public void failSyncs(int count) {
        syncsToFail = count;
    }

    // ---- the power fails -----------------------------------------------------------------------------------------

    /** What may be found if the power fails at a moment. */
    public Map<String, byte[]> crash(int moment, Fate fate, Random chance) {
        Map<String, Inode> found = new TreeMap<>(initialNames);
        for (NameChange change : changes) {
            if (change.begun >= moment) {
                break;
            }
            if (change.safe < moment || isKept(fate, chance)) {
                if (change.removed != null) {
                    found.remove(change.removed);
                }
                if (change.name != null) {
                    found.put(change.name, change.inode);
                }
            }
        }
        Map<Inode, byte[]> contents = new HashMap<>(); // inodes are equal only to themselves
        Map<String, byte[]> files = new TreeMap<>();
        found.forEach((name, inode) ->
                files.put(name, contents.computeIfAbsent(inode, i -> contentsOf(i, moment, fate, chance))));
        return files;
    }

    private static boolean isKept(Fate fate, Random chance) {
        return switch (fate) {
            case DROPPED -> false;
            case KEPT -> true;
            case WRITES, SECTORS, TORN -> chance.nextBoolean();
        };
    }

    private static byte[] contentsOf(Inode inode, int moment, Fate fate, Random chance) {
        byte[] disk = inode.initial.clone();
        for (Write write : inode.writes) {
            if (write.begun >= moment) {
                break;
            }
            boolean safe = write.safe < moment;
            if (write.bytes == null) {
                if (safe || isKept(fate, chance)) {
                    disk = Arrays.copyOf(disk, write.length);
                }
                continue;
            }
            boolean whole = safe || fate == Fate.KEPT || (fate == Fate.WRITES && chance.nextBoolean());
            if (!whole && (fate == Fate.DROPPED || fate == Fate.WRITES)) {
                continue;
            }
            int begin = Math.toIntExact(write.offset);
            int end = begin + write.bytes.length;
            for (int at = begin; at < end; ) {
                int next = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
                if (whole || chance.nextBoolean()) {
                    int until = !whole && fate == Fate.TORN && chance.nextInt(4) == 0
                            ? at + chance.nextInt(next - at + 1)
                            : next;
                    if (disk.length < until) {
                        disk = Arrays.copyOf(disk, until);
                    }
                    System.arraycopy(write.bytes, at - begin, disk, at, until - at);
                }
                at = next;
            }
        }
        return disk;
    }

    // ---- operations ----------------------------------------------------------------------------------------------

    @SuppressWarnings("FutureReturnValueIgnored")
    private Object callContext(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "eventLoop" -> loop;
            case "config" -> AioConfig.defaults();
            case "isSubmittable" -> true;
            case "alignedAllocator" -> UnpooledByteBufAllocator.DEFAULT;
            case "open" -> open((Path) arguments[0], (AioOpenOption[]) arguments[1]);
            case "mkdir" ->
                completing(() -> {
                    throw failure("mkdir", 17, "EEXIST");
                });
            case "unlink" -> unlink(((Path) arguments[0]).getFileName().toString());
            case "rename" ->
                rename(
                        ((Path) arguments[0]).getFileName().toString(),
                        ((Path) arguments[1]).getFileName().toString());
            default -> throw new UnsupportedOperationException(method.toString());
        };
    }

    private AioFuture<AioFile> open(Path path, AioOpenOption... options) {
        List<AioOpenOption> asked = List.of(options);
        if (asked.contains(AioOpenOption.DIRECTORY)) {
            return completing(() -> proxy(AioFile.class, new Directory(path)::call));
        }
        String name = path.getFileName().toString();
        return completing(() -> {
            Inode inode = names.get(name);
            if (inode == null) {
                if (!asked.contains(AioOpenOption.CREATE)) {
                    throw failure("open", 2, "ENOENT");
                }
                inode = new Inode();
                names.put(name, inode);
                changes.add(new NameChange(clock++, null, name, inode));
            } else if (asked.contains(AioOpenOption.TRUNCATE)) {
                setLength(inode, 0);
            }
            return proxy(AioFile.class, new File(path, inode, asked.contains(AioOpenOption.DIRECT))::call);
        });
    }

    private AioFuture<Void> unlink(String name) {
        return completing(() -> {
            if (names.remove(name) == null) {
                throw failure("unlink", 2, "ENOENT");
            }
            changes.add(new NameChange(clock++, name, null, null));
            return null;
        });
    }

    private AioFuture<Void> rename(String from, String to) {
        return completing(() -> {
            Inode inode = names.remove(from);
            if (inode == null) {
                throw failure("rename", 2, "ENOENT");
            }
            names.put(to, inode);
            changes.add(new NameChange(clock++, from, to, inode));
            return null;
        });
    }

    private void setLength(Inode inode, int length) {
        inode.content = Arrays.copyOf(inode.content, length);
        inode.writes.add(new Write(clock++, 0, null, length));
    }

    private final class Directory {
        private final Path path;
        private boolean listed;

        Directory(Path path) {
            this.path = path;
        }

        Object call(Method method, Object[] arguments) {
            return switch (method.getName()) {
                case "nextEntries" ->
                    completing(() -> {
                        List<AioDirectoryEntry> entries = new ArrayList<>();
                        if (!listed) {
                            names.keySet()
                                    .forEach(name ->
                                            entries.add(new AioDirectoryEntry(Path.of(name), AioFileType.REGULAR)));
                        }
                        listed = true;
                        return entries;
                    });
                case "fsync" -> {
                    int covered = changes.size();
                    yield later(() -> {
                        int done = doneAt();
                        changes.subList(0, covered).forEach(change -> change.safe = Math.min(change.safe, done));
                        return null;
                    });
                }
                case "path" -> path.toString();
                case "close" -> completing(() -> null);
                default -> throw new UnsupportedOperationException(method.toString());
            };
        }
    }

    private final class File {
        private final Path path;
        private final Inode inode;
        private final boolean direct;

        File(Path path, Inode inode, boolean direct) {
            this.path = path;
            this.inode = inode;
            this.direct = direct;
        }

        // The proxy's results: futures among them.
        @SuppressWarnings({"unchecked", "FutureReturnValueIgnored", "StatementSwitchToExpressionSwitch"})
        Object call(Method method, Object[] arguments) {
            int count = arguments == null ? 0 : arguments.length;
            switch (method.getName()) {
                case "path":
                    return path.toString();
                case "isDirect":
                    return direct;
                case "alignment":
                    return direct ? 4096 : 1;
                case "read":
                    return read((Long) arguments[0], (Integer) arguments[1]);
                case "size":
                    return completing(() -> (long) inode.content.length);
                case "allocate":
                    setLength(inode, Math.max(inode.content.length, (int) ((Long) arguments[0] + (Long) arguments[1])));
                    return completing(() -> null);
                case "truncate":
                    setLength(inode, Math.toIntExact((Long) arguments[0]));
                    return completing(() -> null);
                case "syncRange", "close":
                    return completing(() -> null);
                case "write", "writeDurably":
                    boolean durable = method.getName().equals("writeDurably");
                    Callable<Integer> written = write((ByteBuf) arguments[0], (Long) arguments[1], durable);
                    return count == 2
                            ? later(written)
                            : callBack(later(written), arguments[2], (AioCallback<Object>) arguments[3]);
                case "fsync", "fdatasync":
                    return count == 0
                            ? later(sync())
                            : callBack(later(sync()), arguments[0], (AioCallback<Object>) arguments[1]);
                default:
                    throw new UnsupportedOperationException(method.toString());
            }
        }

        private AioFuture<ByteBuf> read(long offset, int length) {
            return completing(() -> {
                int begin = (int) Math.min(offset, inode.content.length);
                int end = (int) Math.min(offset + length, inode.content.length);
                return Unpooled.copiedBuffer(inode.content, begin, end - begin);
            });
        }

        private Callable<Integer> write(ByteBuf src, long offset, boolean durable) {
            byte[] bytes = new byte[src.readableBytes()];
            src.readBytes(bytes).release();
            if (direct && ((offset | bytes.length) & 4095) != 0) {
                throw new AssertionError("unaligned: " + offset + " " + bytes.length);
            }
            int begin = Math.toIntExact(offset);
            if (inode.content.length < begin + bytes.length) {
                inode.content = Arrays.copyOf(inode.content, begin + bytes.length);
            }
            System.arraycopy(bytes, 0, inode.content, begin, bytes.length);
            Write write = new Write(clock++, offset, bytes, bytes.length);
            inode.writes.add(write);
            return () -> {
                if (durable) {
                    failIfTold("write");
                    write.safe = Math.min(write.safe, doneAt());
                }
                return bytes.length;
            };
        }

        private Callable<Integer> sync() {
            int covered = inode.writes.size();
            return () -> {
                failIfTold("fdatasync");
                int done = doneAt();
                inode.writes.subList(0, covered).forEach(write -> write.safe = Math.min(write.safe, done));
                return null;
            };
        }

        private Object callBack(AioFuture<Integer> future, Object attachment, AioCallback<Object> callback) {
            future.addListener(done ->
                    callback.completed(done.getNow() == null ? 0 : (Integer) done.getNow(), done.cause(), attachment));
            return null;
        }
    }

    private void failIfTold(String operation) throws AioException {
        if (syncsToFail > 0) {
            syncsToFail--;
            throw failure(operation, 5, "EIO");
        }
    }

    private int doneAt() {
        int done = clock++;
        return lying ? NEVER : done;
    }

    // ---- small ---------------------------------------------------------------------------------------------------

    /** Done now, reported in one of the next tasks. */
    private <V> SimulatedFuture<V> completing(Callable<V> operation) {
        V value;
        try {
            value = operation.call();
        } catch (Exception e) {
            return later(() -> {
                throw e;
            });
        }
        return later(() -> value);
    }

    /** Done in one of the next tasks. */
    private <V> SimulatedFuture<V> later(Callable<V> operation) {
        SimulatedFuture<V> future = new SimulatedFuture<>(loop);
        hop(random.nextInt(3), () -> {
            try {
                future.setSuccess(operation.call());
            } catch (Exception e) {
                future.setFailure(e);
            }
        });
        return future;
    }

    private void hop(int times, Runnable then) {
        loop.execute(times == 0 ? then : () -> hop(times - 1, then));
    }

    private static AioException failure(String operation, int errno, String name) {
        return new AioException(AioException.Kind.SYSTEM, errno, name, operation, "simulated", 0, "simulated");
    }

    private interface Handler {
        Object call(Method method, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> handler.call(method, arguments)));
    }
}
