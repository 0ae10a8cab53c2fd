/*
 * The system calls of the Linux engine. One function for each call: it returns the call's result, or -errno; it keeps
 * no state but a field's number, and calls nothing back. Memory comes as addresses, which the Java side owns.
 */
#include <errno.h>
#include <fcntl.h>
#include <jni.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Raised with each change of a signature; Native.java holds the same number. */
#define NETTYAIO_VERSION 9

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20 /* since Linux 5.12; others may have older headers */
#endif

/* The Java side lays these out by hand. */
_Static_assert(sizeof(struct iocb) == 64, "iocb is 64 bytes");
_Static_assert(offsetof(struct iocb, aio_lio_opcode) == 16, "opcode at 16");
_Static_assert(offsetof(struct iocb, aio_reqprio) == 18, "reqprio at 18");
_Static_assert(offsetof(struct iocb, aio_fildes) == 20, "fildes at 20");
_Static_assert(offsetof(struct iocb, aio_buf) == 24, "buf at 24");
_Static_assert(offsetof(struct iocb, aio_nbytes) == 32, "nbytes at 32");
_Static_assert(offsetof(struct iocb, aio_offset) == 40, "offset at 40");
_Static_assert(offsetof(struct iocb, aio_flags) == 56, "flags at 56");
_Static_assert(offsetof(struct iocb, aio_resfd) == 60, "resfd at 60");
_Static_assert(sizeof(struct io_event) == 32, "io_event is 32 bytes");
_Static_assert(sizeof(struct iovec) == 16, "iovec is 16 bytes");
_Static_assert(sizeof(struct statx) == 256, "statx is 256 bytes");
_Static_assert(sizeof(jlong) == sizeof(void *), "64-bit pointers");

static void *pointer(jlong address) { return (void *)(intptr_t)address; }

static jlong result(long value) { return value < 0 ? -(jlong)errno : (jlong)value; }

static jint result_int(long value) { return value < 0 ? -errno : (jint)value; }

static jint version(JNIEnv *env, jclass type) {
    (void)env;
    (void)type;
    return NETTYAIO_VERSION;
}

/* ---- kernel AIO: io_setup(2), io_destroy(2), io_submit(2), io_getevents(2) ------------------------------------- */

static jlong io_setup_(JNIEnv *env, jclass type, jint events) {
    (void)env;
    (void)type;
    aio_context_t context = 0;
    long r = syscall(SYS_io_setup, (unsigned)events, &context);
    return r < 0 ? -(jlong)errno : (jlong)context;
}

static jint io_destroy_(JNIEnv *env, jclass type, jlong context) {
    (void)env;
    (void)type;
    return result_int(syscall(SYS_io_destroy, (aio_context_t)context));
}

static jint io_submit_(JNIEnv *env, jclass type, jlong context, jint count, jlong iocbs) {
    (void)env;
    (void)type;
    return result_int(syscall(SYS_io_submit, (aio_context_t)context, (long)count, pointer(iocbs)));
}

static jint io_getevents_(JNIEnv *env, jclass type, jlong context, jint count, jlong events) {
    (void)env;
    (void)type;
    struct timespec none = {0, 0};
    return result_int(syscall(SYS_io_getevents, (aio_context_t)context, 0L, (long)count, pointer(events), &none));
}

/* The same iocb, at the same address, that was submitted; its event comes through the ring all the same. */
static jint io_cancel_(JNIEnv *env, jclass type, jlong context, jlong iocb) {
    (void)env;
    (void)type;
    struct io_event unused;
    return result_int(syscall(SYS_io_cancel, (aio_context_t)context, pointer(iocb), &unused));
}

/* ---- eventfd(2) ------------------------------------------------------------------------------------------------ */

