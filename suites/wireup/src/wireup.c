/* Proves that the ranks of one MPI job found each other, and says by what road their messages went between hosts.

   Every rank initialises MPI, names its host, takes part in collectives and exchanges a large message with the same rank of
   the next host and with its neighbour on its own host; all data is verified. Rank 0 prints one block of key=value lines by one
   write. How many ranks and hosts there should be is for the reader of the block to judge: exit status 1 only says that data
   was wrong, and MPI itself ends the program where a call fails.

   The same source is compiled for each ABI of MPI; nothing here depends on more than its header. */
#define _GNU_SOURCE
#include "transport.h"

#include <errno.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define HOST 65                    /* a nodename of Linux, with its end */
enum { message = 4 * 1024 * 1024 }; /* bytes, well above every limit of eager sending */

static void *need(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (memory == NULL) {
        fprintf(stderr, "wireup: out of memory\n");
        MPI_Abort(MPI_COMM_WORLD, 1);
        abort();
    }
    return memory;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- Who is where ------------------------------------------------------------------------------------------------- */

struct place {
    char host[HOST];
    int rank;
};

/* All ranks sorted by host, then rank; so ranks of one host are neighbours. */
struct map {
    int rank, size;
    struct place *places;
    int hosts, fewest, most;
    int host, first, count, local; /* mine: which host, where its ranks begin, how many, which of them am I */
};

static int by_place(const void *a, const void *b)
{
    const struct place *one = a, *other = b;
    int order = strcmp(one->host, other->host);

    return order != 0 ? order : (one->rank > other->rank) - (one->rank < other->rank);
}

/* Where the ranks of a host end, given where they begin. */
static int end_of_host(const struct map *map, int begin)
{
    int end = begin;

    while (end < map->size && strcmp(map->places[end].host, map->places[begin].host) == 0)
        end++;
    return end;
}

static void read_map(struct map *map)
{
    struct utsname names;
    char own[HOST] = "", *all;

    MPI_Comm_rank(MPI_COMM_WORLD, &map->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &map->size);
    if (uname(&names) == 0)
        snprintf(own, sizeof own, "%s", names.nodename);
    all = need((size_t)map->size * HOST);
    MPI_Allgather(own, HOST, MPI_CHAR, all, HOST, MPI_CHAR, MPI_COMM_WORLD);
    map->places = need((size_t)map->size * sizeof *map->places);
    for (int i = 0; i < map->size; i++) {
        memcpy(map->places[i].host, all + (size_t)i * HOST, HOST);
        map->places[i].host[HOST - 1] = '\0';
        map->places[i].rank = i;
    }
    free(all);
    qsort(map->places, (size_t)map->size, sizeof *map->places, by_place);
    map->hosts = 0;
    map->fewest = map->size;
    map->most = 0;
    for (int begin = 0, end; begin < map->size; begin = end) {
        end = end_of_host(map, begin);
        for (int i = begin; i < end; i++) {
            if (map->places[i].rank == map->rank) {
                map->host = map->hosts;
                map->first = begin;
                map->count = end - begin;
                map->local = i - begin;
            }
        }
        map->fewest = end - begin < map->fewest ? end - begin : map->fewest;
        map->most = end - begin > map->most ? end - begin : map->most;
        map->hosts++;
    }
}

/* The rank with my number on the host `step` further round the ring of hosts. */
static int on_other_host(const struct map *map, int step)
{
    int wanted = (map->host + step + map->hosts) % map->hosts, begin = 0;

    for (int host = 0; host < wanted; host++)
        begin = end_of_host(map, begin);
    return map->places[begin + map->local].rank;
}

static int on_own_host(const struct map *map, int step)
{
    return map->places[map->first + (map->local + step + map->count) % map->count].rank;
}

/* --- Does data arrive as it was sent ------------------------------------------------------------------------------ */

/* The byte at a place of the message from one rank to another: no two messages are equal, nor two stretches of one. */
static unsigned char pattern(int from, int to, unsigned int place)
{
    unsigned int x = place * 2654435761u + (unsigned int)from * 40503u + (unsigned int)to * 9176u + 12345u;

    x ^= x >> 15;
    x *= 2246822519u;
    return (unsigned char)(x >> 24);
}

/* Wait for requests with short sleeps, so that ranks which share a processor leave it to those that have something to do. */
static void await(MPI_Request *requests, int count)
{
    const struct timespec pause = {0, 50000};
    int done = 0;

    while (MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE) == MPI_SUCCESS && !done)
        nanosleep(&pause, NULL);
}

