/*
 * Runs a program with less than it might have:
 *
 *   sandbox [-e ERRNO] [-u UID] PROGRAM [ARGUMENT...]
 *
 *   -e ERRNO  io_setup(2) answers this error number, by a seccomp filter, as a container's profile has it
 *   -u UID    as this user and the group of the same number, without any other group
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no such architecture"
#endif

static void fail(const char *what) {
    perror(what);
    exit(120);
}

static int number(const char *text) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 0 || value > 65535) {
        fprintf(stderr, "sandbox: %s is no number\n", text);
        exit(120);
    }
    return (int) value;
}

static void become(int user) {
    if (setgroups(0, NULL) != 0 || setgid((gid_t) user) != 0 || setuid((uid_t) user) != 0) {
        fail("sandbox: cannot become another user");
    }
}

static void refuse_io_setup(int error) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned) error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        fail("sandbox: no seccomp filter can be set");
    }
}

int main(int count, char **arguments) {
    int error = 0;
    int option;
    while ((option = getopt(count, arguments, "+e:u:")) != -1) {
        switch (option) {
        case 'e':
            error = number(optarg);
            break;
        case 'u':
            become(number(optarg));
            break;
        default:
            return 120;
        }
    }
    if (optind == count) {
        fprintf(stderr, "sandbox: no program\n");
        return 120;
    }
    if (error != 0) {
        refuse_io_setup(error);
    }
    execvp(arguments[optind], &arguments[optind]);
    fail("sandbox: cannot run the program");
}