static jint eventfd_(JNIEnv *env, jclass type) {
    (void)env;
    (void)type;
    return result_int(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

static jint eventfd_signal(JNIEnv *env, jclass type, jint fd) {
    (void)env;
    (void)type;
    uint64_t one = 1;
    return result_int(write(fd, &one, sizeof one));
}

/* F_DUPFD_CLOEXEC and its like: commands whose argument is a number. */
static jint fcntl_(JNIEnv *env, jclass type, jint fd, jint command, jint argument) {
    (void)env;
    (void)type;
    return result_int(fcntl(fd, command, argument));
}

/* ---- rt_sigqueueinfo(2), rt_tgsigqueueinfo(2) ------------------------------------------------------------------ */

_Static_assert(F_DUPFD_CLOEXEC == 1030, "commands of fcntl");

static jint queue_signal(JNIEnv *env, jclass type, jint process, jint thread, jint number, jlong value) {
    (void)env;
    (void)type;
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = pointer(value);
    return result_int(
        thread == 0 ? syscall(SYS_rt_sigqueueinfo, process, number, &info)
                    : syscall(SYS_rt_tgsigqueueinfo, process, thread, number, &info));
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

/* Bits of OpenFlags.java. Open flags differ between architectures, so Java does not know them. */
static int open_flags(jint options) {
    static const int FLAGS[] = {
        O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_TRUNC, O_DIRECT, O_DSYNC, O_SYNC, O_DIRECTORY,
        O_NOFOLLOW, O_NOATIME,
    };
    /* O_NONBLOCK: opening a FIFO must not wait for its other end; on a file it means nothing. */
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    for (unsigned bit = 0; bit < sizeof FLAGS / sizeof FLAGS[0]; bit++) {
        if ((options & (jint)(1u << bit)) != 0) {
            flags |= FLAGS[bit];
        }
    }
    return flags;
}

/* Where a relative path begins; a negative directory is the current one. */
static int base(jint directory) {
    return directory < 0 ? AT_FDCWD : directory;
}

static jint open_at(JNIEnv *env, jclass type, jint directory, jlong path, jint options, jint mode) {
    (void)env;
    (void)type;
    return result_int(openat(base(directory), pointer(path), open_flags(options), (mode_t)mode));
}

static jint open_beneath(JNIEnv *env, jclass type, jint directory, jlong path, jint options, jint mode) {
    (void)env;
    (void)type;
    int flags = open_flags(options);
    struct open_how how = {
        .flags = (uint64_t)(uint32_t)flags,
        .mode = (flags & O_CREAT) != 0 ? (uint64_t)(uint32_t)mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return result_int(syscall(SYS_openat2, directory, pointer(path), &how, sizeof how));
}

/* In one call, since the file's own statx(2) belongs to it: the inode is in memory. */
static jint open_cached(JNIEnv *env, jclass type, jint directory, jlong path, jint options, jint mask, jlong statx) {
    (void)env;
    (void)type;
    struct open_how how = {
        .flags = (uint64_t)(uint32_t)open_flags(options),
        .resolve = RESOLVE_CACHED | RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    long fd = syscall(SYS_openat2, directory, pointer(path), &how, sizeof how);
    if (fd < 0) {
        return -errno;
    }
    if (syscall(SYS_statx, (int)fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, (unsigned)mask, pointer(statx)) < 0) {
        int refused = errno;
        (void)close((int)fd);
        return -refused;
    }
    return (jint)fd;
}

static jint close_(JNIEnv *env, jclass type, jint fd) {
    (void)env;
    (void)type;
    return result_int(close(fd));
}

static jlong pread_(JNIEnv *env, jclass type, jint fd, jlong address, jlong length, jlong offset, jint flags) {
    (void)env;
    (void)type;
    struct iovec vec = {.iov_base = pointer(address), .iov_len = (size_t)length};
    return result(preadv2(fd, &vec, 1, offset, flags));
}

static jlong preadv_(JNIEnv *env, jclass type, jint fd, jlong iovecs, jint count, jlong offset, jint flags) {
    (void)env;
    (void)type;
    return result(preadv2(fd, pointer(iovecs), count, offset, flags));
}

static jlong pwritev_(JNIEnv *env, jclass type, jint fd, jlong iovecs, jint count, jlong offset, jint flags) {
    (void)env;
    (void)type;
    return result(pwritev2(fd, pointer(iovecs), count, offset, flags));
}

static jint fsync_(JNIEnv *env, jclass type, jint fd, jboolean data_only) {
    (void)env;
    (void)type;
    return result_int(data_only ? fdatasync(fd) : fsync(fd));
}

static jint sync_range(JNIEnv *env, jclass type, jint fd, jlong offset, jlong length) {
    (void)env;
    (void)type;
    unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    return result_int(sync_file_range(fd, offset, length, flags));
}

static jint read_ahead(JNIEnv *env, jclass type, jint fd, jlong offset, jlong length) {
    (void)env;
    (void)type;
    return result_int(readahead(fd, offset, (size_t)length));
}

static jint fallocate_(JNIEnv *env, jclass type, jint fd, jlong offset, jlong length) {
    (void)env;
    (void)type;
    return result_int(fallocate(fd, 0, offset, length));
}

static jint ftruncate_(JNIEnv *env, jclass type, jint fd, jlong length) {
    (void)env;
    (void)type;
    return result_int(ftruncate(fd, length));
}

static jlong end_of(JNIEnv *env, jclass type, jint fd) {
    (void)env;
    (void)type;
    return result(lseek(fd, 0, SEEK_END));
}

/* statx(2) of the descriptor itself; called raw, since the C library's may be older than the kernel's fields. */
static jint statx_(JNIEnv *env, jclass type, jint fd, jint mask, jlong buffer) {
    (void)env;
    (void)type;
    return result_int(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, (unsigned)mask, pointer(buffer)));
}

/* fstatfs(2): only the type of the file system. */
static jlong file_system_type(JNIEnv *env, jclass type, jint fd) {
    (void)env;
    (void)type;
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0) {
        return -(jlong)errno;
    }
    return (jlong)(uint32_t)fs.f_type;
}

/* ---- names: renameat2(2), unlinkat(2), mkdirat(2), symlinkat(2), readlinkat(2), getdents64(2) ------------------- */

/* Since Linux 3.15; the C library's header may be older, or hide it. */
#define NETTYAIO_RENAME_NOREPLACE 1U

static jint rename_(JNIEnv *env, jclass type, jint directory, jlong source, jlong target, jboolean no_replace) {
    (void)env;
    (void)type;
    /* Raw, since glibc has the function from 2.28 on only. */
    unsigned flags = no_replace ? NETTYAIO_RENAME_NOREPLACE : 0;
    int in = base(directory);
    return result_int(syscall(SYS_renameat2, in, pointer(source), in, pointer(target), flags));
}

static jint unlink_(JNIEnv *env, jclass type, jint from, jlong path, jboolean directory) {
    (void)env;
    (void)type;
    return result_int(unlinkat(base(from), pointer(path), directory ? AT_REMOVEDIR : 0));
}

static jint mkdir_(JNIEnv *env, jclass type, jlong path, jint mode) {
    (void)env;
    (void)type;
    return result_int(mkdirat(AT_FDCWD, pointer(path), (mode_t)mode));
}

static jint symlink_(JNIEnv *env, jclass type, jlong target, jlong link) {
    (void)env;
    (void)type;
    return result_int(symlinkat(pointer(target), AT_FDCWD, pointer(link)));
}

static jint readlink_(JNIEnv *env, jclass type, jlong path, jlong buffer, jint length) {
    (void)env;
    (void)type;
    return result_int(readlinkat(AT_FDCWD, pointer(path), pointer(buffer), (size_t)length));
}

static jint getdents(JNIEnv *env, jclass type, jint fd, jlong buffer, jint length) {
    (void)env;
    (void)type;
    return result_int(syscall(SYS_getdents64, fd, pointer(buffer), (unsigned)length));
}

/* ---- attributes and holes: statx(2) of a path, fchmod(2), futimens(3), lseek(2) --------------------------------- */

static jint statx_path(JNIEnv *env, jclass type, jlong path, jboolean follow, jint mask, jlong buffer) {
    (void)env;
    (void)type;
    int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    return result_int(syscall(SYS_statx, AT_FDCWD, pointer(path), flags, (unsigned)mask, pointer(buffer)));
}

static jint fchmod_(JNIEnv *env, jclass type, jint fd, jint mode) {
    (void)env;
    (void)type;
    return result_int(fchmod(fd, (mode_t)mode));
}

static jint futimens_(JNIEnv *env, jclass type, jint fd, jlong accessed, jint accessed_nanos, jlong modified,
                      jint modified_nanos) {
    (void)env;
    (void)type;
    struct timespec times[2] = {
        {.tv_sec = (time_t)accessed, .tv_nsec = accessed_nanos},
        {.tv_sec = (time_t)modified, .tv_nsec = modified_nanos},
    };
    return result_int(futimens(fd, times));
}

static jlong seek_data(JNIEnv *env, jclass type, jint fd, jlong offset, jboolean hole) {
    (void)env;
    (void)type;
    return result(lseek(fd, offset, hole ? SEEK_HOLE : SEEK_DATA));
}

/* statx(2): only the type of file, S_IFMT, as the kernel has it in memory. */
static jint file_type(JNIEnv *env, jclass type, jint fd) {
    (void)env;
    (void)type;
    struct statx statx;
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &statx) < 0) {
        return -errno;
    }
    return (jint)(statx.stx_mode & S_IFMT);
}

/* ---- pipes ----------------------------------------------------------------------------------------------------- */

_Static_assert(O_NONBLOCK == 04000 && O_ACCMODE == 3, "file status flags, which Java tests");
_Static_assert(F_GETFL == 3, "commands of fcntl");
_Static_assert(F_SETPIPE_SZ == 1031 && F_GETPIPE_SZ == 1032, "commands of fcntl for pipes");
_Static_assert(POLLIN == 1 && POLLPRI == 2 && POLLOUT == 4 && POLLERR == 8 && POLLHUP == 16, "events of poll");
_Static_assert(POLLRDHUP == 0x2000, "events of poll");
_Static_assert(SPLICE_F_MOVE == 1 && SPLICE_F_NONBLOCK == 2, "flags of splice");

/* Both numbers are stored where `fds` points to. */
static jint pipe_(JNIEnv *env, jclass type, jlong fds) {
    (void)env;
    (void)type;
    return result_int(pipe2(pointer(fds), O_CLOEXEC | O_NONBLOCK));
}

static jint make_fifo(JNIEnv *env, jclass type, jlong path, jint mode) {
    (void)env;
    (void)type;
    return result_int(mkfifo(pointer(path), (mode_t)mode));
}

static jlong read_(JNIEnv *env, jclass type, jint fd, jlong address, jlong length) {
    (void)env;
    (void)type;
    return result(read(fd, pointer(address), (size_t)length));
}

static jlong write_(JNIEnv *env, jclass type, jint fd, jlong address, jlong length) {
    (void)env;
    (void)type;
    return result(write(fd, pointer(address), (size_t)length));
}

/* A negative offset stands for none: a pipe, a socket, or the file's own position. */
static jlong splice_(JNIEnv *env, jclass type, jint from, jlong from_offset, jint to, jlong to_offset, jlong length,
                     jint flags) {
    (void)env;
    (void)type;
    loff_t in = from_offset;
    loff_t out = to_offset;
    return result(
        splice(from, in < 0 ? NULL : &in, to, out < 0 ? NULL : &out, (size_t)length, (unsigned)flags));
}

/* poll(2) that does not wait: the events that are. */
static jint poll_(JNIEnv *env, jclass type, jint fd, jint events) {
    (void)env;
    (void)type;
    struct pollfd one = {.fd = fd, .events = (short)events};
    int ready = poll(&one, 1, 0);
    return ready < 0 ? -errno : (jint)(unsigned short)one.revents;
}

/* ---- getrusage(2) ---------------------------------------------------------------------------------------------- */

/* Both counts, as they change: the voluntary switches in the upper half, the others in the lower. */
static jlong context_switches(JNIEnv *env, jclass type) {
    (void)env;
    (void)type;
    struct rusage usage = {.ru_nvcsw = 0};
    (void)getrusage(RUSAGE_THREAD, &usage); /* cannot fail: the argument is valid */
    return (jlong)((uint64_t)usage.ru_nvcsw << 32 | (uint32_t)usage.ru_nivcsw);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static jlong allocate(JNIEnv *env, jclass type, jlong alignment, jlong length) {
    (void)env;
    (void)type;
    void *memory = NULL;
    int error = posix_memalign(&memory, (size_t)alignment, (size_t)length);
    if (error != 0) {
        return -(jlong)error;
    }
    memset(memory, 0, (size_t)length);
    return (jlong)(intptr_t)memory;
}

static void release(JNIEnv *env, jclass type, jlong address) {
    (void)env;
    (void)type;
    free(pointer(address));
}

static jobject wrap(JNIEnv *env, jclass type, jlong address, jlong length) {
    (void)type;
    return (*env)->NewDirectByteBuffer(env, pointer(address), length);
}

static jlong address_of(JNIEnv *env, jclass type, jobject buffer) {
    (void)type;
    return (jlong)(intptr_t)(*env)->GetDirectBufferAddress(env, buffer);
}

/* ---- java.io.FileDescriptor ------------------------------------------------------------------------------------ */

/* Its number, which Netty's sendfile reads in the same way. */
static jfieldID descriptor_number;

static void set_descriptor(JNIEnv *env, jclass type, jobject descriptor, jint fd) {
    (void)type;
    (*env)->SetIntField(env, descriptor, descriptor_number, fd);
}

static int find_descriptor_number(JNIEnv *env) {
    jclass descriptor = (*env)->FindClass(env, "java/io/FileDescriptor");
    descriptor_number = descriptor == NULL ? NULL : (*env)->GetFieldID(env, descriptor, "fd", "I");
    return descriptor_number != NULL;
}

/* ---- registration ---------------------------------------------------------------------------------------------- */

#define METHOD(name, signature, function) {(char *)(name), (char *)(signature), (void *)(function)}

static const JNINativeMethod METHODS[] = {
    METHOD("version", "()I", version),
    METHOD("ioSetup", "(I)J", io_setup_),
    METHOD("ioDestroy", "(J)I", io_destroy_),
    METHOD("ioSubmit", "(JIJ)I", io_submit_),
    METHOD("ioGetEvents", "(JIJ)I", io_getevents_),
    METHOD("ioCancel", "(JJ)I", io_cancel_),
    METHOD("eventFd", "()I", eventfd_),
    METHOD("eventFdSignal", "(I)I", eventfd_signal),
    METHOD("fcntl", "(III)I", fcntl_),
    METHOD("queueSignal", "(IIIJ)I", queue_signal),
    METHOD("openAt", "(IJII)I", open_at),
    METHOD("openBeneath", "(IJII)I", open_beneath),
    METHOD("openCached", "(IJIIJ)I", open_cached),
    METHOD("close", "(I)I", close_),
    METHOD("pread", "(IJJJI)J", pread_),
    METHOD("preadv", "(IJIJI)J", preadv_),
    METHOD("pwritev", "(IJIJI)J", pwritev_),
    METHOD("fsync", "(IZ)I", fsync_),
    METHOD("syncRange", "(IJJ)I", sync_range),
    METHOD("readAhead", "(IJJ)I", read_ahead),
    METHOD("fallocate", "(IJJ)I", fallocate_),
    METHOD("ftruncate", "(IJ)I", ftruncate_),
    METHOD("endOf", "(I)J", end_of),
    METHOD("statx", "(IIJ)I", statx_),
    METHOD("fileSystemType", "(I)J", file_system_type),
    METHOD("rename", "(IJJZ)I", rename_),
    METHOD("unlink", "(IJZ)I", unlink_),
    METHOD("mkdir", "(JI)I", mkdir_),
    METHOD("symlink", "(JJ)I", symlink_),
    METHOD("readlink", "(JJI)I", readlink_),
    METHOD("getdents", "(IJI)I", getdents),
    METHOD("statxPath", "(JZIJ)I", statx_path),
    METHOD("fchmod", "(II)I", fchmod_),
    METHOD("futimens", "(IJIJI)I", futimens_),
    METHOD("seekData", "(IJZ)J", seek_data),
    METHOD("fileType", "(I)I", file_type),
    METHOD("pipe", "(J)I", pipe_),
    METHOD("makeFifo", "(JI)I", make_fifo),
    METHOD("read", "(IJJ)J", read_),
    METHOD("write", "(IJJ)J", write_),
    METHOD("splice", "(IJIJJI)J", splice_),
    METHOD("poll", "(II)I", poll_),
    METHOD("contextSwitches", "()J", context_switches),
    METHOD("allocate", "(JJ)J", allocate),
    METHOD("release", "(J)V", release),
    METHOD("wrap", "(JJ)Ljava/nio/ByteBuffer;", wrap),
    METHOD("addressOf", "(Ljava/nio/ByteBuffer;)J", address_of),
    METHOD("setDescriptor", "(Ljava/io/FileDescriptor;I)V", set_descriptor),
};

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
    (void)reserved;
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) {
        return JNI_ERR;
    }
    jclass type = (*env)->FindClass(env, "io/nettyaio/epoll/Native");
    if (type == NULL) {
        return JNI_ERR;
    }
    if ((*env)->RegisterNatives(env, type, METHODS, (jint)(sizeof METHODS / sizeof METHODS[0])) != 0) {
        return JNI_ERR;
    }
    if (!find_descriptor_number(env)) {
        return JNI_ERR;
    }
    return JNI_VERSION_1_8;
}
