package lua

import (
	"io/fs"
	"strings"
	"testing"
)

// Every contract has a script of its name, and every script is named by a
// contract.
func TestPairs(t *testing.T) {
	contracts, err := fs.Glob(Files, "*.yaml")
	if err != nil || len(contracts) == 0 {
		t.Fatal(contracts, err)
	}
	var all strings.Builder
	for _, file := range contracts {
		if _, err := fs.Stat(Files, strings.TrimSuffix(file, ".yaml")+".lua"); err != nil {
			t.Errorf("%s stands alone: %v", file, err)
		}
		text, err := Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
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
