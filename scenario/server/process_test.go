package server

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// howToEnd names the environment variable that turns a test run into a
// harness that opens a server of several nodes and ends without closing it.
const howToEnd = "SECKILL_TEST_END"

// TestHarnessThatEnds is no test: it is the other process of the next one.
func TestHarnessThatEnds(t *testing.T) {
	end := os.Getenv(howToEnd)
	if end == "" {
		t.Skip("runs as a process of its own")
	}
	s, err := Open(t.Context(), Options{Server: "redis-server", Topology: Replicas(2)})
	if err != nil {
		t.Fatal(err)
	}
	nodes := s.Nodes()
	must(t, nodes[1].Pause())
	must(t, nodes[2].Kill())
	must(t, nodes[2].Start(t.Context()))
	fmt.Println("servers", nodes[0].Address(), nodes[1].Address(), nodes[2].Address())
	if end == "panic" {
		go func() { panic("on purpose") }()
	}
	select {}
}

func TestServerEndsWithItsHarness(t *testing.T) {
	needRedis(t)
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ties a child's life to its parent's")
	}
	for _, end := range []string{"panic", "SIGTERM", "SIGKILL"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			harness := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHarnessThatEnds$")
			harness.Env = append(os.Environ(), howToEnd+"="+end, "TMPDIR="+t.TempDir())
			out, err := harness.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := harness.Start(); err != nil {
				t.Fatal(err)
			}
			addrs := addressesIn(bufio.NewScanner(out))
			switch end {
			case "SIGTERM":
				harness.Process.Signal(syscall.SIGTERM)
			case "SIGKILL":
				harness.Process.Kill()
			}
			harness.Wait()
			if len(addrs) != 3 {
				t.Fatal("the harness opened no servers")
			}
			for _, addr := range addrs {
				awaitSilence(t, addr)
			}
		})
	}
}

func addressesIn(lines *bufio.Scanner) []string {
	for lines.Scan() {
		if addrs, found := strings.CutPrefix(lines.Text(), "servers "); found {
			return strings.Fields(addrs)
		}
	}
	return nil
}

// awaitSilence fails if somebody still listens after a while.
func awaitSilence(t *testing.T, addr string) {
	t.Helper()
	for range 500 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		c.Close()
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the server at %s outlives its harness", addr)
}
