/* Which transport carried a message: found by measuring this process, not by asking a library for its settings. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stddef.h>
#include <sys/types.h>

#define TRANSPORT_WORD 64

/* What one TCP socket of this process has carried so far. */
struct socket_traffic {
    ino_t inode;
    unsigned long long sent, received;
    int loopback; /* both ends are on one host */
};

/* All TCP sockets of this process at one moment. */
struct traffic {
    struct socket_traffic *sockets;
    size_t count;
    int known; /* 0 if /proc or the kernel's counters could not be read */
};

void traffic_read(struct traffic *traffic);
void traffic_free(struct traffic *traffic);

/* The word for what carried `bytes` each way between two readings: tcp, tcp-loopback, a fabric (verbs, efa, cxi, psm2 ...),
   shm and the like on one host, or unknown. */
void transport_between(const struct traffic *before, const struct traffic *after, unsigned long long bytes,
                       int same_host, char word[TRANSPORT_WORD]);

#endif
