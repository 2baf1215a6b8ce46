/* A clock of its own for the processes of one host: laid over them with LD_PRELOAD, and read and disturbed by the laboratory.
 *
 * A file in memory holds the clock: an oscillator, and the rate and the steps that a time daemon adds to it with adjtimex(2).
 * Its past stays in there too, so that what was true at any moment can be told, and a stamp of the kernel can be translated.
 * The machine's own clock is never touched. adjtimex(2) knows what chronyd uses: frequency, tick, ADJ_SETOFFSET and the status.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define PAST 8192 /* changes of rate that are remembered: chronyd makes a few in a second while it slews */
#define SECOND 1000000000LL
#define MOST 16000000 /* us: the maximum error with which the kernel begins, and gives up */
#define TICK 10000 /* us, with which the clock runs as its oscillator does */
#define NEXT(name) ((__typeof__(&name))next(#name))

struct segment {           /* from `machine` on */
    int64_t machine;       /* CLOCK_MONOTONIC_RAW of the machine, ns: the laboratory's true time */
    int64_t raw, realtime; /* what the host's clocks show then, ns */
    double oscillator;     /* how much faster than the machine's its oscillator runs, as a ratio */
    double steering;       /* how much faster than its oscillator the host's REALTIME runs */
};

struct clock {
    _Atomic uint32_t segments, lock;
    int64_t epoch; /* true time is that of the machine and this, ns */
    int64_t freq, tick, maxerror, esterror, constant, maxerror_at;
    int32_t status, tai;
    struct segment past[PAST];
};

struct reading {
    int64_t raw, realtime;
};

