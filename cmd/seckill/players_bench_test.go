package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// firstID makes the ids as long as those that the tools draw.
const firstID = 100_000_000_000

// ours is seckill run in a process of its own, with everything recorded. The
// judge and the reports come after what is measured.
func ours(conns string, waiting int) func(*stage) (measured, error) {
	return func(s *stage) (measured, error) {
		dir := filepath.Join(s.b.TempDir(), "results")
		defer os.RemoveAll(dir)
		attempts := strconv.Itoa(max(*benchAttempts, waiting))
		if conns == "pipelined" {
			conns = *benchConns
		}
		cmd := exec.CommandContext(s.b.Context(), "seckill", "run", "--server", s.srv.Address, "--script", "once", "--stock", attempts, "--buyers", attempts,
			"--buyer-ids", fmt.Sprint("from:", firstID), "--arrivals", fmt.Sprint("closed:", waiting), "--conns", conns, "--timeout", "1m",
			"--report", "min", "--out", dir)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil {
			return measured{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.Bytes()))
		}
		return readResult(filepath.Join(dir, "result.json"))
	}
}

func readResult(path string) (measured, error) {
	var result struct {
		Counts struct {
			Attempts, OK int64
		}
		Throughput float64
		Driver     struct {
			CPU    float64 `json:"cpu"`
			MaxRSS int64   `json:"max_rss"`
		}
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err == nil && result.Counts.OK != result.Counts.Attempts {
		err = fmt.Errorf("%d of %d attempts sold", result.Counts.OK, result.Counts.Attempts)
	}
	return measured{result.Throughput, result.Driver.CPU / float64(result.Counts.Attempts), result.Driver.MaxRSS}, err
}

// mostRandom is the range that redis-benchmark draws from at most: of a million
// draws 233 are repeats.
const mostRandom = 1<<31 - 1

// runTool runs redis-benchmark or valkey-benchmark. The clock behind the rate
// that they print starts when all connections have been begun.
func runTool(s *stage, command []string) (measured, error) {
	s.open()
	args := append(command[1:], "-p", s.port, "-n", strconv.Itoa(*benchAttempts), "-r", strconv.Itoa(mostRandom), "--csv",
		"EVALSHA", s.sha, "2", peerStock, peerBuyers, "__rand_int__")
	cmd := exec.CommandContext(s.b.Context(), command[0], args...)
	out, err := cmd.Output()
	if err != nil {
		return measured{}, err
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) < 2 || rows[0][1] != "rps" {
		return measured{}, fmt.Errorf("%s printed %q: %v", command[0], out, err)
	}
	rate, err := strconv.ParseFloat(rows[1][1], 64)
	s.sold()
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return measured{rate: rate, cpu: float64(cpu) / float64(*benchAttempts)}, err
}

// goRedis is the least a go-redis program can do: goroutines that make one call
// after the other, and keep nothing.
func goRedis(loops int) func(*stage) (measured, error) {
	return func(s *stage) (measured, error) {
		o := s.srv.ClientOptions()
		o.PoolSize = loops
		client := redis.NewClient(o)
		defer client.Close()
		keys := []string{peerStock, peerBuyers}
		return s.loop(loops, func() (caller, error) {
			return caller{func(id string) error { return client.EvalSha(s.b.Context(), s.sha, keys, id).Err() }, func() error { return nil }}, nil
		})
	}
}

// sockets is the least a Go program can do: a connection for each goroutine,
// one write and one read a call, and no library.
func sockets(loops int) func(*stage) (measured, error) {
	return func(s *stage) (measured, error) {
		head := fmt.Sprintf("*6\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$1\r\n2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n$12\r\n",
			s.sha, len(peerStock), peerStock, len(peerBuyers), peerBuyers)
		return s.loop(loops, func() (caller, error) {
			c, err := net.Dial("tcp", "127.0.0.1:"+s.port)
			if err != nil {
				return caller{}, err
			}
			request, replies := []byte{}, bufio.NewReader(c)
			return caller{func(id string) error {
				request = append(append(append(request[:0], head...), id...), "\r\n"...)
				if _, err := c.Write(request); err != nil {
					return err
				}
				reply, err := replies.ReadSlice('\n')
				if err == nil && reply[0] != ':' {
					err = errors.New(string(reply))
				}
				return err
			}, c.Close}, nil
		})
	}
}

// A caller makes an attempt for a buyer; it is closed in the end.
type caller struct {
	call  func(id string) error
	close func() error
}

// loop makes the attempts from several goroutines of this process, each with a
// caller that is made before the clock starts.
func (s *stage) loop(loops int, ready func() (caller, error)) (measured, error) {
	s.open()
	callers := make([]caller, loops)
	for i := range callers {
		var err error
		if callers[i], err = ready(); err != nil {
			return measured{}, err
		}
		defer callers[i].close()
	}
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, loops)
	used, begin := processorTime(), time.Now()
	for i := range callers {
		all.Go(func() {
			for n := next.Add(1); n <= int64(*benchAttempts) && errs[i] == nil; n = next.Add(1) {
				errs[i] = callers[i].call(strconv.FormatInt(firstID+n, 10))
			}
		})
	}
	all.Wait()
	took, cpu := time.Since(begin), processorTime()-used
	if err := cmp.Or(errs...); err != nil {
		return measured{}, err
	}
	s.sold()
	return measured{rate: float64(*benchAttempts) / took.Seconds(), cpu: float64(cpu) / float64(*benchAttempts)}, nil
}

// processorTime is what this process has used, in ns.
func processorTime() int64 {
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used.Utime.Nano() + used.Stime.Nano()
}
