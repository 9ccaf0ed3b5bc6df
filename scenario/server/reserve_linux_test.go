package server

import (
	"testing"
)

// The port of a node is given to nobody, be it up or down, and those of a
// reservation are free after it.
func TestPortsAreKept(t *testing.T) {
	t.Parallel()
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	n := s.Nodes()[0]
	taken := func() bool {
		var other reservation
		defer other.release()
		_, err := other.bind(n.port.port)
		return err != nil
	}
	if !taken() {
		t.Error("somebody else was given the port of a node that is up")
	}
	must(t, n.Kill())
	if !taken() {
		t.Error("somebody else was given the port of a node that is down")
	}
	must(t, n.Start(t.Context()))
	s.Close()
	within(t, "the port is free", func() bool { return !taken() })
}

func TestReserveTwo(t *testing.T) {
	r, err := reserve(busOffset)
	must(t, err)
	defer r.release()
	var other reservation
	defer other.release()
	for _, port := range []int{r.port, r.port + busOffset} {
		if _, err := other.bind(port); err == nil {
			t.Errorf("port %d is not kept", port)
		}
	}
	r.release()
	for _, port := range []int{r.port, r.port + busOffset} {
		if _, err := other.bind(port); err != nil {
			t.Errorf("port %d is not free: %v", port, err)
		}
	}
}
