/*
 * The reference loop: 4 KiB reads by kernel AIO on one thread that sleeps in epoll_wait, with the scheme of the Java
 * engine and nothing around it. What Java reaches is measured against it.
 *
 *   - Each slot has an iocb, a buffer and an eventfd of its own (IOCB_FLAG_RESFD). The eventfd is registered with epoll
 *     once, edge-triggered, and never read: every write to it is a new edge.
 *   - A wakeup is a hint. Completions are taken from the mapped ring until it is empty, without a system call.
 *   - Each completion starts the slot's next read; what one tick has prepared goes by one io_submit.
 *
 * Raw system calls and <linux/aio_abi.h>. Prints one line: operations=N elapsed_ns=N cpu_ns=N.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/aio_abi.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "reference.h"

enum { RING_MAGIC = 0xa10a10a1, EVENTS_MAX = 1024, DEPTH_MAX = 4096, BUFFER_ALIGNMENT = 4096 };

static const uint64_t TIMER_TAG = UINT64_MAX;

/* The header of the memory that an aio_context_t points to; struct aio_ring of the kernel's fs/aio.c. */
struct ring {
    unsigned id;
    unsigned nr;
    _Atomic unsigned head;
    _Atomic unsigned tail;
    unsigned magic;
    unsigned compat_features;
    unsigned incompat_features;
    unsigned header_length;
    struct io_event events[];
};

_Static_assert(sizeof(struct iocb) == 64, "struct iocb");
_Static_assert(sizeof(struct io_event) == 32, "struct io_event");
_Static_assert(sizeof(struct ring) == 32, "struct aio_ring");

struct options {
    const char *file;
    unsigned depth;
    double seconds;
    unsigned block_bytes;
    int direct;
    uint64_t range_bytes;
    uint64_t seed;
};

struct loop {
    struct options options;
    int fd;
    int epoll_fd;
    aio_context_t context;
    struct ring *ring;
    struct iocb *iocbs;
    struct iocb **batch;
    unsigned batched;
    uint64_t blocks;
    uint64_t random;
    uint64_t operations;
};

/* splitmix64, and the upper 31 bits scaled to the range: the Java side draws its offsets in the same way. */
static uint64_t next_offset(struct loop *loop) {
    uint64_t z = (loop->random += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return (((z >> 33) * loop->blocks) >> 31) * loop->options.block_bytes;
}

static void prepare(struct loop *loop, unsigned slot) {
    struct iocb *iocb = &loop->iocbs[slot];
    iocb->aio_offset = (int64_t)next_offset(loop);
    loop->batch[loop->batched++] = iocb;
}

static void submit(struct loop *loop) {
    unsigned done = 0;
    while (done < loop->batched) {
        /* May accept fewer than asked for; the rest is submitted again. */
        long accepted = syscall(SYS_io_submit, loop->context, (long)(loop->batched - done), loop->batch + done);
        if (accepted < 0) {
            die("io_submit");
        }
        done += (unsigned)accepted;
    }
    loop->batched = 0;
}

/* Takes the finished reads out of the ring; with `restart` each slot's next read is prepared. */
static unsigned reap(struct loop *loop, int restart) {
    struct ring *ring = loop->ring;
    unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    unsigned reaped = 0;
    for (;;) {
        /* Acquire: the kernel writes the event before the tail. */
        unsigned tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == tail) {
            return reaped;
        }
        while (head != tail) {
            struct io_event event = ring->events[head];
            head = head + 1 == ring->nr ? 0 : head + 1;
            if (event.res != (int64_t)loop->options.block_bytes) {
                errno = event.res < 0 ? (int)-event.res : EIO;
                die("read");
            }
            reaped++;
            if (restart) {
                prepare(loop, (unsigned)event.data);
            }
        }
        /* Release: the events have been read before the kernel may write over them. */
        atomic_store_explicit(&ring->head, head, memory_order_release);
    }
}

