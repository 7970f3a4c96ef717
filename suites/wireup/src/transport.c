/* Two kinds of evidence, taken from /proc of this process alone:
   1. the kernel counts what every TCP socket carried. If a message went through them, the counters grew by its size;
   2. if not, something else carried it: the fabric devices this process holds open or mapped say what it can have been.
   Linux only. Needs no privilege and no header newer than glibc 2.17's. */
#define _GNU_SOURCE
#include "transport.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux's struct tcp_info, as far as it is needed: old headers end before the byte counters, which came with Linux 4.1.
   The kernel never changes the order of what it once had. */
struct tcp_counters {
    unsigned char state_and_options[8];
    unsigned int times_and_windows[24];
    unsigned long long pacing_rate, max_pacing_rate;
    unsigned long long bytes_acked, bytes_received;
};

static const int tcp_info_option = 11; /* TCP_INFO */

/* The address in a socket name, as bytes: 4 for IPv4, also where it is written as IPv6, else 16; 0 if it is neither. */
static size_t address_of(const struct sockaddr_storage *name, const unsigned char **bytes)
{
    if (name->ss_family == AF_INET) {
        *bytes = (const unsigned char *)&((const struct sockaddr_in *)name)->sin_addr;
        return 4;
    }
    if (name->ss_family == AF_INET6) {
        const struct in6_addr *address = &((const struct sockaddr_in6 *)name)->sin6_addr;
        *bytes = address->s6_addr;
        if (IN6_IS_ADDR_V4MAPPED(address)) {
            *bytes += 12;
            return 4;
        }
        return 16;
    }
    return 0;
}

static int is_loopback(int fd)
{
    struct sockaddr_storage own, peer;
    socklen_t own_length = sizeof own, peer_length = sizeof peer;
    const unsigned char *a, *b;
    size_t length;

    if (getsockname(fd, (struct sockaddr *)&own, &own_length) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_length) != 0)
        return 0;
    length = address_of(&own, &a);
    /* The peer's address is one of this host: the same as ours, or of 127.0.0.0/8. */
    if (length == 0 || address_of(&peer, &b) != length)
        return 0;
    return memcmp(a, b, length) == 0 || (length == 4 && b[0] == 127);
}

void traffic_read(struct traffic *traffic)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    size_t room = 0;

    memset(traffic, 0, sizeof *traffic);
    if (directory == NULL)
        return;
    traffic->known = 1;
    while ((entry = readdir(directory)) != NULL) {
        int fd = atoi(entry->d_name);
        struct stat status;
        struct tcp_counters counters;
        socklen_t length = sizeof counters;

        if (entry->d_name[0] == '.' || fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode))
            continue;
        if (getsockopt(fd, IPPROTO_TCP, tcp_info_option, &counters, &length) != 0)
            continue; /* not a TCP socket */
        if (length < sizeof counters) {
            traffic->known = 0; /* a kernel older than the counters */
            continue;
        }
        if (traffic->count == room) {
            struct socket_traffic *more = realloc(traffic->sockets, (room = 2 * room + 16) * sizeof *more);
            if (more == NULL) {
                traffic->known = 0;
                break;
            }
            traffic->sockets = more;
        }
        traffic->sockets[traffic->count++] = (struct socket_traffic){
            status.st_ino, counters.bytes_acked, counters.bytes_received, is_loopback(fd)};
    }
    closedir(directory);
}

void traffic_free(struct traffic *traffic)
{
    free(traffic->sockets);
    memset(traffic, 0, sizeof *traffic);
}

/* By how much the sockets of one kind grew, in the direction that grew more. A socket opened in between began at zero. */
static unsigned long long growth(const struct traffic *before, const struct traffic *after, int loopback)
{
    unsigned long long sent = 0, received = 0;

    for (size_t i = 0; i < after->count; i++) {
        const struct socket_traffic *now = &after->sockets[i];
        if (now->loopback != loopback)
            continue;
        sent += now->sent;
        received += now->received;
        for (size_t j = 0; j < before->count; j++) {
            if (before->sockets[j].inode == now->inode) {
                sent -= before->sockets[j].sent;
                received -= before->sockets[j].received;
                break;
            }
        }
    }
    return sent > received ? sent : received;
}

