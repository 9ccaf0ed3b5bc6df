package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
)

func TestLookLines(t *testing.T) {
	for _, test := range []struct {
		reason  string
		server  history.Server
		maxRate float64
		want    []string
	}{
		{"ours", history.Server{Kind: "spawned", Address: "redis://127.0.0.1:1"}, 10, nil},
		{"all is told", history.Server{
			Address: "redis://10.0.0.5:6379", Product: ptr("redis"), Version: ptr("7.2.4"),
			Look: &history.Look{Role: ptr("master"), Clients: ptr(int64(12)), Keys: ptr(int64(34567)), Memory: ptr(int64(1 << 30)), Loopback: ptr(false)},
		}, 10_000, []string{
			"redis://10.0.0.5:6379 is not ours: redis 7.2.4, master, 12 clients connected, 34,567 keys, 1.00 GiB in use, not over loopback",
			"  connections are handed out at most at 10,000/s (--max-rate sets it; without one --i-own-this-server lifts it)",
		}},
		{"nothing is", history.Server{Address: "redis://proxy:1", Look: new(history.Look)}, 0, []string{
			"redis://proxy:1 is not ours: version not told, role not told, clients connected not told, keys not told, memory not told, whether over loopback not told",
			"  nothing limits how often connections are handed out: --max-rate does",
		}},
		{"a server that commands the terminal", history.Server{
			Address: "redis://x", Product: ptr("redis"), Version: ptr("7\x1b[2J"), Look: &history.Look{Role: ptr("a\nb"), Keys: ptr(int64(1)), Clients: ptr(int64(1)), Loopback: ptr(true)},
		}, .5, []string{
			`redis://x is not ours: redis 7\x1b[2J, a\nb, 1 client connected, 1 key, memory not told, over loopback`,
			"  connections are handed out at most at 0.50/s (--max-rate sets it; without one --i-own-this-server lifts it)",
		}},
	} {
		if got := LookLines(&test.server, test.maxRate); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%q, want\n%q", test.reason, got, test.want)
		}
	}
}

// What was there stands among the conditions.
func TestTheLookIsACondition(t *testing.T) {
	s := openStep(t, "", nil)
	s.Head.Server.Look = &history.Look{Role: ptr("master"), Keys: ptr(int64(2))}
	for name, write := range map[string]Writer{"text": WriteText, "html": WriteHTML, "json": WriteJSON} {
		var out bytes.Buffer
		if err := write(&out, s); err != nil {
			t.Fatal(err)
		}
		want := "before anything was sent: master, clients connected not told, 2 keys, memory not told"
		if name == "json" {
			want = `"look": { "role": "master", "clients": null, "keys": 2, "memory": null, "loopback": null }`
		}
		if told := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(told, want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
}

func TestLatest(t *testing.T) {
	quantiles := []float64{.5, .99}
	attempt := func(due, took int64, outcome string) history.Attempt {
		a := bought(1, 0)
		a.Due, a.Call, a.Return = due*ms, due*ms, (due+took)*ms
		if outcome != "" {
			if err := a.Outcome.UnmarshalText([]byte(outcome)); err != nil {
				t.Fatal(err)
			}
		}
		if outcome == "dropped" {
			a.Call, a.Return = history.Never, history.Never
		}
		return a
	}
	l := newTestLive(modelOpen)
	if now := l.Latest(quantiles); now.All != 0 || now.Attempts != 0 || now.Times[0] != 0 {
		t.Errorf("before the first: %+v", now)
	}
	for n := range int64(100) {
		appendTo(t, l, []history.Attempt{attempt(n, 10, "")})
	}
	if now := l.Latest(quantiles); now.All != 100 || now.Attempts != 100 || now.Errors != 0 || now.Times[1].Milliseconds() != 10 {
		t.Errorf("in the first second: %+v", now)
	}
	appendTo(t, l, []history.Attempt{attempt(900, 50, "failed"), attempt(900, 60, "indeterminate"), attempt(500, 0, "dropped")})
	if now := l.Latest(quantiles); now.Attempts != 103 || now.Errors != 3 || now.Times[0].Milliseconds() != 10 || now.Times[1] >= 0 {
		t.Errorf("with three that were not answered: %+v", now)
	}
	appendTo(t, l, []history.Attempt{attempt(1001, 400, "")})
	if now := l.Latest(quantiles); now.Attempts != 103 || now.Errors != 3 {
		t.Errorf("the last whole second: %+v", now)
	}
	appendTo(t, l, []history.Attempt{attempt(3001, 0, "dropped"), attempt(3001, 0, "dropped")})
	if now := l.Latest(quantiles); now.All != 106 || now.Attempts != 2 || now.Errors != 2 || now.Times[0] >= 0 {
		t.Errorf("when all leave: %+v", now)
	}
}