static struct clock *own;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static int64_t machine_ns(clockid_t id) {
    static __typeof__(&clock_gettime) read;
    struct timespec now;
    if (!read) read = NEXT(clock_gettime);
    read(id, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static struct reading evaluate(const struct segment *since, int64_t machine) {
    int64_t passed = machine - since->machine;
    passed += llrint(passed * since->oscillator);
    return (struct reading){since->raw + passed, since->realtime + passed + llrint(passed * since->steering)};
}

static struct reading read_at(struct clock *clock, int64_t machine) {
    uint32_t count = atomic_load(&clock->segments), oldest = count > PAST / 2 ? count - PAST / 2 : 1;
    while (count > oldest && clock->past[(count - 1) % PAST].machine > machine) count--;
    return evaluate(&clock->past[(count - 1) % PAST], machine);
}

static struct reading read_now(struct clock *clock) { return read_at(clock, machine_ns(CLOCK_MONOTONIC_RAW)); }

/* Begin a new segment; what does not change goes on. */
static void change(struct clock *clock, int64_t step, const double *oscillator) {
    uint32_t count = atomic_load(&clock->segments);
    struct segment *last = &clock->past[(count - 1) % PAST], new = *last;
    new.machine = machine_ns(CLOCK_MONOTONIC_RAW);
    struct reading now = evaluate(last, new.machine);
    new.raw = now.raw;
    new.realtime = now.realtime + step;
    new.oscillator = oscillator ? *oscillator : last->oscillator;
    new.steering = clock->freq / 65536e6 + (clock->tick - TICK) / (double)TICK;
    clock->past[count % PAST] = new;
    atomic_store(&clock->segments, count + 1);
}

static void take(struct clock *clock) {
    while (atomic_exchange(&clock->lock, 1)) sched_yield();
}

static void release(struct clock *clock) { atomic_store(&clock->lock, 0); }

/* What the laboratory calls */

struct clock *clock_open(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof(struct clock))) return NULL;
    void *memory = mmap(NULL, sizeof(struct clock), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

void clock_begin(struct clock *clock, int64_t epoch, int64_t ahead, double oscillator) {
    int64_t now = machine_ns(CLOCK_MONOTONIC_RAW);
    clock->epoch = epoch;
    clock->tick = TICK;
    clock->status = STA_UNSYNC;
    clock->maxerror = MOST;
    clock->maxerror_at = now;
    clock->past[0] = (struct segment){now, now, now + epoch + ahead, oscillator, 0};
    atomic_store(&clock->segments, 1);
}

int64_t clock_machine(void) { return machine_ns(CLOCK_MONOTONIC_RAW); }

int64_t clock_ahead(struct clock *clock, int64_t machine) {
    return read_at(clock, machine).realtime - machine - clock->epoch;
}

void clock_step(struct clock *clock, int64_t step) {
    take(clock);
    change(clock, step, NULL);
    release(clock);
}

void clock_drift(struct clock *clock, double oscillator) {
    take(clock);
    change(clock, 0, &oscillator);
    release(clock);
}

/* What the processes of the host call */

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("LABORATORY_CLOCK");
    if (path) own = clock_open(path);
}

static int own_ns(clockid_t id, int64_t *ns) {
    if (!own || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE && id != CLOCK_MONOTONIC_RAW)) return 0;
    struct reading now = read_now(own);
    *ns = id == CLOCK_MONOTONIC_RAW ? now.raw : now.realtime;
    return 1;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int64_t ns;
    if (!own_ns(id, &ns)) return NEXT(clock_gettime)(id, time);
    *time = (struct timespec){ns / SECOND, ns % SECOND};
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    int64_t ns;
    if (!own_ns(CLOCK_REALTIME, &ns)) return NEXT(gettimeofday)(time, zone);
    *time = (struct timeval){ns / SECOND, ns % SECOND / 1000};
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

/* Programs call the kernel itself to read the clock that stamps packets. */
long syscall(long number, ...) {
    long words[6];
    va_list list;
    va_start(list, number);
    for (int word = 0; word < 6; word++) words[word] = va_arg(list, long);
    va_end(list);
    if (number == SYS_clock_gettime) return clock_gettime((clockid_t)words[0], (struct timespec *)words[1]);
    return NEXT(syscall)(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

static void set_to(int64_t ns) {
    take(own);
    change(own, ns - read_now(own).realtime, NULL);
    release(own);
}

int clock_settime(clockid_t id, const struct timespec *time) {
    if (!own || id != CLOCK_REALTIME) return errno = EPERM, -1;
    set_to(time->tv_sec * SECOND + time->tv_nsec);
    return 0;
}

int settimeofday(const struct timeval *time, const struct timezone *zone) {
    (void)zone;
    if (!own) return errno = EPERM, -1;
    if (time) set_to(time->tv_sec * SECOND + time->tv_usec * 1000);
    return 0;
}

static void command(const struct timex *wish) {
    int64_t unit = wish->modes & ADJ_NANO ? 1 : 1000;
    if (wish->modes & ADJ_FREQUENCY) own->freq = wish->freq;
    if (wish->modes & ADJ_TICK) own->tick = wish->tick;
    if (wish->modes & ADJ_ESTERROR) own->esterror = wish->esterror;
    if (wish->modes & ADJ_TIMECONST) own->constant = wish->constant;
    if (wish->modes & ADJ_TAI) own->tai = (int32_t)wish->constant;
    if (wish->modes & ADJ_STATUS) own->status = wish->status;
    if (wish->modes & ADJ_MAXERROR) {
        own->maxerror = wish->maxerror;
        own->maxerror_at = machine_ns(CLOCK_MONOTONIC_RAW);
    }
    if (wish->modes & (ADJ_FREQUENCY | ADJ_TICK | ADJ_SETOFFSET)) {
        int64_t step = wish->modes & ADJ_SETOFFSET ? wish->time.tv_sec * SECOND + wish->time.tv_usec * unit : 0;
        change(own, step, NULL);
    }
    if (wish->modes & ADJ_SETOFFSET) { /* by this chronyd knows that it can be set so */
        own->maxerror = MOST;
        own->status |= STA_UNSYNC;
    }
}

int adjtimex(struct timex *timex) {
    if (!own) return errno = EPERM, -1;
    if ((timex->modes & ADJ_OFFSET) && timex->offset) return errno = EOPNOTSUPP, -1;
    take(own);
    command(timex);
    struct reading now = read_now(own);
    int64_t maxerror = own->maxerror + (machine_ns(CLOCK_MONOTONIC_RAW) - own->maxerror_at) / 2000000; /* 500 ppm, in us */
    if (maxerror >= MOST) own->status |= STA_UNSYNC; /* as the kernel does after 8.9 hours */
    timex->offset = 0;
    timex->freq = own->freq;
    timex->tick = own->tick;
    timex->maxerror = maxerror < MOST ? maxerror : MOST;
    timex->esterror = own->esterror;
    timex->constant = own->constant;
    timex->status = own->status | STA_NANO;
    timex->precision = 1;
    timex->tolerance = 500 << 16;
    timex->tai = own->tai;
    timex->time = (struct timeval){now.realtime / SECOND, now.realtime % SECOND};
    release(own);
    return timex->status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int ntp_adjtime(struct timex *timex) { return adjtimex(timex); }

int clock_adjtime(clockid_t id, struct timex *timex) {
    return id == CLOCK_REALTIME ? adjtimex(timex) : NEXT(clock_adjtime)(id, timex);
}

/* Stamps of the kernel, which are of the machine's clock */

/* The machine's REALTIME minus its raw clock, by a reading that nothing interrupted. */
static int64_t machine_difference(void) {
    int64_t difference = 0, narrowest = INT64_MAX;
    for (int tries = 0; tries < 20 && narrowest > 1000; tries++) {
        int64_t before = machine_ns(CLOCK_MONOTONIC_RAW), realtime = machine_ns(CLOCK_REALTIME);
        int64_t width = machine_ns(CLOCK_MONOTONIC_RAW) - before;
        if (width < narrowest) difference = realtime - before - width / 2;
        if (width < narrowest) narrowest = width;
    }
    return difference;
}

static void translate(struct msghdr *message) {
    if (!own || !message->msg_control) return;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_TIMESTAMPNS) continue;
        struct timespec stamp;
        memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
        int64_t ns = read_at(own, stamp.tv_sec * SECOND + stamp.tv_nsec - machine_difference()).realtime;
        stamp = (struct timespec){ns / SECOND, ns % SECOND};
        memcpy(CMSG_DATA(part), &stamp, sizeof stamp);
    }
}

ssize_t recvmsg(int socket, struct msghdr *message, int flags) {
    ssize_t bytes = NEXT(recvmsg)(socket, message, flags);
    if (bytes >= 0) translate(message);
    return bytes;
}

int recvmmsg(int socket, struct mmsghdr *messages, unsigned int length, int flags, struct timespec *timeout) {
    int count = NEXT(recvmmsg)(socket, messages, length, flags, timeout);
    for (int message = 0; message < count; message++) translate(&messages[message].msg_hdr);
    return count;
}

/* Stamps of other kinds are not translated, so there are none: chronyd then takes the plain ones, and its own of what it sends. */
int setsockopt(int socket, int level, int option, const void *value, socklen_t length) {
    if (own && level == SOL_SOCKET && (option == SO_TIMESTAMPING || option == SO_TIMESTAMP)) return errno = ENOPROTOOPT, -1;
    return NEXT(setsockopt)(socket, level, option, value, length);
}
