package order

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/seckill-bench/seckill/scenario/order/postgrestest"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// smallDisk mounts a file system of so many bytes, which only root may.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "seckill-disk-") // others than root have to reach it
	must(t, err)
	t.Cleanup(func() { os.Remove(dir) })
	must(t, os.Chmod(dir, 0o755))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755,size="+strconv.Itoa(size)); err != nil {
		t.Skipf("a file system of its own: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill takes all room of a file system but so many bytes, and returns what gives it
// back.
func fill(t *testing.T, dir string, but int64) (free func()) {
	t.Helper()
	var fs syscall.Statfs_t
	must(t, syscall.Statfs(dir, &fs))
	name := filepath.Join(dir, "filler")
	must(t, os.WriteFile(name, make([]byte, max(0, int64(fs.Bavail)*fs.Bsize-but)), 0o600))
	return func() { os.Remove(name) }
}

// A disk that is full, and has room again: the file is read back in both.
func TestSQLiteOnAFullDisk(t *testing.T) {
	disk := smallDisk(t, 4<<20)
	c := crowd{book: opened(t, filepath.Join(disk, "orders.db"), Options{Workers: 8})}
	const stock = 10000
	must(t, c.book.Open(t.Context(), item("7", stock)))
	free := fill(t, disk, 256<<10)
	c.write(t.Context(), 300, 8, func(int64, int64) {})
	a := c.settle(t, stock)
	if a.told[sale.OK] == 0 || a.told[sale.Indeterminate] == 0 {
		t.Errorf("%v", a.told)
	}
	free()
	if outcome, text := c.book.Write(t.Context(), Order{"7", "late", "r", 1}); outcome != sale.OK {
		t.Errorf("with room again: %s %s", outcome, text)
	}
}

// A disk that is full makes PostgreSQL refuse, and in the end fall: its log has no
// room. With room again it comes back, and the orders with it.
func TestPostgresOnAFullDisk(t *testing.T) {
	disk := smallDisk(t, 96<<20)
	server := postgrestest.Start(t, postgrestest.Options{Under: disk})
	c := crowd{book: opened(t, server.URL(), Options{Workers: 8})}
	const stock = 1 << 20
	must(t, c.book.Open(t.Context(), item("7", stock)))
	free := fill(t, disk, 128<<10)
	c.write(t.Context(), 1000, 8, func(int64, int64) {})
	free()
	server.Kill() // it may be trying to come back by itself
	must(t, server.Start())
	a := c.settle(t, stock)
	if a.told[sale.OK] == 0 || a.told[sale.Failed] == 0 {
		t.Errorf("%v", a.told)
	}
	if !strings.Contains(server.Log(), "No space left on device") {
		t.Errorf("the disk was not full: %s", server.Log())
	}
}

// A table that may not grow any more, which nobody needs to be root for: the
// server goes on, and says what it could not write.
func TestPostgresFilesThatMayNotGrow(t *testing.T) {
	server := postgrestest.Start(t, postgrestest.Options{
		Settings: []string{"autovacuum = off"},
		// A MiB, as a segment of the log has; the orders are the first to grow beyond.
		Through: []string{"/bin/sh", "-c", `ulimit -f 2048 && exec "$0" "$@"`},
	})
	c := crowd{book: opened(t, server.URL(), Options{Workers: 8})}
	const stock = 1 << 20
	must(t, c.book.Open(t.Context(), item("7", stock)))
	query(t, server, `DO $$ BEGIN
		WHILE greatest(pg_relation_size('seckill_orders'), pg_relation_size('seckill_orders_pkey')) < 1000000 LOOP
			INSERT INTO seckill_orders (item, buyer, request, once_per_buyer, quantity) SELECT 'old', gen_random_uuid(), '', false, 1 FROM generate_series(1, 50);
		END LOOP; END $$`)
	c.write(t.Context(), 1500, 8, func(int64, int64) {})
	a := c.settle(t, stock)
	if a.told[sale.OK] == 0 || a.told[sale.Failed] == 0 || a.told[sale.Indeterminate] != 0 {
		t.Errorf("%v", a.told)
	}
}
