package history

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
	"fmt"
	"runtime"
)

func TestZZ(t *testing.T) {
	file, _ := os.ReadFile(filepath.Join(few(t), "attempts-00000.parquet"))
	file = bytes.ReplaceAll(file, []byte(sealMark), bytes.ToUpper([]byte(sealMark)))
	sd := uint64(time.Now().UnixNano())
	if s := os.Getenv("ZZ"); s != "" { fmt.Sscan(s, &sd) }
	r := rand.New(rand.NewPCG(sd, 1))
	begin := time.Now()
	n := 0
	var m0, m1 runtime.MemStats
	for time.Since(begin) < 60*time.Second {
		f := bytes.Clone(file)
		for range 1 + r.IntN(4) {
			f[r.IntN(len(f))] = byte(r.Uint32())
		}
		os.WriteFile("/tmp/hist/last", f, 0o644)
		runtime.ReadMemStats(&m0)
		t0 := time.Now()
		new(segmentReader).read(f, 3, new(Texts))
		runtime.ReadMemStats(&m1)
		if d := m1.TotalAlloc - m0.TotalAlloc; d > 64<<20 || time.Since(t0) > time.Second {
			t.Logf("%d MB %v", d>>20, time.Since(t0))
			os.Rename("/tmp/hist/last", fmt.Sprintf("/tmp/hist/big-%d", n))
		}
		n++
	}
	t.Log(n)
}
