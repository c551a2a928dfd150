/* SPDX-License-Identifier: Apache-2.0 */
#include "cfaultvfs.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 32
#define SECTOR 512
#define SHM_REGIONS 16

/* A file has what the program sees, and what the medium has for sure. Sectors that were written since
 * the last sync are marked. */
struct image {
  char name[512];
  int exists, durable_exists;
  uint8_t *live, *durable;
  int64_t size, durable_size, room;
  uint8_t *dirty; /* one flag per sector of the room */
  void *shm[SHM_REGIONS];
};

struct file {
  sqlite3_file base;
  struct image *image;
};

static struct image images[FILES_MAX];
static struct {
  enum fv_fault fault;
  uint64_t k, calls;
  int lasting, struck;
} armed;
static __thread int counts_memory;
static sqlite3_mem_methods memory;

/* True when the fault strikes this call. */
static int strikes(enum fv_fault fault) {
  if (armed.fault != fault) return 0;
  armed.calls++;
  if (armed.calls < armed.k || (armed.calls > armed.k && !armed.lasting)) return 0;
  return armed.struck = 1;
}

static int is_off(void) { return strikes(FV_POWER_CUT); }

static struct image *find(const char *name, int make) {
  struct image *free_one = NULL;
  for (int i = 0; i < FILES_MAX; i++) {
    if (strcmp(images[i].name, name) == 0 && images[i].name[0]) return &images[i];
    if (!images[i].name[0] && !free_one) free_one = &images[i];
  }
  if (!make || !free_one || strlen(name) >= sizeof free_one->name) return NULL;
  strcpy(free_one->name, name);
  return free_one;
}

static int grow(struct image *image, int64_t size) {
  if (size <= image->room) return 1;
  int64_t room = (size * 2 + 65535) / 65536 * 65536;
  image->live = realloc(image->live, (size_t)room);
  image->durable = realloc(image->durable, (size_t)room);
  image->dirty = realloc(image->dirty, (size_t)(room / SECTOR));
  if (!image->live || !image->durable || !image->dirty) abort();
  memset(image->live + image->room, 0, (size_t)(room - image->room));
  memset(image->durable + image->room, 0, (size_t)(room - image->room));
  memset(image->dirty + image->room / SECTOR, 0, (size_t)((room - image->room) / SECTOR));
  image->room = room;
  return 1;
}

static void set_size(struct image *image, int64_t size) {
  grow(image, size);
  if (size < image->size) memset(image->live + size, 0, (size_t)(image->size - size));
  image->size = size;
}

/* --- methods of an open file --- */

static int file_close(sqlite3_file *f) {
  (void)f;
  return SQLITE_OK;
}

static int file_read(sqlite3_file *f, void *to, int count, sqlite3_int64 at) {
  struct image *image = ((struct file *)f)->image;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_IOERR_READ;
  int64_t there = image->size - at;
  if (there >= count) {
    memcpy(to, image->live + at, (size_t)count);
    return SQLITE_OK;
  }
  memset(to, 0, (size_t)count);
  if (there > 0) memcpy(to, image->live + at, (size_t)there);
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *from, int count, sqlite3_int64 at) {
  struct image *image = ((struct file *)f)->image;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_IOERR_WRITE;
  if (strikes(FV_NO_SPACE)) return SQLITE_FULL;
  grow(image, at + count);
  memcpy(image->live + at, from, (size_t)count);
  if (at + count > image->size) image->size = at + count;
  for (int64_t s = at / SECTOR; s <= (at + count - 1) / SECTOR; s++) image->dirty[s] = 1;
  return SQLITE_OK;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
  struct image *image = ((struct file *)f)->image;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_IOERR_TRUNCATE;
  set_size(image, size);
  return SQLITE_OK;
}

static void make_durable(struct image *image) {
  if (image->room) memcpy(image->durable, image->live, (size_t)image->room);
  if (image->room) memset(image->dirty, 0, (size_t)(image->room / SECTOR));
  image->durable_size = image->size;
  image->durable_exists = image->exists;
}

static int file_sync(sqlite3_file *f, int flags) {
  (void)flags;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_IOERR_FSYNC;
  make_durable(((struct file *)f)->image);
  return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size) {
  *size = ((struct file *)f)->image->size;
  return SQLITE_OK;
}

static int file_lock(sqlite3_file *f, int level) {
  (void)f, (void)level;
  return SQLITE_OK;
}

static int file_is_locked(sqlite3_file *f, int *answer) {
  (void)f;
  *answer = 0;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int what, void *argument) {
  (void)f, (void)what, (void)argument;
  return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *f) {
  (void)f;
  return SECTOR;
}

static int file_traits(sqlite3_file *f) {
  (void)f;
  return 0;
}

static int shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **memory_out) {
  struct image *image = ((struct file *)f)->image;
  *memory_out = NULL;
  if (region >= SHM_REGIONS) return SQLITE_NOMEM;
  if (!image->shm[region] && extend) image->shm[region] = calloc(1, (size_t)size);
  *memory_out = image->shm[region];
  return SQLITE_OK;
}

static int shm_lock(sqlite3_file *f, int offset, int n, int flags) {
  (void)f, (void)offset, (void)n, (void)flags;
  return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *f) { (void)f; }

static void forget_shm(struct image *image) {
  for (int i = 0; i < SHM_REGIONS; i++) {
    free(image->shm[i]);
    image->shm[i] = NULL;
  }
}

