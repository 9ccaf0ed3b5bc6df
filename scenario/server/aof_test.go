package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Killing a process loses nothing that it has written to its file; cutting the
// file loses its tail and nothing else.
func TestCutAOF(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Config: []string{"appendonly=yes"}})
	n := s.Nodes()[0]
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	for i := range 1000 {
		must(t, client.RPush(t.Context(), "list", fmt.Sprintf("%05d", i)).Err())
	}
	if _, err := n.CutAOF(1); err == nil {
		t.Error("the file of a node that is up was cut")
	}
	must(t, n.Kill())
	must(t, n.Start(t.Context()))
	if got := do(t, n, "LLEN", "list"); got != int64(1000) {
		t.Errorf("%v of 1000 survived SIGKILL", got)
	}
	must(t, n.Kill())
	const entry = int64(len("*3\r\n$5\r\nrpush\r\n$4\r\nlist\r\n$5\r\n00000\r\n"))
	cut, err := n.CutAOF(10*entry + 1)
	must(t, err)
	must(t, n.Start(t.Context()))
	if got := do(t, n, "LLEN", "list"); got != int64(1000-11) || cut != 10*entry+1 {
		t.Errorf("%v of 1000 survived a cut of %d bytes", got, cut)
	}
	if got := do(t, n, "LINDEX", "list", -1); got != "00988" {
		t.Errorf("the last one is %v", got)
	}
	must(t, n.Kill())
	if cut, err = n.CutAOF(1 << 40); err != nil || cut <= 0 {
		t.Errorf("cut %d (%v)", cut, err)
	}
	must(t, n.Start(t.Context()))
	if got := do(t, n, "DBSIZE"); got != int64(0) {
		t.Errorf("%v keys are left of an empty file", got)
	}
	lives(t, s)
}

// A file can be loaded at whatever byte it was cut, and no script or
// transaction is loaded by half.
func TestCutAOFAtEveryByte(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Config: []string{"appendonly=yes"}})
	n := s.Nodes()[0]
	const script = "redis.call('DECR', 'stock') redis.call('SADD', 'buyers', ARGV[1]) return 1"
	do(t, n, "SET", "stock", 3)
	for i := range 3 {
		do(t, n, "EVAL", script, 0, fmt.Sprint("b", i))
	}
	must(t, n.Kill())
	path, err := lastAOF(n.dir)
	must(t, err)
	whole, err := os.ReadFile(path)
	must(t, err)
	last := len(whole) - strings.LastIndex(string(whole), "*1\r\n$5\r\nMULTI")
	places := make(chan int64)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			s := mustOpen(t, Options{Server: "redis-server", Config: []string{"appendonly=yes"}})
			for cut := range places {
				loadsCut(t, s.Nodes()[0], whole, cut, cut > 0)
			}
			s.Close()
		})
	}
	for cut := range int64(last + 1) {
		places <- cut
	}
	close(places)
	wait.Wait()
}

// loadsCut fails unless a node loads a file of three sales without its tail, of
// which the last sale is cut, or is not.
func loadsCut(t *testing.T, n *Node, whole []byte, cut int64, isCut bool) {
	sold := 3
	if isCut {
		sold = 2
	}
	if n.Up() {
		if err := n.Kill(); err != nil {
			t.Error(err)
		}
	}
	path, err := lastAOF(n.dir)
	if err == nil {
		err = os.WriteFile(path, whole, 0o600)
	}
	if err == nil {
		_, err = n.CutAOF(cut)
	}
	if err == nil {
		err = n.Start(t.Context())
	}
	if err != nil {
		t.Errorf("cut by %d: %v", cut, err)
		return
	}
	stock, _ := n.Do(t.Context(), "GET", "stock")
	buyers, _ := n.Do(t.Context(), "SCARD", "buyers")
	if stock != fmt.Sprint(3-sold) || buyers != int64(sold) {
		t.Errorf("cut by %d: stock %v, %v buyers; want %d sold", cut, stock, buyers, sold)
	}
}

// After a rewrite the file that grows is another one; that is the one to cut.
func TestCutAOFAfterARewrite(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Config: []string{"appendonly=yes"}})
	n := s.Nodes()[0]
	do(t, n, "SET", "old", 1)
	do(t, n, "BGREWRITEAOF")
	within(t, "the rewrite ends", func() bool {
		info := n.info(t.Context(), "persistence")
		return info["aof_rewrite_in_progress"] == "0" && info["aof_rewrite_scheduled"] == "0" && info["aof_base_size"] != "0"
	})
	do(t, n, "SET", "new", 1)
	must(t, n.Kill())
	_, err := n.CutAOF(1)
	must(t, err)
	must(t, n.Start(t.Context()))
	if do(t, n, "EXISTS", "old") != int64(1) || do(t, n, "EXISTS", "new") != int64(0) {
		t.Error("the wrong file was cut")
	}
}

func TestNoAOFToCut(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	must(t, s.Nodes()[0].Kill())
	_, err := s.Nodes()[0].CutAOF(1)
	says(t, err, "it has no append-only file")
}

func TestWhichFileIsTheLastAOF(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write(aofSingle, "*1\r\n$4\r\nPING\r\n")
	if got, err := lastAOF(dir); err != nil || got != filepath.Join(dir, aofSingle) {
		t.Errorf("the file of Redis 6: %s (%v)", got, err)
	}
	write(aofSingle, "REDIS0009 and so on")
	_, err := lastAOF(dir)
	says(t, err, "begins with a snapshot")
	write(aofFolder+"/"+aofManifest, "file a.base.rdb seq 2 type b\nfile a.h seq 1 type h\nfile a.1 seq 1 type i\nfile a.2 seq 2 type i\n")
	if got, err := lastAOF(dir); err != nil || got != filepath.Join(dir, aofFolder, "a.2") {
		t.Errorf("the last of a manifest: %s (%v)", got, err)
	}
	write(aofFolder+"/"+aofManifest, "file a.base.rdb seq 2 type b\n")
	_, err = lastAOF(dir)
	says(t, err, "no append-only file")
}
