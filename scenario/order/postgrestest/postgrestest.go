// Package postgrestest starts a PostgreSQL for tests, kills it and starts it again.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that there is no PostgreSQL on this machine.
var ErrMissing = errors.New("there is no PostgreSQL: .ci/install postgresql")

const (
	// startTimeout is how long a server may take to start.
	startTimeout = time.Minute
	poll         = 20 * time.Millisecond
	// memory is Linux's file system in memory; enough is the room it must have.
	memory = "/dev/shm"
	enough = 512 << 20
)

// places are where initdb and postgres lie if not on PATH; of several the last.
var places = []string{"/usr/lib/postgresql/*/bin", "/usr/libexec/postgresql*", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"}

// Options say how a server is set up.
type Options struct {
	// Settings are lines of its configuration, such as "work_mem = 4MB".
	Settings []string
	// Under is where it makes its folder; if empty, in memory where there is room,
	// which outlives all processes as a disk does, else among the temporary files.
	Under string
	// Through are the words of a command that becomes the server, whose own words
	// follow: for limits that a process gives its successor.
	Through []string
}

// A Server is a PostgreSQL of its own, with fsync on, that listens on a socket in
// its folder and lets everybody in. It belongs to one goroutine.
type Server struct {
	binaries, folder string
	settings         []string
	through          []string
	owner            *syscall.Credential // nil: whoever runs the tests
	process          *process            // the latest; nil before the first
}

// Start starts a server that ends with the test. Without a PostgreSQL the test is
// skipped, or fails where CI is set.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Open(o)
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Open makes a server and starts it; ErrMissing where there is no PostgreSQL.
func Open(o Options) (*Server, error) {
	binaries, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{binaries: binaries, settings: o.Settings, through: o.Through}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if s.owner, err = unprivileged(); err != nil {
			return nil, err
		}
	}
	// A folder of testing's own would be closed to anybody but root.
	if o.Under == "" && roomy(memory) {
		o.Under = memory
	}
	if s.folder, err = os.MkdirTemp(o.Under, "seckill-pg-"); err != nil {
		return nil, err
	}
	if s.owner != nil {
		err = os.Chown(s.folder, int(s.owner.Uid), int(s.owner.Gid))
	}
	if err == nil {
		err = s.initialize()
	}
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// roomy reports whether a file system has enough room.
func roomy(folder string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(folder, &fs) == nil && int64(fs.Bavail)*int64(fs.Bsize) > enough
}

// find returns the folder of the binaries.
func find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil && isFile(filepath.Join(filepath.Dir(real), "postgres")) {
			return filepath.Dir(real), nil
		}
	}
	for _, place := range places {
		folders, _ := filepath.Glob(place)
		for i := len(folders) - 1; i >= 0; i-- {
			if isFile(filepath.Join(folders[i], "initdb")) && isFile(filepath.Join(folders[i], "postgres")) {
				return folders[i], nil
			}
		}
	}
	return "", ErrMissing
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// command is one of PostgreSQL's programs, run by the owner of the folder.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	return s.owned(append([]string{filepath.Join(s.binaries, name)}, args...))
}

func (s *Server) owned(words []string) *exec.Cmd {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = s.folder, append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	return cmd
}

func (s *Server) initialize() error {
	out, err := s.command("initdb", "-D", s.data(), "-A", "trust", "-U", "seckill", "-E", "UTF8", "--locale=C", "--wal-segsize=1", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	lines := append([]string{
		"listen_addresses = ''", "unix_socket_directories = '" + s.folder + "'", "unix_socket_permissions = 0777",
		"fsync = on", "shared_buffers = 16MB", "max_connections = 100", "min_wal_size = 2MB", "max_wal_size = 8MB",
	}, s.settings...)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// Folder is where the server's socket lies, and its files below data.
func (s *Server) Folder() string { return s.folder }

// Pid is the number of the server's first process.
func (s *Server) Pid() int { return s.process.pid() }

// URL leads to the server's database.
func (s *Server) URL() string {
	return "postgres://seckill@/postgres?" + url.Values{"host": {s.folder}, "port": {"5432"}}.Encode()
}

// Start starts the server again, and returns when it can be written to. The
// processes of one that was killed may take a while to let go.
func (s *Server) Start() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	for {
		cmd := s.owned(append(slices.Clone(s.through), filepath.Join(s.binaries, "postgres"), "-D", s.data()))
		cmd.Stdout, cmd.Stderr = log, log
		tie(cmd.SysProcAttr)
		if s.process, err = start(cmd); err != nil {
			return err
		}
		if s.answers(ctx) {
			return nil
		}
		if s.process.lives() {
			s.Kill()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not start: %s", s.Log())
		case <-time.After(poll):
		}
	}
}

// answers waits until the server can be written to; false if it ends before.
func (s *Server) answers(ctx context.Context) bool {
	for s.process.lives() && ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			conn.Close(ctx)
			return true
		}
		time.Sleep(poll)
	}
	return false
}

func (s *Server) logFile() string { return filepath.Join(s.folder, "log") }

// Log is what the server has told.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.logFile())
	return string(text)
}

// Kill ends all processes of the server by SIGKILL, and waits. The first one is
// stopped before, so that it can start no others.
func (s *Server) Kill() {
	if !s.process.lives() {
		return
	}
	syscall.Kill(s.Pid(), syscall.SIGSTOP)
	for _, pid := range children(s.Pid()) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	syscall.Kill(s.Pid(), syscall.SIGKILL)
	<-s.process.ended
}

// Ended is closed when the server has ended, by itself or not.
func (s *Server) Ended() <-chan struct{} { return s.process.ended }

// Close ends the server and removes its folder.
func (s *Server) Close() error {
	if s.process != nil {
		s.Kill()
	}
	return os.RemoveAll(s.folder)
}

// Children are the numbers of the server's processes whose title, which says what
// each is for, contains a text. Only Linux shows them.
func (s *Server) Children(title string) (found []int) {
	for _, pid := range children(s.Pid()) {
		line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if strings.Contains(string(line), title) {
			found = append(found, pid)
		}
	}
	return found
}
