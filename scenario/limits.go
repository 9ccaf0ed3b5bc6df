package scenario

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	// spareFiles is what a process needs beside its connections.
	spareFiles = 64
	// spareClients is how many connections a run makes beside those of its buyers.
	spareClients = 8
	// lingers is how long a port waits after its connection was closed (TIME_WAIT).
	lingers = time.Minute
)

// fewer is the way out that is always there.
const fewer = "--conns pool:N shares fewer among all buyers"

// openFiles is how many files this process may have open, when it has taken all
// that the system lets it have; 0: not known.
func openFiles() int64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	if limit.Cur < limit.Max {
		raised := limit
		raised.Cur = limit.Max
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	return int64(min(uint64(limit.Cur), math.MaxInt64))
}

// fitsFiles refuses more connections than files can be open: each takes as many
// as ends of it are in this process.
func fitsFiles(connections, ends int, limit int64) error {
	need := int64(connections*ends + spareFiles)
	if limit == 0 || need <= limit {
		return nil
	}
	return fmt.Errorf("%d connections need %d open files, and the limit is %d (ulimit -n; ulimit -Hn is the most it can be raised to); %s", connections, need, limit, fewer)
}

// fitsServer refuses connections that the server or the system would refuse
// when the doors are open. How many there will be is not known where buyers come
// as they please, each with his own.
func (s *Spec) fitsServer(ctx context.Context, srv *server.Server) error {
	if s.Conns == conn.Dedicated && s.Arrivals.Paced() {
		return nil
	}
	n := s.Connections() + s.readLinks()
	if srv.Kind == server.Embedded {
		if srv.InProcess() {
			return nil
		}
		return fitsFiles(n, 2, openFiles())
	}
	clients, most := srv.Clients(ctx)
	err := fitsClients(n, clients, most)
	if to := destination(srv.Address); err == nil && to.IsValid() {
		err = readPorts(os.DirFS("/"), to).fit(n, s.churn())
	}
	return err
}

// fitsClients refuses more connections than a server admits. nil: not told.
func fitsClients(connections int, clients, most *int64) error {
	if most == nil {
		return nil
	}
	var there int64
	if clients != nil {
		there = *clients
	}
	if int64(connections+spareClients)+there <= *most {
		return nil
	}
	return fmt.Errorf("%d connections do not fit into the server: it admits %d clients (maxclients), %d are there, and the run itself takes %d; %s, or raise the server's maxclients",
		connections, *most, there, spareClients, fewer)
}

// churn is how many connections break on purpose in the time that a port waits.
func (s *Spec) churn() int {
	lost := float64(s.LostReplies) * float64(s.planned()) * s.purchases()
	if length, ends := s.Arrivals.Length(); ends && length > lingers {
		lost *= lingers.Seconds() / length.Seconds()
	}
	return int(min(math.Ceil(lost), math.MaxInt32))
}

// destination is the address that connections go to; invalid where they take
// no port, or nobody knows before which address a name stands for.
func destination(address string) netip.AddrPort {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "unix" {
		return netip.AddrPort{}
	}
	host, port := u.Hostname(), u.Port()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "6379"
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
}

// ports are those from which connections to one address can be made.
type ports struct {
	first, last int
	// taken are in use for the address, and waiting those of closed connections.
	taken, waiting int
	// again: a port that waits may be used again.
	again bool
}

// readPorts reads what the kernel says of its ports, in the root of a file
// system. Where it says nothing there are no bounds.
func readPorts(root fs.FS, to netip.AddrPort) *ports {
	p := &ports{}
	text, err := fs.ReadFile(root, "proc/sys/net/ipv4/ip_local_port_range")
	if _, failed := fmt.Sscan(string(text), &p.first, &p.last); err != nil || failed != nil {
		return nil
	}
	reuse, _ := fs.ReadFile(root, "proc/sys/net/ipv4/tcp_tw_reuse") // 1: for all, 2: on this machine
	switch strings.TrimSpace(string(reuse)) {
	case "1":
		p.again = true
	case "2":
		p.again = to.Addr().IsLoopback()
	}
	for _, name := range []string{"proc/net/tcp", "proc/net/tcp6"} {
		text, _ := fs.ReadFile(root, name)
		p.count(string(text), to)
	}
	return p
}

// count reads the kernel's table of sockets. Its third column is the address
// that a socket is connected to, the fourth its state.
func (p *ports) count(table string, to netip.AddrPort) {
	const waits = "06"
	for line := range strings.Lines(table) {
		columns := strings.Fields(line)
		if len(columns) < 4 {
			continue
		}
		if remote, err := readAddress(columns[2]); err != nil || remote != to {
			continue
		}
		if columns[3] == waits {
			p.waiting++
		} else {
			p.taken++
		}
	}
}

// readAddress reads 0100007F:1F90: words of four bytes in the machine's own
// order, which is taken to be little-endian, and the port.
func readAddress(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	var raw []byte
	for ; len(host) >= 8; host = host[8:] {
		word, err := strconv.ParseUint(host[:8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, err
		}
		raw = append(raw, byte(word), byte(word>>8), byte(word>>16), byte(word>>24))
	}
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, errors.New("no address")
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), nil
}

// fit refuses more connections than there are ports to make them from. Of those
// that break, the ports wait.
func (p *ports) fit(connections, churn int) error {
	if p == nil {
		return nil
	}
	used, need := p.taken, connections
	if !p.again {
		used, need = used+p.waiting, need+churn
	}
	free := max(p.last-p.first+1-used, 0)
	if need <= free {
		return nil
	}
	broken := ""
	if need > connections {
		broken = fmt.Sprintf(" and %d that break and whose ports then wait for %.0f s (TIME_WAIT)", churn, lingers.Seconds())
	}
	return fmt.Errorf("%d connections to one address%s need as many ports, and %d are free (net.ipv4.ip_local_port_range is %d to %d, %d of them in use for it); %s, or widen the range",
		connections, broken, free, p.first, p.last, used, fewer)
}
