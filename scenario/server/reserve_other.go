//go:build !linux

package server

import (
	"fmt"
	"net"
	"strconv"
)

// A reservation is a port of the loopback that was free a moment ago. Where the
// system lets nobody listen beside a bound socket it cannot be held.
type reservation struct{ port int }

// reserve finds a free port; with above, one with another free port that far
// above it.
func reserve(above int) (*reservation, error) {
	for range 50 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("a free port: %w", err)
		}
		defer listener.Close()
		port := listener.Addr().(*net.TCPAddr).Port
		if above == 0 {
			return &reservation{port}, nil
		}
		if port+above > maxPort {
			continue
		}
		if other, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+above)); err == nil {
			other.Close()
			return &reservation{port}, nil
		}
	}
	return nil, fmt.Errorf("no two free ports that are %d apart", above)
}

func (*reservation) release() {}