static int shm_unmap(sqlite3_file *f, int remove) {
  if (remove) forget_shm(((struct file *)f)->image);
  return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_is_locked,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* --- the file system --- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
  (void)vfs;
  struct file *file = (struct file *)f;
  file->base.pMethods = NULL;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_CANTOPEN;
  struct image *image = find(name ? name : "temporary", 1);
  if (!image) return SQLITE_CANTOPEN;
  if (!image->exists && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
  image->exists = 1;
  file->image = image;
  file->base.pMethods = &methods;
  if (out) *out = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory) {
  (void)vfs;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_IOERR_DELETE;
  struct image *image = find(name, 0);
  if (!image || !image->exists) return SQLITE_IOERR_DELETE_NOENT;
  set_size(image, 0);
  image->exists = 0;
  if (sync_directory) make_durable(image);
  return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
  (void)vfs, (void)flags;
  if (is_off() || strikes(FV_IO_ERROR)) return SQLITE_IOERR_ACCESS;
  struct image *image = find(name, 0);
  *answer = image && image->exists;
  return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int count, char *out) {
  (void)vfs;
  if ((int)strlen(name) >= count) return SQLITE_CANTOPEN;
  strcpy(out, name);
  return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *out) {
  (void)vfs;
  memset(out, 7, (size_t)count);
  return count;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *out) {
  (void)vfs;
  *out = 2460000.5;
  return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int count, char *out) {
  (void)vfs, (void)count, (void)out;
  return 0;
}

static sqlite3_vfs vfs = {
    .iVersion = 1,
    .szOsFile = sizeof(struct file),
    .mxPathname = 500,
    .zName = FV_NAME,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
};

/* --- memory --- */

static void *mem_malloc(int size) {
  if (counts_memory && strikes(FV_NO_MEMORY)) return NULL;
  return memory.xMalloc(size);
}

static void *mem_realloc(void *old, int size) {
  if (counts_memory && strikes(FV_NO_MEMORY)) return NULL;
  return memory.xRealloc(old, size);
}

__attribute__((constructor)) static void take_memory_over(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
  sqlite3_mem_methods ours = memory;
  ours.xMalloc = mem_malloc;
  ours.xRealloc = mem_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}

int fv_register(void) { return sqlite3_vfs_register(&vfs, 0); }

/* --- control --- */

void fv_reset(void) {
  fv_disarm();
  for (int i = 0; i < FILES_MAX; i++) {
    forget_shm(&images[i]);
    free(images[i].live), free(images[i].durable), free(images[i].dirty);
    memset(&images[i], 0, sizeof images[i]);
  }
}

void fv_arm(enum fv_fault fault, uint64_t k, int lasting) {
  memset(&armed, 0, sizeof armed);
  armed.fault = fault;
  armed.k = k;
  armed.lasting = lasting || fault == FV_POWER_CUT;
  counts_memory = fault == FV_NO_MEMORY;
}

void fv_disarm(void) {
  armed.fault = FV_NONE;
  counts_memory = 0;
}

uint64_t fv_calls(void) { return armed.calls; }
int fv_struck(void) { return armed.struck; }

/* SplitMix64. */
static uint64_t next(uint64_t *state) {
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

static void cut(struct image *image, uint64_t *random) {
  forget_shm(image);
  if (!image->name[0] || !image->room) {
    image->exists = image->durable_exists;
    return;
  }
  /* How many of four unsynced sectors survive: none, few, half, most, all. */
  uint64_t share = next(random) % 5;
  for (int64_t s = 0; s < image->room / SECTOR; s++) {
    if (!image->dirty[s] || next(random) % 4 >= share) continue;
    uint64_t torn = next(random) % 8 == 0 ? next(random) % SECTOR : SECTOR;
    memcpy(image->durable + s * SECTOR, image->live + s * SECTOR, (size_t)torn);
    if ((s + 1) * SECTOR > image->durable_size && image->exists) {
      int64_t end = s * SECTOR + (int64_t)torn;
      if (end > image->durable_size) image->durable_size = end < image->size ? end : image->size;
    }
    image->durable_exists |= image->exists;
  }
  memcpy(image->live, image->durable, (size_t)image->room);
  memset(image->dirty, 0, (size_t)(image->room / SECTOR));
  image->size = image->durable_size;
  image->exists = image->durable_exists;
  if (!image->exists) image->size = image->durable_size = 0;
}

void fv_power_cut(uint64_t seed) {
  fv_disarm();
  for (int i = 0; i < FILES_MAX; i++) cut(&images[i], &seed);
}

int fv_damage(const char *name, int64_t offset, uint8_t bits) {
  struct image *image = find(name, 0);
  if (!image || offset < 0 || offset >= image->size) return 0;
  image->live[offset] ^= bits;
  image->durable[offset] ^= bits;
  return 1;
}

int64_t fv_size(const char *name) {
  struct image *image = find(name, 0);
  return image && image->exists ? image->size : -1;
}

uint64_t fv_plain_inserts(const char *path, const char *sql, int count, uint64_t (*allocations)(void)) {
  sqlite3 *db;
  sqlite3_stmt *insert;
  uint64_t before = 0, result = 0;
  if (sqlite3_open(path, &db) != SQLITE_OK) return UINT64_MAX;
  if (sqlite3_prepare_v2(db, sql, -1, &insert, NULL) == SQLITE_OK) {
    for (int i = -8; i < count; i++) {
      if (i == 0) before = allocations();
      sqlite3_bind_int64(insert, 1, 1000000 + i);
      sqlite3_bind_text(insert, 2, "some text", 9, SQLITE_STATIC);
      sqlite3_bind_blob(insert, 3, "0123456789", 10, SQLITE_STATIC);
      if (sqlite3_step(insert) != SQLITE_DONE) before = 0;
      sqlite3_reset(insert);
    }
    result = allocations() - before;
  }
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return result;
}
