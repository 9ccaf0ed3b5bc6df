package server

import (
	"fmt"
	"syscall"
)

// A reservation is a port of the loopback that nobody else is given, also while
// the server that is to listen there is down. It is a socket that does not
// listen: whoever connects is refused. Only who asks to reuse the address, as
// Redis does, may listen beside it.
type reservation struct {
	port    int
	sockets []int
}

// reserve reserves a free port; with above, that far above it another one.
func reserve(above int) (*reservation, error) {
	for range 50 {
		r := &reservation{}
		port, err := r.bind(0)
		if err != nil {
			r.release()
			return nil, fmt.Errorf("a free port: %w", err)
		}
		r.port = port
		if above == 0 {
			return r, nil
		}
		if port+above <= maxPort {
			if _, err = r.bind(port + above); err == nil {
				return r, nil
			}
		}
		r.release()
	}
	return nil, fmt.Errorf("no two free ports that are %d apart", above)
}

// bind adds a port; 0 is any that is free.
func (r *reservation) bind(port int) (int, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	r.sockets = append(r.sockets, socket)
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	// Only now: a port that somebody else has reserved must not be had.
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	return name.(*syscall.SockaddrInet4).Port, nil
}

func (r *reservation) release() {
	for _, socket := range r.sockets {
		syscall.Close(socket)
	}
	r.sockets = nil
}
