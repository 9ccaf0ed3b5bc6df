package server

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// isGone fails if a closed server has left a process, a folder or a port.
func isGone(t *testing.T, g *private) {
	t.Helper()
	if len(g.nodes) == 0 {
		t.Error("it had no nodes")
	}
	for _, n := range g.nodes {
		if n.Up() {
			t.Errorf("%s still runs", n.name)
		}
		// A child that was killed stays for a moment, until somebody has looked.
		within(t, n.name+" and its children have ended", func() bool {
			return syscall.Kill(-n.process.cmd.Process.Pid, 0) == syscall.ESRCH
		})
		if _, err := os.Stat(n.dir); !os.IsNotExist(err) {
			t.Errorf("%s is left behind (%v)", n.dir, err)
		}
		ports := []int{n.port.port}
		if n.proxy != nil {
			ports = append(ports, n.proxy.port())
		}
		for _, port := range ports {
			listener, err := net.Listen("tcp", loopback(port))
			if err != nil {
				t.Errorf("%s: %v", n.name, err)
				continue
			}
			listener.Close()
		}
		if n.Start(t.Context()) == nil {
			t.Errorf("%s can be started after the end", n.name)
		}
	}
}

// within fails if something does not become true for a while.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("it did not come about: " + what)
		}
	}
}

// must fails on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// do asks a node, and fails on an error.
func do(t *testing.T, n *Node, args ...any) any {
	t.Helper()
	reply, err := n.Do(t.Context(), args...)
	if err != nil {
		t.Fatalf("%s: %v: %v", n.name, args, err)
	}
	return reply
}
