/* Counts what git and SQLite do to a file system, over all processes of a run, and kills the run before one step.
 *
 * STEPS_LOG   a file that gets one byte for each step
 * STEPS_KILL  the step to kill before, from 1; 0 for none
 * STEPS_PID   the process that is killed along with git's own group
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void step(void) {
    const char *log = getenv("STEPS_LOG"), *at = getenv("STEPS_KILL"), *victim = getenv("STEPS_PID");
    if (!log || !at) return;
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int file = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    real_write(file, ".", 1);
    off_t number = lseek(file, 0, SEEK_CUR);
    close(file);
    if (atol(at) && number == atol(at)) {
        if (victim) kill((pid_t)atol(victim), SIGKILL);
        kill(0, SIGKILL);
    }
}

static int is_file(int file) {
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...) {                                    \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);              \
        mode_t mode = 0;                                                            \
        if (flags & O_CREAT) {                                                      \
            va_list list;                                                           \
            va_start(list, flags);                                                  \
            mode = va_arg(list, mode_t);                                            \
            va_end(list);                                                           \
        }                                                                           \
        if (flags & (O_CREAT | O_TRUNC)) step();                                    \
        return real(path, flags, mode);                                             \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (is_file(file)) step();
    return real(file, data, size);
}

#define PLACED(name)                                                                 \
    ssize_t name(int file, const void *data, size_t size, off_t offset) {           \
        ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, #name); \
        if (is_file(file)) step();                                                  \
        return real(file, data, size, offset);                                      \
    }
PLACED(pwrite)
PLACED(pwrite64)

#define CALL(name, types, values)                                                   \
    int name types {                                                                \
        int(*real) types = dlsym(RTLD_NEXT, #name);                                 \
        step();                                                                     \
        return real values;                                                         \
    }
CALL(rename, (const char *one, const char *other), (one, other))
CALL(link, (const char *one, const char *other), (one, other))
CALL(unlink, (const char *path), (path))
CALL(rmdir, (const char *path), (path))
CALL(mkdir, (const char *path, mode_t mode), (path, mode))
CALL(chmod, (const char *path, mode_t mode), (path, mode))
CALL(fsync, (int file), (file))
CALL(fdatasync, (int file), (file))
CALL(ftruncate, (int file, off_t size), (file, size))
CALL(ftruncate64, (int file, off_t size), (file, size))
