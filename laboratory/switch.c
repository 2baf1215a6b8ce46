/* A network: carries packets between the TUN devices of hosts, late or not at all, as a table in memory says at that moment.
 *
 * Usage: switch TABLE SEED DESCRIPTOR...   The last byte of a host's address is the place of its descriptor, from 1.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define HOSTS 64
#define BYTES 2048
#define SECOND 1000000000LL

struct way { /* from one host to another */
    int32_t delay_us, jitter_us, loss_ppm;
};

struct packet {
    struct packet *next;
    int64_t due;
    int to, size;
    unsigned char data[];
};

static struct packet *waiting;                   /* the one that is due first in front */
static int64_t latest[HOSTS + 1][HOSTS + 1];     /* a way keeps the order of its packets */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void hold(int64_t due, int to, const unsigned char *data, int size) {
    struct packet **place = &waiting, *packet = malloc(sizeof *packet + size);
    while (*place && (*place)->due <= due) place = &(*place)->next;
    *packet = (struct packet){.next = *place, .due = due, .to = to, .size = size};
    memcpy(packet->data, data, size);
    *place = packet;
}

static void carry(struct way *way, int64_t *last, int to, const unsigned char *data, int size) {
    if (random() % 1000000 < way->loss_ppm) return;
    int64_t due = now_ns() + 1000LL * (way->delay_us + (way->jitter_us ? random() % way->jitter_us : 0));
    if (due < *last) due = *last;
    *last = due;
    hold(due, to, data, size);
}

static void deliver(const int *device) {
    while (waiting && waiting->due <= now_ns()) {
        struct packet *packet = waiting;
        waiting = packet->next;
        if (write(device[packet->to], packet->data, packet->size) < 0) { /* that device is down: it is lost */
        }
        free(packet);
    }
}

int main(int count, char **words) {
    int hosts = count - 3, device[HOSTS + 1], table = count > 3 ? open(words[1], O_RDWR) : -1;
    struct pollfd polled[HOSTS];
    if (table < 0 || hosts > HOSTS) return 2;
    struct way (*ways)[HOSTS + 1] =
        mmap(NULL, sizeof(struct way[HOSTS + 1][HOSTS + 1]), PROT_READ | PROT_WRITE, MAP_SHARED, table, 0);
    if (ways == MAP_FAILED) return 2;
    srandom((unsigned)atoi(words[2]));
    for (int host = 1; host <= hosts; host++) {
        device[host] = atoi(words[host + 2]);
        polled[host - 1] = (struct pollfd){.fd = device[host], .events = POLLIN};
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sched_setscheduler(0, SCHED_RR, &(struct sched_param){1}); /* else a busy machine is a slow network; where it may */
    for (;;) {
        int64_t wait = waiting ? waiting->due - now_ns() : SECOND;
        if (wait < 0) wait = 0;
        if (ppoll(polled, hosts, &(struct timespec){wait / SECOND, wait % SECOND}, NULL) < 0) return 1;
        for (int host = 1; host <= hosts; host++) {
            unsigned char data[BYTES];
            ssize_t size;
            while ((polled[host - 1].revents & POLLIN) && (size = read(device[host], data, BYTES)) > 0) {
                int to = size >= 20 && data[0] >> 4 == 4 ? data[19] : 0;
                if (to >= 1 && to <= hosts) carry(&ways[host][to], &latest[host][to], to, data, (int)size);
            }
        }
        deliver(device);
    }
}
