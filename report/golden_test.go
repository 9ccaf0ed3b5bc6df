package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what a Writer writes with a file in testdata.
func golden(t *testing.T, name string, write Writer, s *Summary) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got, s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; with -update it is written anew. Got:\n%s", path, got.Bytes())
	}
}
