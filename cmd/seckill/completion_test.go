package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// completed asks as a shell does what could come at the end of a line.
func completed(t *testing.T, line string) []string {
	t.Helper()
	t.Setenv("COMP_LINE", line)
	var out, errs bytes.Buffer
	if code := Main(t.Context(), t.Context(), nil, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Errorf("%q: exit %d, %s", line, code, errs.String())
	}
	return strings.Fields(out.String())
}

func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "mine.lua", "return 1")
	for _, test := range []struct{ line, has, hasNot string }{
		{"seckill ", "run", "--stock"},
		{"seckill ca", "capacity", "run"},
		{"seckill run ", "flash-sale", "run"},
		{"seckill run --st", "--stock", "--script"},
		{"seckill run --script ", "once", "flash-sale"},
		{"seckill run --script ./", "./mine.lua", "once"},
		{"seckill run --fault k", "kill", "pause"},
		{"seckill run --server em", "embedded", "auto"},
		{"seckill probe art", "article", "once"},
		{"seckill schema ", "contract", "run"},
		{"seckill completion ", "fish", "run"},
		{"seckill capacity --conns p", "pipelined", "dedicated"},
	} {
		got := completed(t, test.line)
		if !slices.Contains(got, test.has) || slices.Contains(got, test.hasNot) {
			t.Errorf("%q: %q; want %s, and not %s", test.line, got, test.has, test.hasNot)
		}
	}
}

// What the shells are given to read is of their language.
func TestCompletionIsRead(t *testing.T) {
	t.Setenv("COMP_LINE", "")
	for shell := range shells {
		var out, errs bytes.Buffer
		if code := Main(t.Context(), t.Context(), []string{"completion", shell}, &out, &errs); code != 0 || !strings.Contains(out.String(), "seckill") {
			t.Errorf("%s: exit %d, %s%s", shell, code, out.String(), errs.String())
		}
		if path, err := exec.LookPath(shell); err == nil {
			if text, err := exec.Command(path, "-n", "-c", out.String()).CombinedOutput(); err != nil {
				t.Errorf("%s does not read it: %v %s\n%s", shell, err, text, out.String())
			}
		}
	}
}
