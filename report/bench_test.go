package report

import (
	"bytes"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func TestBenchIsReadByBenchfmt(t *testing.T) {
	for _, r := range reports {
		s := r.summary(t)
		var out bytes.Buffer
		if err := WriteBench(&out, s); err != nil {
			t.Fatal(err)
		}
		reader := benchfmt.NewReader(&out, "bench.txt")
		var results int
		for reader.Scan() {
			result, isResult := reader.Result().(*benchfmt.Result)
			if !isResult {
				t.Errorf("%s: %v", r.name, reader.Result())
				continue
			}
			results++
			for key, want := range map[string]string{"script": "once", "conns": "pool:64", "goos": "linux", "server-kind": s.Head.Server.Kind} {
				if got := result.GetConfig(key); got != want {
					t.Errorf("%s: %s is %q, want %q", r.name, key, got, want)
				}
			}
			if got, ok := result.Value("attempts/s"); !ok || got < 100 || string(result.Name) != "Sale" || int64(result.Iters) != s.Recorded {
				t.Errorf("%s: %s %d, attempts/s %v", r.name, result.Name, result.Iters, got)
			}
		}
		if err := reader.Err(); err != nil || results != 1 {
			t.Errorf("%s: %d results, %v", r.name, results, err)
		}
	}
}
