// Package server opens the Redis that a sale runs on: one inside this process,
// a private one started for the run, or one that somebody else runs.
package server

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// The kinds of server.
const (
	Embedded = "embedded" // miniredis, in this process
	Spawned  = "spawned"  // a private process, started and stopped by the harness
	Remote   = "remote"   // named by a URL
)

// Options says which server to open, and how.
type Options struct {
	// Server is auto, embedded, the name or path of a server binary, or a
	// redis://, rediss:// or unix:// URL. The empty text is auto.
	Server string
	// NoFallback makes auto fail where there is no server binary.
	NoFallback bool
	// Password is used with a URL that holds none.
	Password string
	// TLSCA, TLSCert and TLSKey are PEM files: the authorities to trust beside
	// the system's own, and the client's certificate. They go with rediss://.
	TLSCA, TLSCert, TLSKey string
	// TLSInsecure skips the check of the server's certificate.
	TLSInsecure bool
	// MaxClients is how many connections the run will open; a private server
	// admits that many and some more.
	MaxClients int
}

// A Server is open from Open to Close.
type Server struct {
	// Kind is Embedded, Spawned or Remote.
	Kind string
	// Address is a URL without its password.
	Address string
	// Note is what the user should be told about the choice of server; often empty.
	Note string

	options  redis.Options
	embedded *miniredis.Miniredis
	private  *private
	close    sync.Once
	closed   error
}

// Open opens a server and returns when it answers. An error is one line, and
// never holds a password.
func Open(ctx context.Context, o Options) (*Server, error) {
	logging.Disable() // during an outage go-redis logs every failed dial
	if o.tls() && !strings.HasPrefix(o.Server, "rediss://") {
		return nil, errors.New("the TLS options go with a rediss:// URL")
	}
	switch {
	case o.Server == "" || o.Server == "auto":
		return openAuto(ctx, o)
	case o.Server == Embedded:
		return embed()
	case strings.Contains(o.Server, "://"):
		return openURL(ctx, o)
	default:
		return spawn(ctx, o.Server, o.MaxClients)
	}
}

func openAuto(ctx context.Context, o Options) (*Server, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		s, err := spawn(ctx, path, o.MaxClients)
		if err != nil {
			return nil, fmt.Errorf("%w; --server embedded needs no binary", err)
		}
		return s, nil
	}
	if o.NoFallback {
		return nil, errors.New("neither redis-server nor valkey-server is on PATH: install one, or choose --server embedded, a path, or a redis:// URL")
	}
	s, err := embed()
	if err == nil {
		s.Note = "Neither redis-server nor valkey-server is on PATH: the sale runs on miniredis, inside this process. " +
			"That tests the script; its speed says nothing about Redis."
	}
	return s, err
}

func embed() (*Server, error) {
	m, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("the embedded server: %w", err)
	}
	return &Server{
		Kind: Embedded, Address: "redis://" + m.Addr(), embedded: m,
		options: redis.Options{Network: "tcp", Addr: m.Addr()},
	}, nil
}

// ClientOptions returns options for a go-redis client of its own: no retries
// (a script must not run twice for one attempt), nothing said to the server
// but what is asked of it, replies as RESP2 has them, and sockets that obey a
// context's deadline. The caller may change them.
func (s *Server) ClientOptions() *redis.Options {
	o := s.options
	if o.TLSConfig != nil {
		o.TLSConfig = o.TLSConfig.Clone()
	}
	o.Protocol = 2
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DisableIdentity = true
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &o
}

// Ours reports whether the harness started the server.
func (s *Server) Ours() bool { return s.Kind != Remote }

// Died returns a channel that is closed when the process of a spawned server
// has ended; for other servers it never is.
func (s *Server) Died() <-chan struct{} {
	if s.private == nil {
		return nil
	}
	return s.private.ended
}

// Cause says how the process of a spawned server ended; nil while it lives,
// and for other servers.
func (s *Server) Cause() error {
	if s.private == nil {
		return nil
	}
	return s.private.cause()
}

// Close ends what Open started and removes its folder. It may be called again.
func (s *Server) Close() error {
	s.close.Do(func() {
		if s.embedded != nil {
			s.embedded.Close()
		}
		if s.private != nil {
			s.closed = s.private.stop()
		}
	})
	return s.closed
}

// ask sends one command over a connection of its own: some proxies close the
// connection on a command they do not allow.
func (s *Server) ask(ctx context.Context, args ...any) (any, error) {
	o := s.ClientOptions()
	o.PoolSize = 1
	client := redis.NewClient(o)
	defer client.Close()
	return client.Do(ctx, args...).Result()
}