static void meet(void)
{
    MPI_Request request;

    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    await(&request, 1);
}

/* Send one message to a rank and take one from another; whether it is right. */
static int exchange(const struct map *map, int to, int from, unsigned char *out, unsigned char *in)
{
    MPI_Request requests[2];

    for (unsigned int i = 0; i < message; i++)
        out[i] = pattern(map->rank, to, i);
    memset(in, 0, message);
    MPI_Irecv(in, message, MPI_BYTE, from, 1, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out, message, MPI_BYTE, to, 1, MPI_COMM_WORLD, &requests[1]);
    await(requests, 2);
    for (unsigned int i = 0; i < message; i++)
        if (in[i] != pattern(from, map->rank, i))
            return 0;
    return 1;
}

/* The same with the road measured. All ranks must call it, those that take no part with part = 0: their word stays empty. A first
   exchange opens what libraries open late, and the barriers let everything arrive before counters are read. */
static int measured(const struct map *map, int part, int to, int from, int same_host, char word[TRANSPORT_WORD])
{
    unsigned char *out = need(message), *in = need(message);
    struct traffic before, after;
    int right = 1;

    memset(word, 0, TRANSPORT_WORD);
    if (part)
        right = exchange(map, to, from, out, in);
    meet();
    traffic_read(&before);
    if (part)
        right = exchange(map, to, from, out, in) && right;
    meet();
    traffic_read(&after);
    if (part)
        transport_between(&before, &after, message, same_host, word);
    traffic_free(&before);
    traffic_free(&after);
    free(out);
    free(in);
    return right;
}

static int collectives(const struct map *map, long long *sum)
{
    enum { words = 1024 };
    int block[words], right = 1, root = map->size - 1;
    int *out = need((size_t)map->size * sizeof *out), *in = need((size_t)map->size * sizeof *in);
    long long own = map->rank + 1;

    MPI_Allreduce(&own, sum, 1, MPI_LONG_LONG, MPI_SUM, MPI_COMM_WORLD);
    for (int i = 0; i < words; i++)
        block[i] = map->rank == root ? 7 * i + 3 : -1;
    MPI_Bcast(block, words, MPI_INT, root, MPI_COMM_WORLD);
    for (int i = 0; i < words; i++)
        right = right && block[i] == 7 * i + 3;
    for (int i = 0; i < map->size; i++)
        out[i] = (int)((unsigned int)map->rank * 65599u + (unsigned int)i);
    MPI_Alltoall(out, 1, MPI_INT, in, 1, MPI_INT, MPI_COMM_WORLD);
    for (int i = 0; i < map->size; i++)
        right = right && in[i] == (int)((unsigned int)i * 65599u + (unsigned int)map->rank);
    free(out);
    free(in);
    return right;
}

/* --- What is said ------------------------------------------------------------------------------------------------- */

