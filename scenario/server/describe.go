package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// describeTimeout bounds each question to a server about itself.
const describeTimeout = 3 * time.Second

// settings are those that decide how fast a server is, and what it may lose.
var settings = []string{
	"appendfsync", "appendonly", "io-threads", "lua-time-limit", "maxclients", "maxmemory",
	"maxmemory-policy", "min-replicas-to-write", "save", "timeout",
}

// forks are the products that name their own version in INFO, beside the Redis
// version they stand for.
var forks = []string{"valkey", "redict", "dragonfly", "garnet", "kvrocks"}

// Info is what a server tells about itself. What it does not tell is nil, and
// Refused says what is lost by it.
type Info struct {
	// Product is redis, valkey, miniredis, … in lower case.
	Product, Version *string
	// Config holds the settings that matter; all are nil where CONFIG is refused.
	Config map[string]*string
	// Capabilities is what the server answers, of what was asked.
	Capabilities map[string]bool
	Refused      []string
	// SameHost is true where the address is of this machine; nil: not known.
	SameHost *bool
}

// refusal names what a server did not answer, why, and what is lost by it. The
// arguments that some servers repeat are left out.
func refusal(command string, err error, lost string) string {
	why, _, _ := strings.Cut(err.Error(), ", with args")
	return fmt.Sprintf("%s refused (%s): %s", command, why, lost)
}

func (s *Server) askInfo(ctx context.Context, info *Info) error {
	reply, err := s.ask(ctx, "INFO")
	if err != nil {
		return err
	}
	text, _ := reply.(string)
	info.Product, info.Version = product(text)
	return nil
}

// product reads who answers an INFO.
func product(text string) (name, version *string) {
	fields := fields(text)
	for _, fork := range forks {
		if v, is := fields[fork+"_version"]; is {
			return new(fork), new(v)
		}
	}
	if v, is := fields["redis_version"]; is {
		return new("redis"), new(v)
	}
	return nil, nil
}

// askConfig asks for each setting by itself: a server may not know all, and
// before version 7 CONFIG GET takes one name.
func (s *Server) askConfig(ctx context.Context, info *Info) error {
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	for _, name := range settings {
		reply, err := client.Do(ctx, "CONFIG", "GET", name).Result()
		if err != nil {
			return err
		}
		if pair, _ := Flat(reply).([]any); len(pair) == 2 {
			if value, is := pair[1].(string); is {
				info.Config[name] = &value
			}
		}
	}
	return nil
}

// sameHost reports whether the server's address is one of this machine.
func (s *Server) sameHost() *bool {
	if s.options.Network == "unix" {
		return new(true)
	}
	host, _, _ := net.SplitHostPort(s.options.Addr)
	if host == "localhost" {
		return new(true)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	own, _ := net.InterfaceAddrs()
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr() == ip.Unmap() {
			return new(true)
		}
	}
	if ip.IsLoopback() {
		return new(true)
	}
	return nil
}

// libraryVersion is the version of a module in this program; nil if unknown.
func libraryVersion(module string) *string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range build.Deps {
		if m.Path == module {
			return new(strings.TrimPrefix(m.Version, "v"))
		}
	}
	return nil
}

// Clients returns how many clients are connected to the server, and how many it
// admits; of several nodes, to the one that clients reach. What it does not tell
// is nil.
func (s *Server) Clients(ctx context.Context) (connected, most *int64) {
	if text, err := askWithin(ctx, s.ask, "INFO", "clients"); err == nil {
		info, _ := text.(string)
		told := account{info: fields(info)}
		connected, most = told.number("connected_clients"), told.number("maxclients")
	}
	if most != nil {
		return connected, most
	}
	reply, _ := askWithin(ctx, s.ask, "CONFIG", "GET", "maxclients") // before Redis 6 INFO does not have it
	if pair, _ := reply.([]any); len(pair) == 2 {
		if text, is := pair[1].(string); is {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				most = &n
			}
		}
	}
	return connected, most
}
