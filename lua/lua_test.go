package lua

import (
	"io/fs"
	"strings"
	"testing"
)

// Every contract names a script that is there, and every script is named by a
// contract.
func TestPairs(t *testing.T) {
	contracts, err := fs.Glob(Files, "*.yaml")
	if err != nil || len(contracts) == 0 {
		t.Fatal(contracts, err)
	}
	var all strings.Builder
	for _, file := range contracts {
		text, err := Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "\nscript: ")
		script, _, _ := strings.Cut(rest, "\n")
		script, _, _ = strings.Cut(script, " #")
		if _, err := fs.Stat(Files, script); err != nil {
			t.Errorf("%s stands alone: %v", file, err)
		}
		all.Write(text)
	}
	scripts, err := fs.Glob(Files, "*.lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range scripts {
		if !strings.Contains(all.String(), "script: "+file+"\n") {
			t.Errorf("%s stands alone: no contract names it", file)
		}
	}
}
