package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A watched text can be read while it is written.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// TestListen scrapes a run while it goes on, and again until it is over: the last
// scrape has the verdict, and counts what result.json counts.
func TestListen(t *testing.T) {
	t.Chdir(t.TempDir())
	var out bytes.Buffer
	errs := new(watched)
	code := make(chan int, 1)
	go func() {
		code <- Main(t.Context(), t.Context(), strings.Fields(
			"run --server embedded --script once --arrivals constant:1000/s --duration 1s --stock 200 --listen 127.0.0.1:0 --report min --out r"), &out, errs)
	}()
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/metrics`)
	var at string
	for ; at == ""; time.Sleep(time.Millisecond) {
		if found := address.FindStringSubmatch(errs.String()); found != nil {
			at = found[1]
		}
	}
	get := func(path string) (text string, alive bool) {
		reply, err := http.Get("http://" + at + path)
		if err != nil {
			return "", false
		}
		defer reply.Body.Close()
		body, err := io.ReadAll(reply.Body)
		return string(body), err == nil && reply.StatusCode == http.StatusOK
	}
	if board, _ := get("/grafana.json"); !json.Valid([]byte(board)) {
		t.Errorf("the dashboard is %q", board)
	}
	var last string
	counts, before := 0, -1
	for alive := true; alive; {
		var text string
		if text, alive = get("/metrics"); alive {
			last = text
			if now := sample(t, text, `seckill_attempts_total{outcome="ok"}`); now != before {
				counts, before = counts+1, now
			}
		}
	}
	if got := <-code; got != 0 {
		t.Fatalf("exit %d\n%s%s", got, out.String(), errs)
	}
	if counts < 2 {
		t.Error("the figures did not move while the sale went on")
	}
	if sample(t, last, `seckill_verdict{seckill_verdict="valid"}`) != 1 {
		t.Errorf("the last scrape has no verdict:\n%s", last)
	}
	var result struct {
		Counts map[string]int
		Units  struct{ Left int }
	}
	text, err := os.ReadFile("r/result.json")
	if err != nil || json.Unmarshal(text, &result) != nil {
		t.Fatal(err)
	}
	if left := sample(t, last, `seckill_units{state="left"}`); left != result.Units.Left {
		t.Errorf("%d units are left, and %d are shown", result.Units.Left, left)
	}
	for outcome, n := range result.Counts {
		if outcome != "attempts" && sample(t, last, `seckill_attempts_total{outcome="`+outcome+`"}`) != n {
			t.Errorf("%d attempts were %s:\n%s", n, outcome, last)
		}
	}
}

// sample reads one value of a scrape.
func sample(t *testing.T, text, name string) int {
	t.Helper()
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+" "); found {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	t.Fatalf("no %s in\n%s", name, text)
	return 0
}

func TestListenRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, address := range []string{taken.Addr().String(), "9464", "127.0.0.1:http-or-so"} {
		var out, errs bytes.Buffer
		code := Main(t.Context(), t.Context(), []string{"run", "--server", "embedded", "--listen", address}, &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), "--listen "+address) || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%s: exit %d, %s", address, code, errs.String())
		}
	}
}
