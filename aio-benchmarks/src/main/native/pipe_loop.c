/*
 * The reference for pipes: two threads, each asleep in an epoll_wait of its own, with the scheme of the Java engine and
 * nothing around it: O_NONBLOCK descriptors, registered once, edge-triggered; a call is tried first, and what is short or
 * answers EAGAIN waits for the edge.
 *
 *   pingpong   one byte goes back and forth over two pipes; an operation is a round trip
 *   stream     blocks go over one pipe; an operation is a block
 *
 * Prints one line: operations=N elapsed_ns=N cpu_ns=N.
 */
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "reference.h"

enum { READ_END = 0, WRITE_END = 1, EVENTS_MAX = 64 };

static size_t block_bytes = 65536;
static atomic_int stopping;
static int there[2];
static int back[2];

static int new_epoll(int fd, uint32_t events) {
    int epoll_fd = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    struct epoll_event event = {.events = events | EPOLLET, .data.fd = fd};
    checked(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    return epoll_fd;
}

static void wait_for_edge(int epoll_fd) {
    struct epoll_event events[EVENTS_MAX];
    if (epoll_wait(epoll_fd, events, EVENTS_MAX, -1) < 0 && errno != EINTR) {
        die("epoll_wait");
    }
}

/* Bytes read; 0 at the end. Waits for the edge where nothing is there. */
static size_t read_some(int epoll_fd, int fd, char *into, size_t room) {
    for (;;) {
        ssize_t got = read(fd, into, room);
        if (got >= 0) {
            return (size_t)got;
        }
        if (errno != EAGAIN && errno != EINTR) {
            die("read");
        }
        wait_for_edge(epoll_fd);
    }
}

static void write_byte(int fd, char byte) {
    if (write(fd, &byte, 1) != 1) {
        die("write");
    }
}

static void *echo(void *unused) {
    (void)unused;
    int epoll_fd = new_epoll(there[READ_END], EPOLLIN);
    char bytes[64];
    for (;;) {
        /* A short read has left the pipe empty: the next byte is a new edge. */
        wait_for_edge(epoll_fd);
        if (read_some(epoll_fd, there[READ_END], bytes, sizeof bytes) == 0) {
            return NULL;
        }
        write_byte(back[WRITE_END], bytes[0]);
    }
}

static uint64_t ping_pong(uint64_t deadline) {
    int epoll_fd = new_epoll(back[READ_END], EPOLLIN);
    char bytes[64];
    uint64_t round_trips = 0;
    while ((round_trips & 63) != 0 || now_nanos() < deadline) {
        write_byte(there[WRITE_END], 'x');
        wait_for_edge(epoll_fd);
        if (read_some(epoll_fd, back[READ_END], bytes, sizeof bytes) == 0) {
            errno = EPIPE;
            die("the other thread is gone");
        }
        round_trips++;
    }
    return round_trips;
}

static void *fill(void *unused) {
    (void)unused;
    int epoll_fd = new_epoll(there[WRITE_END], EPOLLOUT);
    char *block = calloc(1, block_bytes);
    if (block == NULL) {
        die("calloc");
    }
    while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
        for (size_t done = 0; done < block_bytes;) {
            ssize_t put = write(there[WRITE_END], block + done, block_bytes - done);
            if (put > 0) {
                done += (size_t)put;
            }
            if (done < block_bytes) {
                if (put < 0 && errno != EAGAIN && errno != EINTR) {
                    die("write");
                }
                wait_for_edge(epoll_fd);
            }
        }
    }
    close(there[WRITE_END]);
    free(block);
    return NULL;
}

static uint64_t stream(uint64_t deadline) {
    int epoll_fd = new_epoll(there[READ_END], EPOLLIN);
    char *block = malloc(block_bytes);
    if (block == NULL) {
        die("malloc");
    }
    uint64_t bytes = 0;
    for (unsigned calls = 0; (calls & 63) != 0 || now_nanos() < deadline; calls++) {
        size_t got = read_some(epoll_fd, there[READ_END], block, block_bytes);
        bytes += got;
        if (got < block_bytes) {
            wait_for_edge(epoll_fd);
        }
    }
    uint64_t blocks = bytes / block_bytes;
    atomic_store(&stopping, 1);
    while (read_some(epoll_fd, there[READ_END], block, block_bytes) > 0) {
    }
    free(block);
    return blocks;
}

static void usage(FILE *out) {
    fputs("usage: pipe_loop --mode pingpong|stream [--seconds S] [--block BYTES]\n"
          "Two threads with an epoll instance each, over pipes. Prints operations, elapsed_ns and cpu_ns.\n",
          out);
}

static double number(const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most)) {
        fprintf(stderr, "pipe_loop: %s: must be a number from %g to %g\n", text, least, most);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv) {
    static const struct option LONG[] = {{"mode", required_argument, NULL, 'm'},
                                         {"seconds", required_argument, NULL, 's'},
                                         {"block", required_argument, NULL, 'b'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    const char *mode = "";
    double seconds = 1;
    int option;
    while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        switch (option) {
            case 'm': mode = optarg; break;
            case 's': seconds = number(optarg, 0.001, 3600); break;
            case 'b': block_bytes = (size_t)number(optarg, 1, 1 << 30); break;
            case 'h': usage(stdout); return 0;
            default: usage(stderr); return 2;
        }
    }
    int pings = strcmp(mode, "pingpong") == 0;
    if ((!pings && strcmp(mode, "stream") != 0) || optind < argc) {
        usage(stderr);
        return 2;
    }
    checked(pipe2(there, O_NONBLOCK | O_CLOEXEC), "pipe2");
    checked(pipe2(back, O_NONBLOCK | O_CLOEXEC), "pipe2");
    pthread_t other;
    if ((errno = pthread_create(&other, NULL, pings ? echo : fill, NULL)) != 0) {
        die("pthread_create");
    }
    uint64_t started = now_nanos();
    uint64_t cpu_started = cpu_nanos();
    uint64_t deadline = started + (uint64_t)(seconds * 1e9);
    uint64_t operations = pings ? ping_pong(deadline) : stream(deadline);
    uint64_t elapsed = now_nanos() - started;
    uint64_t cpu = cpu_nanos() - cpu_started;
    if (pings) {
        close(there[WRITE_END]);
    }
    pthread_join(other, NULL);
    printf("operations=%llu elapsed_ns=%llu cpu_ns=%llu\n", (unsigned long long)operations,
           (unsigned long long)elapsed, (unsigned long long)cpu);
    return 0;
}