/* Devices by the beginning of their path. Those of the last two help on one host only: they move data between processes. */
static const struct device {
    const char *path, *word;
    int one_host;
} devices[] = {
    {"/dev/infiniband/uverbs", "verbs", 0}, /* or what its driver says: see word_of_verbs */
    {"/dev/cxi", "cxi", 0},                 /* HPE Slingshot */
    {"/dev/hfi1_", "psm2", 0},              /* Omni-Path */
    {"/dev/ipath", "psm", 0},               /* True Scale */
    {"/dev/kgni", "gni", 0},                /* Cray Aries */
    {"/dev/knem", "knem", 1},
    {"/dev/xpmem", "xpmem", 1},
};

enum { device_kinds = sizeof devices / sizeof devices[0] };

/* The words found: device_kinds of the table, efa, and shared memory. */
struct held {
    int device[device_kinds];
    int efa, shared_memory;
};

/* Amazon's EFA shows itself as a verbs device; its driver's name tells them apart. */
static int is_efa(const char *device)
{
    char link[128], driver[256];
    size_t digits = strspn(device + strlen("/dev/infiniband/uverbs"), "0123456789");
    ssize_t length;

    snprintf(link, sizeof link, "/sys/class/infiniband_verbs/uverbs%.*s/device/driver", (int)digits,
             device + strlen("/dev/infiniband/uverbs"));
    length = readlink(link, driver, sizeof driver - 1);
    if (length < 0)
        return 0;
    driver[length] = '\0';
    return strcmp(strrchr(driver, '/') != NULL ? strrchr(driver, '/') + 1 : driver, "efa") == 0;
}

static void hold(struct held *held, const char *path)
{
    for (int kind = 0; kind < device_kinds; kind++) {
        if (strncmp(path, devices[kind].path, strlen(devices[kind].path)) != 0)
            continue;
        if (kind == 0 && is_efa(path))
            held->efa = 1;
        else
            held->device[kind] = 1;
    }
}

static void find_held(struct held *held)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    char line[4096];
    FILE *maps;

    memset(held, 0, sizeof *held);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char link[300];
        ssize_t length;

        snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
        length = readlink(link, line, sizeof line - 1);
        if (length < 0)
            continue;
        line[length] = '\0';
        hold(held, line);
    }
    if (directory != NULL)
        closedir(directory);
    maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        /* address permissions offset device inode path */
        char permissions[8] = "", path[1024] = "";

        if (sscanf(line, "%*s %7s %*s %*s %*s %1023s", permissions, path) < 1)
            continue;
        hold(held, path);
        /* Writable and shared with others: how ranks of one host pass messages. Its file is often deleted already. */
        if (permissions[1] == 'w' && permissions[3] == 's' && strncmp(path, "/dev/", 5) != 0)
            held->shared_memory = 1;
        if (permissions[1] == 'w' && permissions[3] == 's' && strncmp(path, "/dev/shm/", 9) == 0)
            held->shared_memory = 1;
    }
    if (maps != NULL)
        fclose(maps);
}

static void append(char word[TRANSPORT_WORD], const char *more)
{
    size_t used = strlen(word);

    snprintf(word + used, TRANSPORT_WORD - used, "%s%s", used > 0 ? "+" : "", more);
}

void transport_between(const struct traffic *before, const struct traffic *after, unsigned long long bytes,
                       int same_host, char word[TRANSPORT_WORD])
{
    struct held held;

    memset(word, 0, TRANSPORT_WORD);
    /* Half of it through TCP is TCP: a fabric does not send half of a message that way. */
    if (growth(before, after, 0) >= bytes / 2) {
        append(word, "tcp");
        return;
    }
    if (growth(before, after, 1) >= bytes / 2) {
        append(word, "tcp-loopback");
        return;
    }
    if (before->known && after->known) {
        find_held(&held);
        for (int kind = 0; kind < device_kinds; kind++)
            if (held.device[kind] && devices[kind].one_host == same_host)
                append(word, devices[kind].word);
        if (held.efa && !same_host)
            append(word, "efa");
        if (word[0] == '\0' && same_host && held.shared_memory)
            append(word, "shm");
    }
    if (word[0] == '\0')
        append(word, "unknown");
}
