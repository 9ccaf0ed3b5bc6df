package scenario

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// says reports whether an error holds all words, and is none without any.
func says(err error, words string) bool {
	if words == "" {
		return err == nil
	}
	for word := range strings.SplitSeq(words, "|") {
		if err == nil || !strings.Contains(err.Error(), word) {
			return false
		}
	}
	return true
}

func TestLimits(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for _, test := range []struct {
		reason string
		err    error
		says   string
	}{
		{"files for all", fitsFiles(936, 1, 1000), ""},
		{"one too few", fitsFiles(937, 1, 1000), "937 connections need 1001 open files|limit is 1000|ulimit -n|--conns pool:N"},
		{"both ends are in this process", fitsFiles(469, 2, 1000), "469 connections need 1002 open files"},
		{"nobody knows", fitsFiles(1e6, 1, 0), ""},
		{"room for all", fitsClients(90, n(2), n(100)), ""},
		{"one too many", fitsClients(91, n(2), n(100)), "91 connections do not fit|admits 100 clients (maxclients), 2 are there|--conns pool:N"},
		{"who is there is not told", fitsClients(92, nil, n(100)), ""},
		{"nor who may be", fitsClients(1e6, n(5), nil), ""},
		{"ports for all", (&ports{first: 1000, last: 1099}).fit(100, 0), ""},
		{"one too few", (&ports{first: 1000, last: 1099}).fit(101, 0), "101 connections to one address need|100 are free|net.ipv4.ip_local_port_range is 1000 to 1099"},
		{"some are taken", (&ports{first: 1000, last: 1099, taken: 2}).fit(99, 0), "98 are free"},
		{"some wait", (&ports{first: 1000, last: 1099, waiting: 2}).fit(99, 0), "98 are free"},
		{"and may be used again", (&ports{first: 1000, last: 1099, waiting: 50, again: true}).fit(100, 900), ""},
		{"those that break wait too", (&ports{first: 1000, last: 1099}).fit(60, 41), "60 connections to one address and 41 that break|60 s (TIME_WAIT)"},
		{"no bounds are known", (*ports)(nil).fit(1e6, 0), ""},
	} {
		if !says(test.err, test.says) {
			t.Errorf("%s: %v", test.reason, test.err)
		}
	}
}

// TestOpenFilesAreAllThatThereMayBe lowers nothing: the soft limit is raised to
// the hard one, which is what a process may do for itself.
func TestOpenFilesAreAllThatThereMayBe(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	lower := syscall.Rlimit{Cur: limit.Max - 1, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower); err != nil {
		t.Fatal(err)
	}
	if got := openFiles(); got != int64(min(uint64(limit.Max), math.MaxInt64)) {
		t.Errorf("%d files, the hard limit is %d", got, limit.Max)
	}
}

func TestReadPorts(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:9C40 0100007F:18EB 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:9C42 0100007F:18EB 06 00000000:00000000 03:00001000 00000000     0        0 0 3 0
   3: 0100007F:9C44 0100007F:18EB 06 00000000:00000000 03:00001000 00000000     0        0 0 3 0
   4: 0100007F:9C46 0200007F:18EB 06 00000000:00000000 03:00001000 00000000     0        0 0 3 0
   5: 0100007F:9C48 0100007F:18EC 01 00000000:00000000 03:00001000 00000000     0        0 0 3 0
`
	const table6 = `  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF00000100007F:9C4A 0000000000000000FFFF00000100007F:18EB 01 0
   1: 00000000000000000000000001000000:9C4C 00000000000000000000000001000000:18EB 01 0
`
	with := func(reuse string) fstest.MapFS {
		return files("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n", "proc/sys/net/ipv4/tcp_tw_reuse", reuse+"\n", "proc/net/tcp", table, "proc/net/tcp6", table6)
	}
	here, there := netip.MustParseAddrPort("127.0.0.1:6379"), netip.MustParseAddrPort("10.1.2.3:6379")
	for _, test := range []struct {
		reason string
		root   fstest.MapFS
		to     netip.AddrPort
		want   *ports
	}{
		{"a kernel that says nothing", files(), here, nil},
		{"two are taken, of which one is IPv6 by its form, and two wait", with("0"), here, &ports{32768, 60999, 2, 2, false}},
		{"used again on this machine", with("2"), here, &ports{32768, 60999, 2, 2, true}},
		{"not to another", with("2"), there, &ports{32768, 60999, 0, 0, false}},
		{"but where it is for all", with("1"), there, &ports{32768, 60999, 0, 0, true}},
		{"IPv6", with("0"), netip.MustParseAddrPort("[::1]:6379"), &ports{32768, 60999, 1, 0, false}},
	} {
		got := readPorts(test.root, test.to)
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
			t.Errorf("%s: %+v, want %+v", test.reason, got, test.want)
		}
	}
}

func TestDestination(t *testing.T) {
	for address, want := range map[string]string{
		"redis://127.0.0.1:7000": "127.0.0.1:7000", "rediss://localhost": "127.0.0.1:6379", "redis://[::1]:7": "[::1]:7",
		"unix:///tmp/s": "", "redis://somewhere.example:7": "",
	} {
		if got := destination(address); got.IsValid() != (want != "") || want != "" && got.String() != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestChurn(t *testing.T) {
	for _, test := range []struct {
		arrivals string
		want     int
	}{
		{"burst", 10},
		{"constant:10/s*600s", 6}, // 60 of 6,000 break in ten minutes
	} {
		s := good(func(s *Spec) {
			arrivals(test.arrivals)(s)
			s.LostReplies, s.Buyers = .01, new(int64(1000))
			if s.Arrivals.Model != "burst" {
				s.Buyers = nil
			}
		})
		if got := s.churn(); got != test.want {
			t.Errorf("%s: %d, want %d", test.arrivals, got, test.want)
		}
	}
}

// TestTooManyForTheServer: what would be refused is told before anything is sent.
func TestTooManyForTheServer(t *testing.T) {
	real := realServer(t)
	if _, err := real.Do(t.Context(), "CONFIG", "SET", "maxclients", 50); err != nil {
		t.Fatal(err)
	}
	once, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason, arrivals string
		conns            conn.Mode
		says             string
	}{
		{"few enough", "burst", conn.Pool(20), ""},
		{"too many shared", "burst", conn.Pool(45), "admits 50 clients (maxclients)"},
		{"one for each buyer inside", "closed:60", conn.Dedicated, "60 connections do not fit"},
		{"nobody knows how many", "poisson:10/s*1s", conn.Dedicated, ""},
	} {
		_, err := New(t.Context(), "test", good(func(s *Spec) { arrivals(test.arrivals)(s); s.Conns = test.conns }), once, real)
		if !says(err, test.says) {
			t.Errorf("%s: %v", test.reason, err)
		}
	}
}

// TestBothEndsAreHere: of a connection to the embedded server this process has
// two ends.
func TestBothEndsAreHere(t *testing.T) {
	embedded, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	n := int(min(openFiles()/2, 65535))
	if int64(n)*2+spareFiles <= openFiles() {
		t.Skipf("%d files are enough for everybody", openFiles())
	}
	once, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(t.Context(), "test", good(func(s *Spec) { s.Conns = conn.Pool(n) }), once, embedded)
	if !says(err, fmt.Sprintf("%d connections need", n)) {
		t.Errorf("both ends of %d connections are in this process: %v", n, err)
	}
}
