package lua

import (
	"io/fs"
	"strings"
	"testing"
)

// Every script has a contract, and every contract a script.
func TestPairs(t *testing.T) {
	files, err := fs.Glob(Files, "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		other := strings.TrimSuffix(file, ".lua") + ".yaml"
		if name, isContract := strings.CutSuffix(file, ".yaml"); isContract {
			other = name + ".lua"
		}
		if _, err := fs.Stat(Files, other); err != nil {
			t.Errorf("%s stands alone: %v", file, err)
		}
	}
}
