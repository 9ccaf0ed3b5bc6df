package server

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// basicConfig is a configuration that Redis 6, 7 and 8 and Valkey understand. It
// goes by a file, because they do not read their arguments alike.
func basicConfig(port, maxClients int) string {
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

// replicaConfig has a replica attach in milliseconds.
const replicaConfig = `repl-diskless-sync yes
repl-diskless-sync-delay 0
`

// clusterConfig makes a node of a server. A node that is not told its own
// address leaves it out of the map that it gives to clients.
const clusterConfig = `cluster-enabled yes
cluster-announce-ip 127.0.0.1
cluster-config-file nodes.conf
cluster-node-timeout 2000
`

// ownDirectives are those by which the harness finds, reaches and ends a server,
// and knows its roles: whoever sets them takes it out of the harness's hands.
var ownDirectives = []string{
	"aclfile", "appenddirname", "appendfilename", "bind", "bind-source-addr", "daemonize", "dir", "include", "logfile",
	"masterauth", "masteruser", "pidfile", "port", "protected-mode", "rename-command", "replicaof", "requirepass",
	"slaveof", "supervised", "syslog-enabled", "unixsocket", "unixsocketperm", "user",
}

// ownPrefixes are the beginnings of more of them.
var ownPrefixes = []string{"cluster-", "replica-announce-", "slave-announce-", "tls-"}

// directives makes lines of a configuration from the user's "name value" or
// "name=value". An empty value is written as "".
func directives(config []string) (string, error) {
	var lines strings.Builder
	for _, text := range config {
		at := strings.IndexAny(text, " =")
		if at < 1 {
			return "", fmt.Errorf("--server-config %q: want NAME=VALUE", text)
		}
		name, value := strings.ToLower(text[:at]), strings.TrimSpace(text[at+1:])
		if strings.ContainsFunc(text, unicode.IsControl) {
			return "", fmt.Errorf("--server-config %q: a directive is one line of text", text)
		}
		isOwn := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if slices.Contains(ownDirectives, name) || slices.ContainsFunc(ownPrefixes, isOwn) {
			return "", fmt.Errorf("--server-config %s: the harness sets it itself", name)
		}
		if value == "" {
			value = `""`
		}
		fmt.Fprintf(&lines, "%s %s\n", name, value)
	}
	return lines.String(), nil
}

// refused finds what a server says of a configuration that it does not take:
// the line, and what is wrong with it.
var refused = regexp.MustCompile(`(?m)^>>> '(.*)'\r?\n(.+)$`)

// refusedLine returns the error of a server that did not take its configuration;
// nil if that is not why it ended.
func refusedLine(log []byte) error {
	found := refused.FindSubmatch(log)
	if found == nil {
		return nil
	}
	return fmt.Errorf("it refuses %q in its configuration: %s", found[1], bytes.TrimSpace(found[2]))
}