static void add_to_epoll(struct loop *loop, int fd, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = tag};
    checked(epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void make_slot(struct loop *loop, unsigned slot) {
    void *buffer;
    if ((errno = posix_memalign(&buffer, BUFFER_ALIGNMENT, loop->options.block_bytes)) != 0) {
        die("posix_memalign");
    }
    memset(buffer, 0, loop->options.block_bytes);
    int event_fd = checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
    add_to_epoll(loop, event_fd, slot);
    struct iocb *iocb = &loop->iocbs[slot];
    iocb->aio_data = slot;
    iocb->aio_lio_opcode = IOCB_CMD_PREAD;
    iocb->aio_fildes = (uint32_t)loop->fd;
    iocb->aio_buf = (uint64_t)(uintptr_t)buffer;
    iocb->aio_nbytes = loop->options.block_bytes;
    iocb->aio_flags = IOCB_FLAG_RESFD;
    iocb->aio_resfd = (uint32_t)event_fd;
}

static void open_file(struct loop *loop) {
    struct options *options = &loop->options;
    loop->fd = checked(open(options->file, O_RDONLY | O_CLOEXEC | (options->direct ? O_DIRECT : 0)), options->file);
    struct stat stat;
    checked(fstat(loop->fd, &stat), "fstat");
    uint64_t range = options->range_bytes;
    if (S_ISREG(stat.st_mode) && (range == 0 || range > (uint64_t)stat.st_size)) {
        range = (uint64_t)stat.st_size;
    }
    loop->blocks = range / options->block_bytes;
    if (loop->blocks == 0 && S_ISREG(stat.st_mode)) {
        errno = EINVAL;
        die("the file is shorter than a block");
    }
}

static void make_loop(struct loop *loop) {
    unsigned depth = loop->options.depth;
    open_file(loop);
    loop->epoll_fd = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    if (syscall(SYS_io_setup, (long)depth, &loop->context) < 0) {
        die("io_setup (see fs.aio-max-nr)");
    }
    loop->ring = (struct ring *)(uintptr_t)loop->context;
    if (loop->ring->magic != RING_MAGIC || loop->ring->incompat_features != 0) {
        errno = ENOSYS;
        die("this kernel's completion ring is not known");
    }
    loop->iocbs = calloc(depth, sizeof *loop->iocbs);
    loop->batch = calloc(depth, sizeof(struct iocb *));
    if (loop->iocbs == NULL || loop->batch == NULL) {
        die("calloc");
    }
    loop->random = loop->options.seed;
    for (unsigned slot = 0; slot < depth; slot++) {
        make_slot(loop, slot);
    }
}

/* The deadline is one more descriptor in epoll, so that no tick has to look at a clock. */
static void start_timer(struct loop *loop) {
    uint64_t nanos = (uint64_t)(loop->options.seconds * 1e9);
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(nanos / NANOS_PER_SECOND), .tv_nsec = (long)(nanos % NANOS_PER_SECOND)}};
    int timer_fd = checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
    add_to_epoll(loop, timer_fd, TIMER_TAG);
    checked(timerfd_settime(timer_fd, 0, &when, NULL), "timerfd_settime");
}

static int wait_for_events(struct loop *loop) {
    struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, -1);
    if (ready < 0 && errno != EINTR) {
        die("epoll_wait");
    }
    for (int i = 0; i < ready; i++) {
        if (events[i].data.u64 == TIMER_TAG) {
            return 0;
        }
    }
    return 1;
}

static void run(struct loop *loop) {
    unsigned in_flight = loop->options.depth;
    uint64_t started = now_nanos();
    uint64_t cpu_started = cpu_nanos();
    start_timer(loop);
    for (unsigned slot = 0; slot < loop->options.depth; slot++) {
        prepare(loop, slot);
    }
    submit(loop);
    while (wait_for_events(loop)) {
        loop->operations += reap(loop, 1);
        submit(loop);
    }
    uint64_t elapsed = now_nanos() - started;
    uint64_t cpu = cpu_nanos() - cpu_started;
    /* What is still in flight is waited for, but not counted. */
    while ((in_flight -= reap(loop, 0)) > 0) {
        wait_for_events(loop);
    }
    printf("operations=%llu elapsed_ns=%llu cpu_ns=%llu\n", (unsigned long long)loop->operations,
           (unsigned long long)elapsed, (unsigned long long)cpu);
}

static void usage(FILE *out) {
    fputs("usage: aio_loop --file FILE [--depth N] [--seconds S] [--block BYTES] [--direct] [--range BYTES] [--seed N]\n"
          "Random reads by kernel AIO, N in flight on one epoll loop. Prints operations, elapsed_ns and cpu_ns.\n",
          out);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        fprintf(stderr, "aio_loop: %s: must be a number from %llu to %llu\n", text, (unsigned long long)least,
                (unsigned long long)most);
        exit(2);
    }
    return value;
}

static double decimal(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value <= 3600)) {
        fprintf(stderr, "aio_loop: %s: must be a number of seconds, at most 3600\n", text);
        exit(2);
    }
    return value;
}

static struct options parse(int argc, char **argv) {
    static const struct option LONG[] = {
        {"file", required_argument, NULL, 'f'},  {"depth", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 's'}, {"block", required_argument, NULL, 'b'},
        {"direct", no_argument, NULL, 'D'},      {"range", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 'S'},  {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    struct options options = {.depth = 1, .seconds = 1, .block_bytes = 4096, .seed = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        switch (option) {
            case 'f': options.file = optarg; break;
            case 'd': options.depth = (unsigned)number(optarg, 1, DEPTH_MAX); break;
            case 's': options.seconds = decimal(optarg); break;
            case 'b': options.block_bytes = (unsigned)number(optarg, 1, 1U << 30); break;
            case 'D': options.direct = 1; break;
            case 'r': options.range_bytes = number(optarg, 0, UINT64_MAX >> 1); break;
            case 'S': options.seed = number(optarg, 0, UINT64_MAX); break;
            case 'h': usage(stdout); exit(0);
            default: usage(stderr); exit(2);
        }
    }
    if (options.file == NULL || optind < argc) {
        usage(stderr);
        exit(2);
    }
    return options;
}

int main(int argc, char **argv) {
    static struct loop loop;
    loop.options = parse(argc, argv);
    make_loop(&loop);
    run(&loop);
    return 0;
}
