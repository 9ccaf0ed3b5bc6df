package server

import (
	"strings"
	"testing"
)

func TestDirectives(t *testing.T) {
	got, err := directives([]string{"appendonly=yes", "appendfsync always", "SAVE=60 1000", "save=", "maxmemory-policy  noeviction"})
	want := "appendonly yes\nappendfsync always\nsave 60 1000\nsave \"\"\nmaxmemory-policy noeviction\n"
	if err != nil || got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
	for _, text := range []string{
		"port=1", "PORT 1", "bind=0.0.0.0", "dir=/", "daemonize=yes", "unixsocket=x", "cluster-enabled=yes", "cluster-node-timeout=1",
		"replicaof=a 1", "slaveof=a 1", "logfile=x", "requirepass=x", "include=x", "tls-port=1", "rename-command=CONFIG x",
	} {
		_, err := directives([]string{text})
		says(t, err, "the harness sets it itself")
	}
	for _, text := range []string{"", "appendonly", "=yes", " appendonly yes"} {
		_, err := directives([]string{text})
		says(t, err, "want NAME=VALUE")
	}
	_, err = directives([]string{"appendonly=yes\nport=1"})
	says(t, err, "one line")
}

// The user's directives reach every node and outweigh the harness's; the server
// itself says what it does not take.
func TestConfigOfTheUser(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server", Topology: Replicas(1), Config: []string{"appendonly=yes", "save=100 10", "maxclients=200"}})
	for _, n := range s.Nodes() {
		for name, want := range map[string]string{"appendonly": "yes", "save": "100 10", "maxclients": "200", "appendfsync": "everysec"} {
			if got := do(t, n, "CONFIG", "GET", name).([]any)[1]; got != want {
				t.Errorf("%s: %s is %q, want %q", n.name, name, got, want)
			}
		}
	}
	for text, want := range map[string]string{
		"no-such=1":       `it refuses "no-such 1" in its configuration: Bad directive`,
		"appendonly=7":    `it refuses "appendonly 7" in its configuration: argument must be 'yes' or 'no'`,
		"appendonly=\"no": `Unbalanced quotes`,
	} {
		_, err := Open(t.Context(), Options{Server: "redis-server", Config: []string{text}})
		says(t, err, want)
		if err != nil && strings.Contains(err.Error(), "is not a Redis server") {
			t.Errorf("%v", err)
		}
	}
}
