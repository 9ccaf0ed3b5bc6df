package server

import (
	"slices"
	"strings"
	"testing"

	resp "github.com/alicebob/miniredis/v2/server"
)

func TestDescribeRedis(t *testing.T) {
	needRedis(t)
	info := mustOpen(t, Options{Server: "redis-server"}).Describe(t.Context())
	if info.Product == nil || *info.Product != "redis" || info.Version == nil || !strings.Contains(*info.Version, ".") {
		t.Errorf("product %v, version %v", info.Product, info.Version)
	}
	for name, want := range map[string]string{"appendonly": "no", "save": "", "maxmemory": "0", "maxmemory-policy": "noeviction"} {
		if got := info.Config[name]; got == nil || *got != want {
			t.Errorf("%s is %v, want %q", name, got, want)
		}
	}
	for name, can := range info.Capabilities {
		if !can {
			t.Errorf("Redis cannot %s", name)
		}
	}
	if len(info.Capabilities) != 6 || len(info.Refused) != 0 || info.SameHost == nil || !*info.SameHost {
		t.Errorf("capabilities %v, refused %q, same host %v", info.Capabilities, info.Refused, info.SameHost)
	}
}

func TestDescribeEmbedded(t *testing.T) {
	info := mustOpen(t, Options{Server: "embedded"}).Describe(t.Context())
	if info.Product == nil || *info.Product != "miniredis" {
		t.Errorf("product %v, version %v", info.Product, info.Version)
	}
	if info.Capabilities["config_get"] || !info.Capabilities["script_load"] || info.Config["save"] != nil {
		t.Errorf("capabilities %v, config %v", info.Capabilities, info.Config)
	}
}

// A proxy hangs up on what it forbids: each question needs its own connection.
func TestDescribeProxy(t *testing.T) {
	proxy, err := resp.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	hangUp := func(c *resp.Peer, _ string, _ []string) { c.Close() }
	answer := func(c *resp.Peer, _ string, _ []string) { c.WriteOK() }
	for name, run := range map[string]resp.Cmd{"PING": answer, "INFO": hangUp, "CONFIG": hangUp, "SCRIPT": answer, "AUTH": answer} {
		if err := proxy.Register(name, run); err != nil {
			t.Fatal(err)
		}
	}
	s := mustOpen(t, Options{Server: "redis://" + proxy.Addr().String(), Password: password})
	info := s.Describe(t.Context())
	if info.Product != nil || info.Version != nil || info.Capabilities["info"] || info.Capabilities["config_get"] || !info.Capabilities["script_load"] {
		t.Errorf("told %v %v, capabilities %v", info.Product, info.Version, info.Capabilities)
	}
	if len(info.Refused) != 3 || !strings.Contains(info.Refused[0], "no version") {
		t.Errorf("refused %q", info.Refused)
	}
	if value, named := info.Config["maxmemory"]; !named || value != nil {
		t.Errorf("maxmemory is %v, %v", value, named)
	}
}

func TestDescribeStrictUser(t *testing.T) {
	r := startRemote(t, "optional")
	info := mustOpen(t, Options{Server: "redis://shy:" + password + "@" + r.plain}).Describe(t.Context())
	if len(info.Refused) != 5 || slices.ContainsFunc(info.Refused, func(s string) bool { return strings.Contains(s, password) }) {
		t.Errorf("refused %q", info.Refused)
	}
}

func TestProduct(t *testing.T) {
	for _, row := range []struct{ reason, info, name, version string }{
		{"Redis", "# Server\r\nredis_version:7.0.15\r\nos:Linux\r\n", "redis", "7.0.15"},
		{"Valkey stands for a Redis version too", "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n", "valkey", "8.1.0"},
		{"Dragonfly", "redis_version:7.4.0\r\ndragonfly_version:df-v1.27.1\r\n", "dragonfly", "df-v1.27.1"},
		{"nothing told", "# Clients\r\nconnected_clients:1\r\n", "", ""},
	} {
		name, version := product(row.info)
		if name == nil != (row.name == "") || name != nil && (*name != row.name || *version != row.version) {
			t.Errorf("%s: %v %v", row.reason, name, version)
		}
	}
}

func TestSameHost(t *testing.T) {
	for _, row := range []struct {
		reason, network, addr string
		same                  bool
	}{
		{"loopback", "tcp", "127.0.0.1:1", true},
		{"loopback, IPv6", "tcp", "[::1]:1", true},
		{"loopback by name", "tcp", "localhost:1", true},
		{"a socket", "unix", "/run/redis.sock", true},
		{"an address of documentation", "tcp", "192.0.2.1:1", false},
		{"a name", "tcp", "redis.example:1", false},
	} {
		s := &Server{}
		s.options.Network, s.options.Addr = row.network, row.addr
		if got := s.sameHost(); (got != nil) != row.same {
			t.Errorf("%s: %v", row.reason, got)
		}
	}
}
