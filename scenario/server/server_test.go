package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// needRedis skips a test where there is no redis-server; in CI there must be one.
func needRedis(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("redis-server is not on PATH")
		}
		t.Skip("redis-server is not on PATH")
	}
}

func mustOpen(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// says fails unless an error is one line that holds a text and no password.
func says(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("no error; want %q", text)
	case !strings.Contains(err.Error(), text):
		t.Errorf("error %q does not say %q", err, text)
	case strings.Contains(err.Error(), "\n"):
		t.Errorf("error %q has more than one line", err)
	case strings.Contains(err.Error(), password):
		t.Errorf("error %q tells the password", err)
	}
}

func TestPrivateServer(t *testing.T) {
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", MaxClients: 300})
	if !s.Ours() || s.Kind != Spawned || !strings.HasPrefix(s.Address, "redis://127.0.0.1:") {
		t.Errorf("opened %s %s", s.Kind, s.Address)
	}
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	for name, want := range map[string]string{
		"save": "", "appendonly": "no", "bind": "127.0.0.1", "protected-mode": "yes", "maxclients": "428",
		"dir": s.Nodes()[0].dir,
	} {
		if got := client.ConfigGet(t.Context(), name).Val()[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if s.Cause() != nil {
		t.Errorf("it lives, and ended by %v", s.Cause())
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	<-s.Died()
	isGone(t, s.private)
}

func TestDied(t *testing.T) {
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	s.Nodes()[0].process.cmd.Process.Kill()
	select {
	case <-s.Died():
	case <-time.After(10 * time.Second):
		t.Fatal("its death is not told")
	}
	says(t, s.Cause(), "signal: killed")
}

func TestClientOptionsAreFresh(t *testing.T) {
	s := mustOpen(t, Options{Server: "embedded"})
	s.ClientOptions().Addr = "elsewhere"
	if o := s.ClientOptions(); o.Addr != s.options.Addr || o.MaxRetries != -1 {
		t.Errorf("options are %+v", o)
	}
}

func TestBinariesThatAreNoServer(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	files := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, row := range []struct{ reason, binary, want string }{
		{"ends at once", "/bin/true", "exit status 0"},
		{"ends with a complaint", "/bin/sleep", "its last line: "},
		{"a text file", write("text", "hello", 0o644), "permission denied"},
		{"a text file that may be run", write("mode", "hello", 0o755), "exec format error"},
		{"a folder", files, "is a directory"},
		{"not there", filepath.Join(files, "none"), "no such binary"},
		{"not on PATH", "no-such-server", "no such binary"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			s, err := Open(t.Context(), Options{Server: row.binary})
			if err == nil {
				s.Close()
			}
			says(t, err, row.want)
		})
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// deaf is a binary that neither listens nor ends.
func deaf(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "deaf")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho waiting for nobody\nsleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBinaryThatNeverListens(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Options{Server: deaf(t)})
	says(t, err, "last line: waiting for nobody")
}

func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, Options{Server: deaf(t)})
	says(t, err, "context deadline exceeded")
}

// A port that somebody took in between is noticed, so that another is tried.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	needRedis(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	other := mustOpen(t, Options{Server: "redis-server"})
	port := other.Nodes()[0].port.port
	for reason, taken := range map[string]int{"a taken port": listener.Addr().(*net.TCPAddr).Port, "the port of another's Redis": port} {
		g, err := newPrivate(other.private.path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := g.newNode("late")
		if err != nil {
			t.Fatal(err)
		}
		defer n.close()
		n.config += fmt.Sprintf("port %d\n", taken)
		n.port.release()
		n.port = &reservation{port: taken}
		if err := n.Start(t.Context()); !errors.Is(err, errPortTaken) {
			t.Errorf("on %s: %v", reason, err)
		}
	}
}

func TestAuto(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), Options{Server: "auto", NoFallback: true})
	for _, way := range []string{"redis-server", "--server embedded", "redis://"} {
		says(t, err, way)
	}
	s := mustOpen(t, Options{Server: "auto"})
	if s.Kind != Embedded || !strings.Contains(s.Note, "PATH") || !s.Ours() || s.Died() != nil {
		t.Errorf("opened %+v", s)
	}
}

func TestAutoTakesTheBinaryOnPath(t *testing.T) {
	needRedis(t)
	real, _ := exec.LookPath("redis-server")
	for _, name := range []string{"redis-server", "valkey-server"} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			if err := os.Symlink(real, filepath.Join(path, name)); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", path)
			if s := mustOpen(t, Options{}); s.Kind != Spawned || s.Note != "" {
				t.Errorf("opened %s, %q", s.Kind, s.Note)
			}
		})
	}
}
