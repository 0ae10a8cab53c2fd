/*
 * Another process, which hears of completions. Prints a line when it is ready, and one for each thing it hears:
 *
 *   receiver signals N          N real-time signals, from a signalfd: "signal NUMBER int INT ptr PTR pid PID code CODE"
 *   receiver eventfds SOCKET N  N eventfds that come over a Unix socket: "readable VALUE" once each, by its own epoll
 *
 * Gives up after 20 seconds without any.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int signals(int count) {
    sigset_t all;
    sigemptyset(&all);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        sigaddset(&all, number);
    }
    if (sigprocmask(SIG_BLOCK, &all, NULL) < 0) {
        fail("sigprocmask");
    }
    int fd = signalfd(-1, &all, SFD_CLOEXEC);
    if (fd < 0) {
        fail("signalfd");
    }
    printf("ready %d %d\n", SIGRTMIN, SIGRTMAX);
    for (int i = 0; i < count; i++) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, 20000) != 1) {
            fail("no signal came: poll");
        }
        struct signalfd_siginfo info;
        if (read(fd, &info, sizeof info) != (ssize_t)sizeof info) {
            fail("read");
        }
        printf("signal %u int %d ptr %" PRIu64 " pid %u code %d\n", info.ssi_signo, info.ssi_int, (uint64_t)info.ssi_ptr,
               info.ssi_pid, info.ssi_code);
    }
    return 0;
}

static int receive(int socket) {
    char byte;
    struct iovec vec = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) {
        fail("recvmsg");
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS) {
        fail("no descriptor came");
    }
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static int eventfds(const char *path, int count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 1) < 0) {
        fail("bind");
    }
    printf("ready\n");
    int peer = accept(server, NULL, NULL);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (peer < 0 || epoll < 0) {
        fail("accept");
    }
    for (int i = 0; i < count; i++) {
        int fd = receive(peer);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
            fail("epoll_ctl");
        }
    }
    printf("waiting\n");
    for (int i = 0; i < count; i++) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, 20000) != 1) {
            fail("nothing became readable: epoll_wait");
        }
        uint64_t value = 0;
        if (read(event.data.fd, &value, sizeof value) != (ssize_t)sizeof value) {
            fail("read");
        }
        printf("readable %" PRIu64 "\n", value);
    }
    return 0;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && strcmp(argv[1], "signals") == 0) {
        return signals(atoi(argv[2]));
    }
    if (argc == 4 && strcmp(argv[1], "eventfds") == 0) {
        return eventfds(argv[2], atoi(argv[3]));
    }
    fprintf(stderr, "receiver: signals N | eventfds SOCKET N\n");
    return 2;
}
