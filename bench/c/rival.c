/*
 * The rival in C: the C library's malloc and the kernel's madvise with nothing around them.
 *
 *   rival malloc size=16 live=65536 order=ring ops=2000000 repeats=7
 *     every object is zeroed and replaces one of a fixed number of live objects, which is freed
 *   rival scavenge quantum=65536 mib=256 repeats=5
 *     memory is touched, then every second quantum of it returned with MADV_DONTNEED, one at a time
 *
 * One JSON line on standard output. The pseudo-random sequence is that of bench/workload.ts.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static uint32_t state = 0x2545f491;

static uint32_t below(uint32_t n) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return (uint32_t)(((uint64_t)state * n) >> 32);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *message) {
  fprintf(stderr, "%s\n", message);
  exit(2);
}

static const char *text(int argc, char **argv, const char *key) {
  size_t n = strlen(key);
  for (int i = 2; i < argc; i++)
    if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=') return argv[i] + n + 1;
  fail("a parameter of the case is missing");
  return NULL;
}

static size_t number(int argc, char **argv, const char *key) {
  return strtoull(text(argc, argv, key), NULL, 10);
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *v, size_t n) {
  qsort(v, n, sizeof *v, compare);
  return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void emit(int argc, char **argv, double ns) {
  printf("{\"name\":\"%s\",\"params\":{", argv[1]);
  for (int i = 2; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (equals == NULL) fail("not key=value");
    printf("%s\"%.*s\":\"%s\"", i > 2 ? "," : "", (int)(equals - argv[i]), argv[i], equals + 1);
  }
  printf("},\"ns\":%.6f}\n", ns);
}

/* The object is handed to memory that the compiler cannot see through, so that no store is dropped. */
static void replace(void *volatile *table, size_t at, size_t size) {
  free(table[at]);
  void *p = malloc(size);
  if (p == NULL) fail("out of memory");
  memset(p, 0, size);
  table[at] = p;
}

static void ring(void *volatile *table, size_t live, size_t size, size_t ops, int random, size_t *at) {
  if (random) {
    for (size_t i = 0; i < ops; i++) replace(table, below((uint32_t)live), size);
    return;
  }
  for (size_t i = 0; i < ops; i++, ++*at) replace(table, *at & (live - 1), size);
}

static double measure_malloc(int argc, char **argv) {
  size_t size = number(argc, argv, "size"), live = number(argc, argv, "live");
  size_t ops = number(argc, argv, "ops"), repeats = number(argc, argv, "repeats"), at = 0;
  int random = strcmp(text(argc, argv, "order"), "random") == 0;
  if (live == 0 || (live & (live - 1)) != 0) fail("live must be a power of two");
  void *volatile *table = calloc(live, sizeof *table);
  double *times = calloc(repeats, sizeof *times);
  if (table == NULL || times == NULL) fail("out of memory");
  ring(table, live, size, live, 0, &at);
  ring(table, live, size, ops, random, &at);
  for (size_t i = 0; i < repeats; i++) {
    double start = now();
    ring(table, live, size, ops, random, &at);
    times[i] = (now() - start) / (double)ops;
  }
  return median(times, repeats);
}

static double measure_scavenge(int argc, char **argv) {
  size_t quantum = number(argc, argv, "quantum"), bytes = number(argc, argv, "mib") << 20;
  size_t repeats = number(argc, argv, "repeats");
  double *times = calloc(repeats, sizeof *times);
  char *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (times == NULL || base == MAP_FAILED) fail("out of memory");
  for (size_t i = 0; i < repeats; i++) {
    for (size_t at = 0; at < bytes; at += 4096) ((volatile char *)base)[at] = 1;
    double start = now();
    /* From the top downwards, as a scavenger goes. */
    for (size_t left = bytes; left >= 2 * quantum; left -= 2 * quantum)
      if (madvise(base + left - quantum, quantum, MADV_DONTNEED) != 0) fail("madvise was refused");
    times[i] = (now() - start) / (double)(bytes / quantum / 2);
  }
  return median(times, repeats);
}

int main(int argc, char **argv) {
  if (argc < 2) fail("usage: rival malloc|scavenge key=value ...");
  if (strcmp(argv[1], "malloc") == 0)
    emit(argc, argv, measure_malloc(argc, argv));
  else if (strcmp(argv[1], "scavenge") == 0)
    emit(argc, argv, measure_scavenge(argc, argv));
  else
    fail("unknown case");
  return 0;
}
