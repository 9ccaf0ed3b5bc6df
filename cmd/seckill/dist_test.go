package main

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
)

// TestDist makes what is distributed for this system, and looks at what came out.
func TestDist(t *testing.T) {
	for _, program := range []string{"make", "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	dir, platform := t.TempDir(), runtime.GOOS+"/"+runtime.GOARCH
	makes := exec.CommandContext(t.Context(), "make", "-C", "../..", "dist", "PLATFORMS="+platform, "DIST="+filepath.Join(dir, "dist"))
	if text, err := makes.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	name := "seckill-" + strings.ReplaceAll(platform, "/", "-") + ".tar.gz"
	archive, err := os.ReadFile(filepath.Join(dir, "dist", name))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "dist", "SHA256SUMS"))
	sum := sha256.Sum256(archive)
	if want := hex.EncodeToString(sum[:]) + "  " + name + "\n"; err != nil || string(sums) != want {
		t.Errorf("%v: the sums are %q, want %q", err, sums, want)
	}
	if len(archive) >= 30e6 {
		t.Errorf("%s has %d bytes", name, len(archive))
	}
	if text, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "-xzf", filepath.Join(dir, "dist", name)).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, file := range []string{"LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
	program := filepath.Join(dir, "seckill")
	if text, err := exec.CommandContext(t.Context(), program, "--version").CombinedOutput(); err != nil || !strings.HasPrefix(string(text), "seckill ") {
		t.Errorf("%v\n%s", err, text)
	}
	if runtime.GOOS != "linux" {
		return
	}
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the program is not static: it asks for an interpreter")
	}
}

// The Chinese page shows commands that the program takes, and the rules and exit
// codes that there are.
func TestChineseReadme(t *testing.T) {
	page, err := os.ReadFile("../../README.zh-CN.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	seen := 0
	for _, row := range strings.Split(text, "\n| `seckill ")[1:] {
		command, _, _ := strings.Cut(row, "`")
		command = strings.NewReplacer("'", "", " …", "", "redis://…?cluster", "redis://127.0.0.1:7000?cluster").Replace(command)
		args := strings.Fields(command)
		if slices.Contains(args, "--import") {
			args = append(args, "--contract", "mine.yaml", "--stock", "10")
		}
		parses(t, args)
		seen++
	}
	if seen < 6 {
		t.Errorf("%d commands", seen)
	}
	for _, code := range []string{"0", "1", "2", "3", "4"} {
		if !strings.Contains(text, "\n| "+code+" | ") {
			t.Errorf("exit code %s is not told", code)
		}
	}
	for _, rule := range check.Rules {
		if !strings.Contains(text, "`"+string(rule)+"`") && !slices.Contains([]check.Rule{check.FalseStock, check.FalseReplay}, rule) {
			t.Errorf("the rule %s is not told", rule)
		}
	}
}
