package io.nettyaio.handler;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A context whose operations take effect and complete when the test says so: names, and the contents of the one file that is
 * written.
 */
final class ScriptedDisk {

    /** What has been asked for. */
    static final class Operation {
        /** For instance {@code open .part}, {@code write 0+4096 of 3}, {@code fsync}. Directories are named as such. */
        final String name;

        final Path path;
        private final ScriptedFuture<Object> future;
        private final Runnable effect;
        private final Object result;
        private final List<ByteBuf> buffers;
        private boolean ended;

        private Operation(
                String name,
                Path path,
                ScriptedFuture<Object> future,
                Runnable effect,
                Object result,
                List<ByteBuf> buffers) {
            this.name = name;
            this.path = path;
            this.future = future;
            this.effect = effect;
            this.result = result;
            this.buffers = buffers;
        }

        /** Whether the disk is done with it; whoever waited for it may have cancelled it before. */
        boolean isDone() {
            return ended;
        }

        void complete() {
            ended = true;
            effect.run();
            buffers.forEach(ByteBuf::release);
            boolean unused = future.trySuccess(result);
        }

        void fail(AioException.Kind kind, int errno, String errnoName) {
            ended = true;
            buffers.forEach(ByteBuf::release);
            future.setFailure(new AioException(kind, errno, errnoName, name, path.toString(), 0, "scripted"));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    final List<Operation> operations = new ArrayList<>();
    /** The names there are. */
    final Set<Path> names = new TreeSet<>();

    final ScriptedMarks marks = new ScriptedMarks();

    private final EventLoop loop;
    private byte[] contents = {};
    private int openFiles;

    ScriptedDisk(EventLoop loop) {
        this.loop = loop;
    }

    AioContext context() {
        return proxy(AioContext.class, (self, name, arguments) -> switch (name) {
            case "isSubmittable", "addSubmittableListener", "removeSubmittableListener" ->
                marks.call(self, name, arguments);
            case "eventLoop" -> loop;
            case "open" -> open((Path) arguments[0], arguments[1]);
            case "rename", "renameNoReplace" -> {
                Path target = (Path) arguments[1];
                yield start(name, target, () -> {
                    names.remove((Path) arguments[0]);
                    names.add(target);
                });
            }
            case "unlink" -> start(name, (Path) arguments[0], () -> names.remove((Path) arguments[0]));
            case "openBeneath" -> open(in(arguments[0], arguments[1]), arguments[2]);
            case "renameIn", "renameNoReplaceIn" -> {
                Path source = in(arguments[0], arguments[1]);
                Path target = in(arguments[0], arguments[2]);
                yield start(name, target, () -> {
                    names.remove(source);
                    names.add(target);
                });
            }
            case "unlinkIn" -> {
                Path path = in(arguments[0], arguments[1]);
                yield start(name, path, () -> names.remove(path));
            }
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private static Path in(Object directory, Object name) {
        return Path.of(((AioFile) directory).path()).resolve((String) name);
    }

    /** One that is open, and is closed by nobody. */
    AioFile directory(Path path) {
        return file(" root", path);
    }

    private AioFuture<Object> open(Path path, Object options) {
        boolean create = options instanceof Collection<?> set && set.contains(AioOpenOption.CREATE_NEW);
        return start(
                create ? "open .part" : "open directory",
                path,
                () -> {
                    openFiles++;
                    if (create) {
                        names.add(path);
                    }
                },
                file(create ? "" : " directory", path),
                List.of());
    }

    private AioFile file(String suffix, Path path) {
        AioFuture<?>[] closed = new AioFuture<?>[1];
        return proxy(AioFile.class, (self, name, arguments) -> switch (name) {
            case "in" -> self;
            case "path" -> path.toString();
            case "write" -> write(path, (ByteBuf[]) arguments[0], (Long) arguments[1]);
            case "fsync" -> start("fsync" + suffix, path, () -> {});
            case "close" -> {
                if (closed[0] == null) { // the second call gets the first one's result
                    openFiles--; // the descriptor is gone, whatever close(2) will say
                    closed[0] = start("close" + suffix, path, () -> {});
                }
                yield closed[0];
            }
            default -> throw new UnsupportedOperationException(name);
        });
    }

    private AioFuture<Object> write(Path path, ByteBuf[] buffers, long offsetBytes) {
        long length = 0;
        for (ByteBuf buffer : buffers) {
            length += buffer.readableBytes();
        }
        int end = Math.toIntExact(offsetBytes + length);
        return start(
                "write " + offsetBytes + "+" + length + " of " + buffers.length,
                path,
                () -> {
                    byte[] grown = Arrays.copyOf(contents, Math.max(contents.length, end));
                    int at = Math.toIntExact(offsetBytes);
                    for (ByteBuf buffer : buffers) {
                        int bytes = buffer.readableBytes();
                        buffer.readBytes(grown, at, bytes);
                        at += bytes;
                    }
                    contents = grown;
                },
                length,
                List.of(buffers));
    }

    private AioFuture<Object> start(String name, Path path, Runnable effect) {
        return start(name, path, effect, null, List.of());
    }

    private AioFuture<Object> start(String name, Path path, Runnable effect, Object result, List<ByteBuf> buffers) {
        ScriptedFuture<Object> future = new ScriptedFuture<>(loop);
        operations.add(new Operation(name, path, future, effect, result, buffers));
        return future;
    }

    byte[] contents() {
        return contents.clone();
    }

    int openFiles() {
        return openFiles;
    }

    /** The one that was asked for last. */
    Operation last() {
        return operations.get(operations.size() - 1);
    }

    /** Completes the first that is pending; whether there was one. */
    boolean step() {
        for (Operation each : List.copyOf(operations)) {
            if (!each.isDone()) {
                each.complete();
                return true;
            }
        }
        return false;
    }

    /** Completes all that is pending, and what that asks for. */
    void run() {
        while (step()) {
            // until there is nothing more
        }
    }

    /** Completes all that comes before an operation of this name. */
    Operation runTo(String name) {
        while (!last().name.equals(name)) {
            if (!step()) {
                throw new AssertionError("no " + name + " after " + operations);
            }
        }
        return last();
    }

    private interface Handler<T> {
        Object call(T self, String name, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Handler<T> handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> handler.call(type.cast(self), method.getName(), arguments)));
    }
}