static int by_word(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* One word for all ranks, at rank 0: theirs where they agree, mixed:a,b where not, none where nobody took part. */
static char *verdict(const struct map *map, const char own[TRANSPORT_WORD])
{
    char *all = need((size_t)map->size * TRANSPORT_WORD), *text;
    const char *last = NULL;
    int different = 0;

    MPI_Gather(own, TRANSPORT_WORD, MPI_CHAR, all, TRANSPORT_WORD, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (map->rank != 0) {
        free(all);
        return NULL;
    }
    text = need((size_t)map->size * TRANSPORT_WORD + sizeof "mixed:");
    qsort(all, (size_t)map->size, TRANSPORT_WORD, by_word);
    for (int i = 0; i < map->size; i++) {
        const char *word = all + (size_t)i * TRANSPORT_WORD;
        if (word[0] == '\0' || (last != NULL && strcmp(last, word) == 0))
            continue;
        strcat(text, different++ == 0 ? "mixed:" : ",");
        strcat(text, word);
        last = word;
    }
    if (different < 2)
        strcpy(text, last != NULL ? last : "none");
    free(all);
    return text;
}

/* The environment's nonce, unless it could break a line. */
static const char *nonce(void)
{
    const char *value = getenv("ASSAY_NONCE");

    if (value == NULL || strlen(value) > 256)
        return "";
    for (const char *c = value; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return "";
    return value;
}

/* First line of the library's version, on one line whatever it holds. */
static void library_name(char *name)
{
    int length = 0;

    MPI_Get_library_version(name, &length);
    name[strcspn(name, "\r\n")] = '\0';
    for (char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
}

/* The whole block by one write, so that no other output falls between its lines. */
static int print(const struct map *map, long long sum, int right, const char *between, const char *within, double init)
{
    static char library[MPI_MAX_LIBRARY_VERSION_STRING + 8192]; /* an ABI's bound is not every library's */
    char *text = NULL;
    size_t length = 0, done = 0;
    FILE *block = open_memstream(&text, &length);
    int version = 0, subversion = 0;

    if (block == NULL)
        return 0;
    library_name(library);
    MPI_Get_version(&version, &subversion);
    fprintf(block, "wireup_format=1\nwireup_nonce=%s\nwireup_size=%d\nwireup_hosts=%d\nwireup_hostnames=", nonce(), map->size,
            map->hosts);
    for (int begin = 0; begin < map->size; begin = end_of_host(map, begin))
        fprintf(block, "%s%s", begin > 0 ? "," : "", map->places[begin].host);
    fprintf(block, "\nwireup_ranks_per_host_min=%d\nwireup_ranks_per_host_max=%d\n", map->fewest, map->most);
    fprintf(block, "wireup_sum=%lld\nwireup_sum_expected=%lld\n", sum, (long long)map->size * (map->size + 1) / 2);
    fprintf(block, "wireup_exchange=%s\nwireup_exchange_bytes=%d\n", right ? "ok" : "bad", map->size > 1 ? message : 0);
    fprintf(block, "wireup_transport=%s\nwireup_transport_intra=%s\n", between, within);
    fprintf(block, "wireup_library=%s\nwireup_mpi_standard=%d.%d\n", library, version, subversion);
    fprintf(block, "wireup_init_seconds=%.3f\nwireup_end=%s\n", init, nonce());
    if (fclose(block) != 0)
        return 0;
    while (done < length) {
        ssize_t wrote = write(STDOUT_FILENO, text + done, length - done);
        if (wrote < 0 && errno != EINTR)
            break;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    free(text);
    return done == length;
}

/* Stay for a while, so that someone can look at the processes. */
static void linger(void)
{
    const char *value = getenv("ASSAY_WIREUP_LINGER");
    double wait = value != NULL ? strtod(value, NULL) : 0.0;

    if (wait > 0.0 && wait <= 86400.0) {
        struct timespec left = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
        while (nanosleep(&left, &left) != 0 && errno == EINTR)
            continue;
    }
}

int main(int argc, char **argv)
{
    struct map map = {0};
    char between[TRANSPORT_WORD], within[TRANSPORT_WORD], *between_all, *within_all;
    double start = seconds(), own_init, init = 0.0;
    long long sum = 0;
    int right, all_right = 0, printed = 1, part;

    MPI_Init(&argc, &argv);
    own_init = seconds() - start;
    read_map(&map);
    MPI_Reduce(&own_init, &init, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    right = collectives(&map, &sum);
    /* Between hosts, as many ranks of each host as the smallest has: each then has exactly one partner either way. */
    part = map.hosts > 1 && map.local < map.fewest;
    right = measured(&map, part, part ? on_other_host(&map, 1) : 0, part ? on_other_host(&map, -1) : 0, 0, between) && right;
    part = map.count > 1;
    right = measured(&map, part, part ? on_own_host(&map, 1) : 0, part ? on_own_host(&map, -1) : 0, 1, within) && right;
    right = right && sum == (long long)map.size * (map.size + 1) / 2;
    MPI_Allreduce(&right, &all_right, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    between_all = verdict(&map, between);
    within_all = verdict(&map, within);
    if (map.rank == 0) /* on one host there is nothing between hosts: the road within is the road */
        printed = print(&map, sum, all_right, map.hosts > 1 ? between_all : within_all, within_all, init);
    linger();
    free(between_all);
    free(within_all);
    free(map.places);
    MPI_Finalize();
    return all_right && printed ? 0 : 1;
}
