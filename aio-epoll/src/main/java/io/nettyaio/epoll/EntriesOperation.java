package io.nettyaio.epoll;

import io.nettyaio.AioDirectoryEntry;
import io.nettyaio.AioFileType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** {@code getdents64(2)} of an open directory, which gives a sequence of {@code struct linux_dirent64}. */
final class EntriesOperation extends HelperOperation<List<AioDirectoryEntry>> {

    private static final int BUFFER_BYTES = 32 * 1024;

    private static final int RECLEN = 16;
    private static final int TYPE = 18;
    private static final int NAME = 19;
    private static final int TYPE_SHIFT = 12;

    private final EpollAioFile directory;
    private final List<AioDirectoryEntry> entries = new ArrayList<>();

    EntriesOperation(EpollAioFile directory) {
        super(directory.context(), "nextEntries", directory.path(), directory);
        this.directory = directory;
    }

    @Override
    long work() {
        try (NativeMemory memory = new NativeMemory(BUFFER_BYTES, Long.BYTES)) {
            int length;
            do {
                length = context().syscalls().getdents(directory.handle().fd(), memory.address(), BUFFER_BYTES);
                if (length > 0) {
                    add(memory.buffer(), length);
                }
                // Again where . and .. were all there was: nothing is the end.
            } while (length == -Errno.EINTR || (length > 0 && entries.isEmpty()));
            return length;
        }
    }

    private void add(ByteBuffer from, int length) {
        for (int at = 0; at < length; at += from.getShort(at + RECLEN) & 0xFFFF) {
            int end = at + NAME;
            while (from.get(end) != 0) {
                end++;
            }
            byte[] name = new byte[end - at - NAME];
            from.get(at + NAME, name);
            if (!isDots(name)) {
                // DT_DIR and its like are the type bits of st_mode.
                AioFileType type = AioFileType.ofMode(from.get(at + TYPE) << TYPE_SHIFT);
                entries.add(new AioDirectoryEntry(NativePath.of(name), type));
            }
        }
    }

    private static boolean isDots(byte[] name) {
        return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
    }

    @Override
    protected List<AioDirectoryEntry> value(long result) {
        return entries;
    }
}
