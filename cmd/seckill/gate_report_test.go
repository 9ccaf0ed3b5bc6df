package main

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

// A full stands for a terminal that has gone.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

// A gate that cannot say what it found still ends with what it found.
func TestReportThatFailsHidesNoVerdict(t *testing.T) {
	for _, name := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"} {
		t.Setenv(name, "")
	}
	t.Chdir(t.TempDir())
	var errs bytes.Buffer
	if code := Main(t.Context(), t.Context(), []string{"run", "gate", "--script", "article", "--server", "embedded", "--out", "r"}, full{}, &errs); code != exitInvalid {
		t.Errorf("exit code %d: %s", code, &errs)
	}
	if _, err := os.Stat("r/result.json"); err != nil || !bytes.Contains(errs.Bytes(), []byte("no space")) {
		t.Errorf("%v; %s", err, &errs)
	}
}

func TestWorse(t *testing.T) {
	for _, tt := range []struct{ a, b, want int }{
		{0, 0, 0}, {0, exitUnknown, exitUnknown}, {exitInvalid, exitUnknown, exitInvalid}, {exitUnknown, exitUsage, exitUsage}, {exitUsage, exitInvalid, exitInvalid},
	} {
		if got := worse(tt.a, tt.b); got != tt.want {
			t.Errorf("the worse of %d and %d is %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
