// Package server opens the Redis that a sale runs on: one inside this process,
// a private one started for the run, or one that somebody else runs.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
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
	// Protocol is RESP2 or RESP3; 0: RESP2.
	Protocol int
	// NoHello sends no HELLO, over any connection; a password goes by AUTH.
	NoHello bool
	// InProcess gives the embedded server no port: only this process reaches it,
	// and nothing of it leaves a bubble of testing/synctest.
	InProcess bool
	// Between, if not nil, is given the server's end of each connection that is
	// made in process, and returns what its user gets: a place for programmed
	// delays. It goes with InProcess.
	Between func(net.Conn) net.Conn
	// MaxClients is how many connections the run will open; a private server
	// admits that many and some more.
	MaxClients int
	// Topology is of how many processes a private server is made.
	Topology Topology
	// Config holds directives for every process of a private server, each as
	// NAME=VALUE or "NAME VALUE"; they outweigh the harness's own.
	Config []string
	// HoldableReplication puts a proxy between every node and its replicas, so
	// that HoldReplication can hold it.
	HoldableReplication bool
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
	protocol int
	noHello  bool
	declined declined
	// seeds are addresses that lead into a cluster that somebody else runs; nil
	// for other servers.
	seeds    []string
	embedded *miniredis.Miniredis
	private  *private
	looked   looked
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
	elsewhere := o.Server == Embedded || strings.Contains(o.Server, "://")
	if err := o.needsBinary(); elsewhere && err != nil {
		return nil, err
	}
	if err := o.checkProtocol(); err != nil {
		return nil, err
	}
	if strings.Contains(o.Server, "://") {
		return openURL(ctx, o)
	}
	s, err := openOwn(ctx, o)
	if err == nil {
		s.protocol, s.noHello = o.Protocol, o.NoHello
	}
	return s, err
}

// openOwn opens a server that the harness starts.
func openOwn(ctx context.Context, o Options) (*Server, error) {
	switch o.Server {
	case "", "auto":
		return openAuto(ctx, o)
	case Embedded:
		return embed(o)
	}
	return spawn(ctx, o)
}

func openAuto(ctx context.Context, o Options) (*Server, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		o.Server = path
		s, err := spawn(ctx, o)
		if err != nil && o.needsBinary() == nil {
			err = fmt.Errorf("%w; --server embedded needs no binary", err)
		}
		return s, err
	}
	if err := o.needsBinary(); err != nil {
		return nil, fmt.Errorf("neither redis-server nor valkey-server is on PATH, and %w", err)
	}
	if o.NoFallback {
		return nil, errors.New("neither redis-server nor valkey-server is on PATH: install one, or choose --server embedded, a path, or a redis:// URL")
	}
	s, err := embed(Options{})
	if err == nil {
		s.Note = "Neither redis-server nor valkey-server is on PATH: the sale runs on miniredis, inside this process. " +
			"That tests the script; its speed says nothing about Redis."
	}
	return s, err
}

// needsBinary returns an error if the options take a server that the harness
// starts as processes of its own.
func (o *Options) needsBinary() error {
	switch {
	case o.Topology != Standalone:
		return fmt.Errorf("--topology %v needs a server binary: the harness starts the processes itself", o.Topology)
	case len(o.Config) > 0:
		return errors.New("--server-config needs a server binary: the harness sets only what it starts itself")
	}
	return nil
}

func embed(o Options) (*Server, error) {
	if o.InProcess {
		m := miniredis.NewMiniRedis()
		return &Server{
			Kind: Embedded, Address: "redis://127.0.0.1", embedded: m,
			options: redis.Options{
				Network: "tcp", Addr: "127.0.0.1:6379", // nobody is asked for it, but a name would be looked up
				Dialer: func(context.Context, string, string) (net.Conn, error) {
					c, err := m.Dial()
					if err == nil && o.Between != nil {
						c = o.Between(c)
					}
					return c, err
				},
			},
		}, nil
	}
	m, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("the embedded server: %w", err)
	}
	return &Server{
		Kind: Embedded, Address: "redis://" + m.Addr(), embedded: m,
		options: redis.Options{Network: "tcp", Addr: m.Addr()},
	}, nil
}

// InProcess reports whether the server has no port: its connections are none of
// the system's.
func (s *Server) InProcess() bool { return s.embedded != nil && s.options.Dialer != nil }

// Ours reports whether the harness started the server.
func (s *Server) Ours() bool { return s.Kind != Remote }

// Died returns a channel that is closed when a process of a spawned server has
// ended without being asked to, or the server was closed; for other servers it
// never is. Of an end that was asked for see Down.
func (s *Server) Died() <-chan struct{} {
	if s.private == nil {
		return nil
	}
	return s.private.died
}

// Cause says why Died is closed; nil while it is not, and for other servers.
func (s *Server) Cause() error {
	if s.private == nil {
		return nil
	}
	return s.private.why()
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
	return askOver(ctx, s.ClientOptions(), args...)
}

// askOver sends one command over a connection of its own.
func askOver(ctx context.Context, o *redis.Options, args ...any) (any, error) {
	o.PoolSize = 1
	client := redis.NewClient(o)
	defer client.Close()
	reply, err := client.Do(ctx, args...).Result()
	return Flat(reply), err
}

// Do sends one command over a connection of its own.
func (s *Server) Do(ctx context.Context, args ...any) (any, error) { return s.ask(ctx, args...) }

// Binary is the path of a spawned server's binary; empty for other servers.
func (s *Server) Binary() string {
	if s.private == nil {
		return ""
	}
	return s.private.path
}
