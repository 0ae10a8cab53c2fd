/*
 * Drops files' pages from the page cache: fdatasync, since dirty pages stay, then posix_fadvise(DONTNEED). Says how
 * many pages mincore still finds of all of them: resident_pages=N. Java has no call for either.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what) {
    fprintf(stderr, "drop_cache: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t resident_pages(int fd, size_t length) {
    if (length == 0) {
        return 0;
    }
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (length + page_bytes - 1) / page_bytes;
    void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    unsigned char *states = malloc(pages);
    if (map == MAP_FAILED || states == NULL || mincore(map, length, states) < 0) {
        die("mincore");
    }
    size_t resident = 0;
    for (size_t i = 0; i < pages; i++) {
        resident += states[i] & 1U;
    }
    free(states);
    munmap(map, length);
    return resident;
}

static size_t drop(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        die(path);
    }
    struct stat stat;
    if (fstat(fd, &stat) < 0) {
        die("fstat");
    }
    if (fdatasync(fd) < 0) {
        die("fdatasync");
    }
    if ((errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)) != 0) {
        die("posix_fadvise");
    }
    size_t resident = resident_pages(fd, (size_t)stat.st_size);
    close(fd);
    return resident;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("usage: drop_cache FILE...\n", stderr);
        return 2;
    }
    size_t resident = 0;
    for (int i = 1; i < argc; i++) {
        resident += drop(argv[i]);
    }
    printf("resident_pages=%zu\n", resident);
    return 0;
}
