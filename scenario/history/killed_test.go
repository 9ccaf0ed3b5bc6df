package history

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// killedDir tells the child process where to record.
const killedDir = "SECKILL_TEST_KILLED_DIR"

// TestChildThatIsKilled is no test of its own: it is the process that the next
// test starts. It records until three segments are on disk, and is killed in
// the middle of its work.
func TestChildThatIsKilled(t *testing.T) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		t.Skip("only run by TestKilledRecordIsReadable")
	}
	f, err := Create(dir, headOf(1))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(f)
	begin := time.Now()
	for n := uint32(0); time.Since(begin) < time.Minute; n++ {
		now := int64(time.Since(begin))
		r.Put(&Attempt{Due: now, Call: now, Return: now, Buyer: n, Left: sale.Untold, Verb: sale.Buy, Outcome: sale.SoldOut})
		if n%100 != 0 {
			continue
		}
		time.Sleep(time.Millisecond)
		if _, err := os.Stat(filepath.Join(dir, "attempts-00002.parquet")); err == nil {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill() // SIGKILL: nothing is flushed, closed or deferred
			select {}
		}
	}
}

func TestKilledRecordIsReadable(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "history")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildThatIsKilled$")
	child.Env = append(os.Environ(), killedDir+"="+dir)
	output, err := child.CombinedOutput()
	if err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v\n%s", err, output)
	}
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if h.Tail != nil {
		t.Error("a killed run has a tail")
	}
	next, last := uint32(0), int64(0)
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range batch {
			if a.Buyer != next {
				t.Fatalf("attempt %d follows %d", a.Buyer, next)
			}
			next++
			last = a.Due
		}
	}
	// Three segments, the third begun no earlier than two seconds after the start.
	if time.Duration(last) < 2*beat {
		t.Errorf("the last of %d attempts is from %v", next, time.Duration(last))
	}
	t.Logf("%d attempts, the last from %v", next, time.Duration(last))
}
