package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The packages that the README calls stable say so themselves, and no others do.
func TestStablePackages(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named, say []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\| \\*stable\\*").FindAllStringSubmatch(string(readme), -1) {
		for _, name := range regexp.MustCompile("`([a-z/]+)`").FindAllStringSubmatch(row[1], -1) {
			named = append(named, name[1])
		}
	}
	for pkg := range mayImport {
		files, _ := filepath.Glob(filepath.Join("../..", pkg, "*.go"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "\n// It is stable:") {
				say = append(say, pkg)
			}
		}
	}
	slices.Sort(named)
	slices.Sort(say)
	if len(named) == 0 || !slices.Equal(named, say) {
		t.Errorf("the README calls %v stable, and %v say that they are", named, say)
	}
}
