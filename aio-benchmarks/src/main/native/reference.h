/* What the reference programs have in common: a way to give up, and clocks. */
#ifndef NETTY_AIO_REFERENCE_H
#define NETTY_AIO_REFERENCE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const uint64_t NANOS_PER_SECOND = 1000000000U;

static void die(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

static int checked(int result, const char *what) {
    if (result < 0) {
        die(what);
    }
    return result;
}

static uint64_t now_nanos(void) {
    struct timespec now;
    checked(clock_gettime(CLOCK_MONOTONIC, &now), "clock_gettime");
    return (uint64_t)now.tv_sec * NANOS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t timeval_nanos(struct timeval value) {
    return (uint64_t)value.tv_sec * NANOS_PER_SECOND + (uint64_t)value.tv_usec * 1000U;
}

/* Of all threads of this process. */
static uint64_t cpu_nanos(void) {
    struct rusage usage;
    checked(getrusage(RUSAGE_SELF, &usage), "getrusage");
    return timeval_nanos(usage.ru_utime) + timeval_nanos(usage.ru_stime);
}

#endif
