/* Shifts the wall clock of one process by the seconds that the file named in CHAOS_CLOCK holds. Every other clock stays
   as it is, as when somebody sets the time of a machine. Loaded with LD_PRELOAD; looks at the file twice a second. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
    static long ahead;
    static struct timespec looked;
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    if (looked.tv_sec && now.tv_sec == looked.tv_sec && now.tv_nsec / 500000000 == looked.tv_nsec / 500000000)
        return ahead;
    looked = now;
    const char *name = getenv("CHAOS_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    char text[32] = {0};
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) > 0) ahead = atol(text);
        close(file);
    }
    return ahead;
}

int clock_gettime(clockid_t clock, struct timespec *told) {
    int failed = syscall(SYS_clock_gettime, clock, told);
    if (!failed && clock == CLOCK_REALTIME) told->tv_sec += shift();
    return failed;
}

int gettimeofday(struct timeval *restrict told, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    told->tv_sec = now.tv_sec;
    told->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
