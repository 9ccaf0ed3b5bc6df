package strategy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/contract"
)

// Find returns the strategy that a user names: a built-in, or the path of a
// .lua file. Its contract is the .yaml beside it, or contractFile where that
// is not empty. Errors are one line.
func Find(script, contractFile string) (Strategy, error) {
	inGo := slices.IndexFunc(baselines, func(b baseline) bool { return b.name == script })
	builtIn := slices.Contains(scripts(), script)
	switch {
	case inGo >= 0 && contractFile == "":
		return baselines[inGo].strategy(), nil
	case inGo >= 0:
		return Strategy{}, fmt.Errorf("--contract: %s is a strategy in Go, and contracts are for scripts", script)
	case builtIn:
		c, err := contract.Load(lua.Files, script+".yaml")
		if err == nil && contractFile != "" {
			return underContract(contractFile, c.Script, c.Source)
		}
		s, err := made(c, err, "")
		s.Flaw = flaws[script]
		return s, err
	case filepath.Ext(script) != ".lua":
		return Strategy{}, fmt.Errorf("unknown script %q; known: %s, or the path of a .lua file", script, strings.Join(Names(), ", "))
	}
	return fromFile(script, contractFile)
}

// Names returns the names of the built-in strategies, sorted.
func Names() []string {
	names := scripts()
	for i := range baselines {
		names = append(names, baselines[i].name)
	}
	slices.Sort(names)
	return names
}

// scripts are the names of the built-in scripts.
func scripts() []string {
	files, _ := fs.Glob(lua.Files, "*.yaml") // the pattern is well formed
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".yaml")
	}
	return files
}

// Compared are the names of the strategies that are to be compared, from the
// simplest to those in one script.
var Compared = []string{
	"naive", "decr", "decr-undo", "sadd-decr", "bitfield", "watch", "lock", "lock-short-lease",
	"tokens", "buckets", "once", "once-eval", "once-function",
}

// flaws are what is known to be wrong with scripts that are built in.
var flaws = map[string]string{
	"article":       "sells to one buyer again and again, below zero, and anew when its stock is lost",
	"buckets":       "a buyer near the end walks through all buckets",
	"once":          "the client has to load it again when the server has forgotten it",
	"once-eval":     "the whole text goes along with every call",
	"once-function": "Redis 7 and later",
	"tokens":        "each unit takes memory; a buyer's id is passed as a key, so not in a cluster",
}

// BuiltIn returns the built-in strategies, sorted by name.
func BuiltIn() ([]Strategy, error) {
	var all []Strategy
	for _, name := range Names() {
		s, err := Find(name, "")
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// fromFile returns the strategy of a script on disk.
func fromFile(script, contractFile string) (Strategy, error) {
	source, err := contract.ReadScript(os.DirFS(cmp.Or(filepath.Dir(script), ".")), filepath.Base(script))
	if err != nil {
		return Strategy{}, fmt.Errorf("script %s: %w", script, reason(err))
	}
	if contractFile != "" {
		return underContract(contractFile, script, source)
	}
	dir, name := filepath.Split(script)
	beside := strings.TrimSuffix(name, ".lua") + ".yaml"
	if _, err := os.Stat(filepath.Join(dir, beside)); err != nil {
		return Strategy{}, fmt.Errorf("script %s has no contract: %s: %w; give one with --contract", script, filepath.Join(dir, beside), reason(err))
	}
	c, err := contract.Load(os.DirFS(cmp.Or(dir, ".")), beside)
	if err == nil && c.Script != name {
		return Strategy{}, fmt.Errorf("%s is the contract of %s, not of %s; give one with --contract", filepath.Join(dir, beside), c.Script, name)
	}
	return made(c, err, dir)
}

// underContract returns the strategy of a script under the contract in a file,
// whichever script that names.
func underContract(contractFile, script string, source []byte) (Strategy, error) {
	dir, name := filepath.Split(contractFile)
	c, err := contract.LoadFor(os.DirFS(cmp.Or(dir, ".")), name, script, source)
	return made(c, err, dir)
}

// made returns the strategy of a contract. An error about the contract names
// its file as the user did.
func made(c *contract.Contract, err error, dir string) (Strategy, error) {
	if wrong := (*contract.Error)(nil); errors.As(err, &wrong) {
		wrong.File = filepath.Join(dir, wrong.File)
	}
	if err != nil {
		return Strategy{}, err
	}
	return Script(c.In(dir)), nil
}

// reason leaves the name of the file out of an error about it.
func reason(err error) error {
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}
