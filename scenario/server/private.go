package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// startTimeout is how long a server binary may take to answer.
	startTimeout = 5 * time.Second
	// spare is the connections a private server admits beyond those of the run.
	spare      = 128
	configFile = "redis.conf"
	logFile    = "redis.log"
)

var errPortTaken = errors.New("the port is taken")

// A private server is a process with a folder of its own.
type private struct {
	*process
	dir string
}

// spawn starts a private server and returns when it answers.
func spawn(ctx context.Context, binary string, maxClients int) (*Server, error) {
	path, err := locate(binary)
	if err != nil {
		return nil, err
	}
	for range 5 {
		addr, err := freeAddress()
		if err != nil {
			return nil, err
		}
		s, err := spawnOn(ctx, addr, path, maxClients)
		if !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
	return nil, fmt.Errorf("server %s: every free port was taken by somebody else before it could listen", path)
}

// locate finds a binary by path or on PATH.
func locate(binary string) (string, error) {
	path, err := exec.LookPath(binary)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("server %q: no such binary; --server takes auto, embedded, a server binary, or a redis://, rediss:// or unix:// URL", binary)
	case errors.Is(err, exec.ErrDot):
		return "", fmt.Errorf("server %q is found in the working directory only: write ./%s", binary, binary)
	case err != nil:
		return "", fmt.Errorf("server %q cannot be run: %w", binary, errors.Unwrap(err))
	}
	return filepath.Abs(path)
}

// spawnOn starts a server on an address, with more lines of configuration.
func spawnOn(ctx context.Context, addr *net.TCPAddr, path string, maxClients int, more ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "seckill-server-")
	if err != nil {
		return nil, fmt.Errorf("a folder for the server: %w", err)
	}
	s := &Server{
		Kind: Spawned, Address: "redis://" + addr.String(),
		options: redis.Options{Network: "tcp", Addr: addr.String()},
	}
	if s.private, err = run(path, dir, config(addr.Port, maxClients)+strings.Join(more, "")); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("server %s cannot be run: %w", path, err)
	}
	if err := s.awaitStart(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("server %s: %w", path, err)
	}
	return s, nil
}

func freeAddress() (*net.TCPAddr, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr), nil
}

// config is a configuration that Redis 6, 7 and 8 and Valkey understand. It
// goes by a file, because they do not read their arguments alike.
func config(port, maxClients int) string {
	return fmt.Sprintf(`bind 127.0.0.1
port %d
protected-mode yes
daemonize no
dir ./
logfile ""
save ""
appendonly no
maxclients %d
`, port, maxClients+spare)
}

// run starts a binary in a folder, where its output goes too.
func run(path, dir, config string) (*private, error) {
	if err := os.WriteFile(filepath.Join(dir, configFile), []byte(config), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, logFile))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(path, configFile)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	process, err := start(cmd)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, err
	}
	return &private{process, dir}, nil
}

// awaitStart returns when the server answers from its own folder: on its port
// somebody else may have been quicker.
func (s *Server) awaitStart(ctx context.Context) error {
	deadline, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	dir, err := filepath.EvalSymlinks(s.private.dir)
	if err != nil {
		return err
	}
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		if s.answersFrom(deadline, dir) {
			return nil
		}
		select {
		case <-s.private.ended:
			return s.private.failure()
		case <-deadline.Done():
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("is not a Redis server: no answer within %v%s", startTimeout, s.private.lastWords())
		case <-poll.C:
		}
	}
}

// answersFrom asks once, and not for long: the one who listens may be a stranger
// who never answers.
func (s *Server) answersFrom(ctx context.Context, dir string) bool {
	ctx, cancel := context.WithTimeout(ctx, startTimeout/10)
	defer cancel()
	reply, err := s.ask(ctx, "CONFIG", "GET", "dir")
	pair, _ := reply.([]any)
	return err == nil && len(pair) == 2 && pair[1] == dir
}

// failure says why a process ended before it answered.
func (p *private) failure() error {
	log, _ := os.ReadFile(filepath.Join(p.dir, logFile))
	if bytes.Contains(log, []byte("Address already in use")) {
		return errPortTaken
	}
	return fmt.Errorf("is not a Redis server, or cannot start: %w", p.cause())
}

// cause says how the process ended; nil while it lives.
func (p *private) cause() error {
	select {
	case <-p.ended:
		return fmt.Errorf("its process ended (%s)%s", p.cmd.ProcessState, p.lastWords())
	default:
		return nil
	}
}

// lastWords is the last line that the process wrote.
func (p *private) lastWords() string {
	log, _ := os.ReadFile(filepath.Join(p.dir, logFile))
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	last := strings.ToValidUTF8(strings.TrimSpace(lines[len(lines)-1]), "?")
	if last == "" {
		return ""
	}
	return fmt.Sprintf("; its last line: %.200s", last)
}

// stop ends the process and removes its folder.
func (p *private) stop() error {
	p.kill()
	return os.RemoveAll(p.dir)
}
