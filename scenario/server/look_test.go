package server

import (
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/alicebob/miniredis/v2/server"
)

// lookedAt is what a proxy is seen to be that answers some commands and hangs up
// on all others.
func lookedAt(t *testing.T, answers map[string]func(*server.Peer)) (Look, *atomic.Int64) {
	t.Helper()
	proxy, err := server.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	asked := new(atomic.Int64)
	answers["PING"] = func(c *server.Peer) { c.WriteInline("PONG") }
	for _, name := range []string{"PING", "INFO", "ROLE", "DBSIZE", "AUTH", "SELECT"} {
		err := proxy.Register(name, func(c *server.Peer, _ string, _ []string) {
			asked.Add(1)
			if answer := answers[name]; answer != nil {
				answer(c)
			} else {
				c.Close()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := mustOpen(t, Options{Server: "redis://" + proxy.Addr().String()})
	l := s.Look(t.Context())
	before := asked.Load()
	if again := s.Look(t.Context()); again != l || asked.Load() != before {
		t.Errorf("asked again, a server is %+v and was %+v, by %d questions", again, l, asked.Load()-before)
	}
	return l, asked
}

func isSaid[T comparable](p *T, want T) bool { return p != nil && *p == want }

func TestLook(t *testing.T) {
	const info = "# Server\r\nredis_version:7.2.4\r\nconnected_clients:3\r\nused_memory:1048576\r\nrole:slave\r\n# Keyspace\r\ndb0:keys=12,expires=0,avg_ttl=0\r\n"
	all := func(c *server.Peer) { c.WriteBulk(info) }
	l, _ := lookedAt(t, map[string]func(*server.Peer){"INFO": all, "DBSIZE": func(c *server.Peer) { c.WriteInt(13) }})
	if !isSaid(l.Product, "redis") || !isSaid(l.Version, "7.2.4") || !isSaid(l.Role, "slave") || !isSaid(l.Clients, 2) || !isSaid(l.Keys, 13) || !isSaid(l.Memory, 1<<20) || !isSaid(l.Loopback, true) {
		t.Errorf("a server that tells all: %+v", l)
	}
	l, _ = lookedAt(t, map[string]func(*server.Peer){"INFO": all})
	if !isSaid(l.Keys, 12) {
		t.Errorf("DBSIZE is refused: %v keys, want those of INFO", l.Keys)
	}
	l, _ = lookedAt(t, map[string]func(*server.Peer){
		"INFO": func(c *server.Peer) { c.WriteError("ERR unknown command") }, "DBSIZE": func(c *server.Peer) { c.WriteInt(13) },
		"ROLE": func(c *server.Peer) { c.WriteLen(2); c.WriteBulk("master"); c.WriteInt(0) },
	})
	if l.Version != nil || l.Clients != nil || l.Memory != nil || !isSaid(l.Role, "master") || !isSaid(l.Keys, 13) {
		t.Errorf("INFO is refused: %+v", l)
	}
	l, _ = lookedAt(t, map[string]func(*server.Peer){})
	if l.Product != nil || l.Version != nil || l.Role != nil || l.Clients != nil || l.Keys != nil || l.Memory != nil || !isSaid(l.Loopback, true) {
		t.Errorf("a proxy that hangs up: %+v", l)
	}
}

func TestLookAtRealRedis(t *testing.T) {
	r := startRemote(t, "optional")
	s := mustOpen(t, Options{Server: "redis://:" + password + "@" + r.plain})
	for _, key := range []string{"a", "b"} {
		if _, err := s.Do(t.Context(), "SET", key, 1); err != nil {
			t.Fatal(err)
		}
	}
	l := s.Look(t.Context())
	if !isSaid(l.Product, "redis") || !isSaid(l.Role, "master") || !isSaid(l.Keys, 2) || l.Clients == nil || l.Memory == nil || *l.Memory < 1<<16 {
		t.Errorf("%+v", l)
	}
	shy := mustOpen(t, Options{Server: "redis://shy:" + password + "@" + r.plain}).Look(t.Context())
	if shy.Version != nil || shy.Role != nil || shy.Keys != nil {
		t.Errorf("to a user without rights: %+v", shy)
	}
}

func TestKeyCount(t *testing.T) {
	for line, want := range map[string]int64{"keys=12,expires=0,avg_ttl=0": 12, "keys=0": 0, "": -1, "keys=many": -1} {
		if got := keyCount(line); (got == nil) != (want < 0) || got != nil && *got != want {
			t.Errorf("%q: %v, want %d", line, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for _, row := range []struct {
		reason, network, addr string
		want                  string
	}{
		{"loopback", "tcp", "127.0.0.1:1", "true"},
		{"all of its network", "tcp", "127.9.9.9:1", "true"},
		{"IPv6", "tcp", "[::1]:1", "true"},
		{"a socket", "unix", "/run/redis.sock", "true"},
		{"an address of documentation", "tcp", "192.0.2.1:1", "false"},
		{"no address", "tcp", "redis", "nil"},
	} {
		s := &Server{}
		s.options.Network, s.options.Addr = row.network, row.addr
		got := "nil"
		if is := s.loopback(t.Context()); is != nil {
			got = map[bool]string{true: "true", false: "false"}[*is]
		}
		if got != row.want {
			t.Errorf("%s: %s, want %s", row.reason, got, row.want)
		}
	}
	here, there := netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("192.0.2.1")
	if !onlyLoopback([]netip.Addr{here}) || onlyLoopback([]netip.Addr{here, there}) {
		t.Error("a name of which one address is elsewhere is not loopback")
	}
}
